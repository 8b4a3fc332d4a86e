"""Curves as rows of characters: mean line, exact extremes, axes, marks for what is not a number. Pure; no Textual.

Each row is exactly as wide as asked. No spike is lost: the highest and lowest value of every column is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ...query.views import Bucket, Overview
from .cells import Part, merged
from .columns import Point, aligned, points_of, smooth
from .frame import Marks, axis_row, gutter_of, label_row, sign_of
from .raster import Raster
from .scale import Scale, scale_of, ticks, with_room

GUTTER = 8
"""Cells to the left of the plot: a label of 7 and the axis."""
MARGIN = 2
"""Cells to the right of the plot, for the letters at the ends of lines."""
NARROW = 16
"""Under this width a chart has no axes, only the plot."""

Rows = Callable[[float], int]
SPIKE = 3
"""A column this many times as tall as the curve's usual one is drawn as a stroke, so that the eye finds it."""
_DOT, _BAND, _RAW, _LINE, _FOCUS = 1, 2, 3, 4, 5


@dataclass(slots=True)
class Curve:
    """One series to draw. `colour` is 0 to 7, `letter` is written at the end of the line."""

    name: str
    colour: int
    overview: Overview
    focused: bool = False
    letter: str = ""
    grows: bool = False
    """Its run is still going on."""


@dataclass(slots=True)
class ChartOptions:
    """How to draw: `smoothing` is the weight of an exponential average over columns, 0 up to (not with) 1."""

    log_y: bool = False
    band: bool = True
    smoothing: float = 0.0
    x_label: str = "step"
    cursor: int | None = None
    """A bucket column to read values at."""
    mode: Literal["braille", "block", "ascii"] = "braille"


@dataclass(slots=True)
class _Drawn:
    """One curve ready to be drawn: `line` is what the line follows (smoothed, if asked)."""

    curve: Curve
    points: list[Point]
    line: list[Point]
    focused: bool


def plot_width(width: int) -> int:
    """Cells of plot in a chart of `width` cells; ask for an overview of twice as many buckets."""
    return width - GUTTER - MARGIN if width >= NARROW else max(width, 1)


