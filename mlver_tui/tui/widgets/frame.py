"""The frame around a plot: axis labels, the floor with its marks, and notes about what could not be drawn. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...query.views import Bucket
from .cells import Part, fit, merged
from .glyphs import ASCII, UNICODE
from .raster import Raster
from .scale import LABEL, Scale, Tick, spread, ticks

X_SPACE = 12
"""Cells of plot for each label on the x axis."""


def sign_of(name: str, ascii_only: bool) -> str:
    """A mark by name; a chart of letters takes ASCII whatever the rest of the app shows."""
    return (ASCII if ascii_only else UNICODE)[name]


class Marks:
    """Columns with values that have no place in the plot, gathered over all curves; two buckets to a cell."""

    def __init__(self, cells: int, ascii_only: bool) -> None:
        self.cells = cells
        self.ascii_only = ascii_only
        self._kinds: dict[int, str] = {}
        self._seen: set[str] = set()
        self._skipped: set[int] = set()

    def sign(self, name: str) -> str:
        """A mark in the chosen set."""
        return sign_of(name, self.ascii_only)

    def note(self, buckets: Sequence[Bucket | None], *, log: bool) -> None:
        """Remember what a curve has that cannot be drawn."""
        for column, bucket in enumerate(buckets):
            if bucket is None:
                continue
            if bucket.nans:
                self._mark(column, "nan")
            if bucket.count > bucket.nans:
                self._note_values(column, bucket, log)

    def _note_values(self, column: int, bucket: Bucket, log: bool) -> None:
        if bucket.max == math.inf:
            self._mark(column, "above")
        if bucket.min == -math.inf:
            self._mark(column, "below")
        if log and bucket.min <= 0:
            self._skipped.add(column)

    def _mark(self, column: int, kind: str) -> None:
        self._seen.add(kind)
        cell = column // 2
        if self._kinds.get(cell) != "nan":
            self._kinds[cell] = kind

    def floor(self) -> dict[int, str]:
        """Cell to mark on the axis row."""
        return {cell: self.sign(kind) for cell, kind in self._kinds.items()}

    def words(self, base: float | None) -> str:
        """What the marks mean, and what was left out; "" if there is nothing to say."""
        names = {"nan": "NaN", "above": "+Inf", "below": "-Inf"}
        said = [f"{self.sign(kind)} {name}" for kind, name in names.items() if kind in self._seen]
        if self._skipped:
            count = len(self._skipped)
            columns = "column" if count == 1 else "columns"
            said.append(f"{count} {columns} with values {self.sign('at_most')} 0 left out")
        if base is not None:
            said.append(f"y from {base!r}")
        return "  ".join(said)


def gutter_of(tick_list: Sequence[Tick], scale: Scale, raster: Raster) -> list[str]:
    """For each row of the plot the label and the axis."""
    ascii_only = raster.mode == "ascii"
    rows = [raster.row_of(scale.fraction(tick.value)) // raster.down for tick in tick_list]
    labels = {rows[n]: tick_list[n].label for n in spread(rows, 2 if raster.rows > 3 else 1)}
    lines = []
    for row in range(raster.rows):
        sign = sign_of("tick" if row in labels else "axis", ascii_only)
        lines.append(fit(labels.get(row, ""), LABEL, "right") + sign)
    return lines


def x_ticks(raster: Raster, reach: tuple[float, float], x_label: str) -> list[tuple[int, str]]:
    """(cell, label) along the x axis; steps are whole numbers."""
    low, high = reach
    if not (math.isfinite(low) and math.isfinite(high)) or low >= high:
        return [(0, f"{low:g}")]
    scale = Scale(low, high)
    found, base = ticks(scale, max(raster.columns // X_SPACE, 2), whole=x_label == "step")
    cells = [(min(int(scale.fraction(t.value) * raster.columns), raster.columns - 1), t.label) for t in found]
    return cells if base is None else [(0, f"{low:g}"), (raster.columns - 1, f"{high:g}")]


def axis_row(
    raster: Raster,
    marks: Marks,
    reach: tuple[float, float],
    x_label: str,
    cursor: int | None,
    framed: bool,
    gutter: int,
    margin: int,
) -> list[Part]:
    """The floor of the plot with ticks, marks of NaN and infinity, and the foot of the cursor."""
    cells: list[Part] = [(marks.sign("floor"), "axis")] * raster.columns
    for cell, _ in x_ticks(raster, reach, x_label) if framed else []:
        cells[cell] = (marks.sign("floor_tick"), "axis")
    if cursor is not None and 0 <= cursor < raster.columns:
        cells[cursor] = (marks.sign("cursor_floor"), "cursor")
    for cell, sign in marks.floor().items():
        cells[cell] = (sign, "nan")
    edge: list[Part] = [(" " * (gutter - 1) + marks.sign("corner"), "axis")] if framed else []
    return merged([*edge, *cells, *([(" " * margin, "")] if framed else [])])


def label_row(
    raster: Raster,
    reach: tuple[float, float],
    x_label: str,
    notes: str,
    framed: bool,
    gutter: int,
    margin: int,
) -> list[Part]:
    """Numbers under the floor; notes at the right take the place of numbers that they would touch."""
    if not framed:
        return [(fit(notes, raster.columns), "note")]
    width = raster.columns + margin
    notes = notes and fit(notes, min(len(notes), width))
    room = width - (len(notes) + 2 if notes else 0)
    line = [" "] * width
    free = 0
    for cell, label in x_ticks(raster, reach, x_label):
        start = min(max(cell - len(label) // 2, 0), width - len(label))
        if start >= free and start + len(label) <= room:
            line[start : start + len(label)] = label
            free = start + len(label) + 2
    text = "".join(line)[: width - len(notes)]
    parts: list[Part] = [(fit(x_label, gutter - 1, "right") + " ", "axis"), (text, "axis")]
    return [*parts, (notes, "note")] if notes else parts