def draw(curves: Sequence[Curve], width: int, height: int, options: ChartOptions) -> list[list[Part]]:
    """`height` rows of parts (text, style name), each exactly `width` cells."""
    if width <= 0 or height <= 0:
        return [[] for _ in range(max(height, 0))]
    columns = plot_width(width) * 2
    low, high = x_range(curves)
    rows = max(height - 2, 1)
    raster = Raster(columns // 2, rows, options.mode)
    marks = Marks(columns // 2, options.mode == "ascii")
    drawn = _prepare(curves, low, high, columns, options, marks)
    scale = scale_of((value for one in drawn for p in one.points for value in (p.low, p.high)), log=options.log_y)
    if any(curve.grows for curve in curves):
        scale = with_room(scale)
    _paint(raster, drawn, scale, options)
    framed = width >= NARROW
    return _rows(raster, drawn, scale, options, marks, (low, high), framed)[:height]


def x_range(curves: Sequence[Curve]) -> tuple[float, float]:
    """The range of x that all curves share; (0, 1) without curves."""
    if not curves:
        return (0.0, 1.0)
    return min(c.overview.x_min for c in curves), max(c.overview.x_max for c in curves)


def x_at(curves: Sequence[Curve], columns: int, column: int) -> tuple[float, float]:
    """First and last x of a bucket column."""
    low, high = x_range(curves)
    return tuple(low + (high - low) * n / max(columns, 1) for n in (column, column + 1))  # type: ignore[return-value]


def values_at(curves: Sequence[Curve], columns: int, column: int) -> list[Bucket | None]:
    """What each curve holds in a bucket column; None where it has no point."""
    low, high = x_range(curves)
    found = (aligned(curve.overview, low, high, columns) for curve in curves)
    return [buckets[column] if 0 <= column < columns else None for buckets in found]


def _prepare(
    curves: Sequence[Curve], low: float, high: float, columns: int, options: ChartOptions, marks: Marks
) -> list[_Drawn]:
    """Curves in drawing order: the focused one last. A lone curve, or the first of none focused, has the focus."""
    chosen = next((curve for curve in curves if curve.focused), curves[0] if curves else None)
    drawn = []
    for curve in sorted(curves, key=lambda curve: curve is chosen):
        buckets = aligned(curve.overview, low, high, columns)
        marks.note(buckets, log=options.log_y)
        points = points_of(buckets, log=options.log_y)
        drawn.append(_Drawn(curve, points, smooth(points, options.smoothing), curve is chosen))
    return drawn


def _paint(raster: Raster, drawn: Sequence[_Drawn], scale: Scale, options: ChartOptions) -> None:
    row = scale.rows(raster.height)
    for one in drawn:
        band, line = f"d{one.curve.colour}", f"{'f' if one.focused else 'c'}{one.curve.colour}"
        _paint_extremes(raster, one.points, row, band, filled=one.focused and options.band)
        if options.smoothing > 0:
            _paint_line(raster, one.points, row, _RAW, band, ".")
        _paint_line(raster, one.line, row, _FOCUS if one.focused else _LINE, line, one.curve.letter or "*")


def _paint_extremes(raster: Raster, points: Sequence[Point], row: Rows, style: str, *, filled: bool) -> None:
    """Highest and lowest value of each column; with all between them when `filled`, or when it is a spike."""
    rank = _BAND if filled else _DOT
    spots = [(raster.column_of(p.column), row(p.high), row(p.low)) for p in points if p.low < p.high]
    usual = sorted(bottom - top for _, top, bottom in spots)[len(spots) // 2] if spots else 0
    for x, top, bottom in spots:
        if filled or bottom - top < 2 or bottom - top > SPIKE * (usual + 1):
            raster.stroke(x, top, bottom, rank, style, ".")
        else:
            raster.stroke(x, top, top, rank, style, ".")
            raster.stroke(x, bottom, bottom, rank, style, ".")


def _paint_line(raster: Raster, points: Sequence[Point], row: Rows, rank: int, style: str, letter: str) -> None:
    before: tuple[int, int] | None = None
    for p in points:
        x, y = raster.column_of(p.column), row(p.middle)
        if before is None or not p.joined:
            raster.stroke(x, y, y, rank, style, letter)
        else:
            _join(raster, before, (x, y), rank, style, letter)
        before = (x, y)


def _join(raster: Raster, start: tuple[int, int], end: tuple[int, int], rank: int, style: str, letter: str) -> None:
    """A straight line from one dot to another; half of each climb stands in the column before."""
    (x0, y0), (x1, y1) = start, end
    y = y0
    for x in range(x0 + 1, x1 + 1):
        target = y0 + round((y1 - y0) * (x - x0) / (x1 - x0))
        half = (y + target) // 2
        if half != y:
            raster.stroke(x - 1, min(y, half), max(y, half), rank, style, letter)
        raster.stroke(x, min(half, target), max(half, target), rank, style, letter)
        y = target
    if x0 == x1:
        raster.stroke(x1, min(y0, y1), max(y0, y1), rank, style, letter)


def _rows(
    raster: Raster,
    drawn: Sequence[_Drawn],
    scale: Scale,
    options: ChartOptions,
    marks: Marks,
    reach: tuple[float, float],
    framed: bool,
) -> list[list[Part]]:
    cursor = None if options.cursor is None else options.cursor // 2
    letters = _letters(raster, drawn, scale) if framed else {}
    tick_list, base = ticks(scale, max(raster.rows // 3, 2))
    gutters = gutter_of(tick_list, scale, raster) if framed else [""] * raster.rows
    rows = []
    for r, gutter in enumerate(gutters):
        cells = raster.row(r) + [(" ", "")] * (MARGIN if framed else 0)
        rows.append(merged([(gutter, "axis"), *_overlaid(cells, r, letters, cursor, raster, options)]))
    rows.append(axis_row(raster, marks, reach, options.x_label, cursor, framed, GUTTER, MARGIN))
    notes = marks.words(base)
    rows.append(label_row(raster, reach, options.x_label, notes, framed, GUTTER, MARGIN))
    return rows


def _overlaid(
    cells: list[Part],
    row: int,
    letters: dict[tuple[int, int], Part],
    cursor: int | None,
    raster: Raster,
    options: ChartOptions,
) -> list[Part]:
    if cursor is not None and 0 <= cursor < raster.columns and cells[cursor][0] == " ":
        cells[cursor] = (sign_of("cursor", options.mode == "ascii"), "cursor")
    for (letter_row, column), part in letters.items():
        if letter_row == row:
            cells[column] = part
    return cells


def _letters(raster: Raster, drawn: Sequence[_Drawn], scale: Scale) -> dict[tuple[int, int], Part]:
    """Where the letter of each line goes: right of its end, or the nearest free row; never over a drawn cell."""
    places: dict[tuple[int, int], Part] = {}
    for one in reversed(drawn):
        if not one.line or not one.curve.letter:
            continue
        last = one.line[-1]
        column = raster.column_of(last.column) // raster.across + 1
        row = raster.row_of(scale.fraction(last.middle)) // raster.down
        place = _free(raster, places, column, row)
        if place:
            places[place] = (one.curve.letter[:1], f"f{one.curve.colour}")
    return places


def _free(raster: Raster, taken: dict[tuple[int, int], Part], column: int, row: int) -> tuple[int, int] | None:
    for away in range(raster.rows):
        for candidate in {row - away, row + away}:
            for x in (column, column + 1):
                inside = 0 <= candidate < raster.rows and x < raster.columns + MARGIN
                if inside and (candidate, x) not in taken and (x >= raster.columns or not raster.lit(x, candidate)):
                    return (candidate, x)
    return None
