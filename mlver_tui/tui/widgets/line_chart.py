"""A chart of curves under a title line with its legend; sends only the rows that changed. Knows views, asks nobody."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from textual.events import Resize
from textual.message import Message

from ...query.views import Bucket
from ...units import number
from .braille import ChartOptions, Curve, draw, plot_width, values_at, x_at
from .cells import Part, fit, length
from .glyphs import GLYPHS
from .surface import Surface

LEGEND_NUMBER = 6
NAME_LIMIT = 24


class LineChart(Surface, can_focus=True):
    """Curves of one metric. Ask it for `columns`, give it overviews of as many buckets."""

    DEFAULT_CSS = "LineChart { width: 1fr; height: 1fr; }"

    class Resized(Message):
        """The chart wants another number of columns now."""

        def __init__(self, chart: LineChart) -> None:
            super().__init__()
            self.chart = chart

        @property
        def control(self) -> LineChart:
            return self.chart

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.title = ""
        self.curves: tuple[Curve, ...] = ()
        self.options = ChartOptions()
        self._x_label = "step"
        self._empty = ""
        self._columns = 0
        self._lines: list[list[Part]] | None = None

    @property
    def columns(self) -> int:
        """Buckets wanted for the present width: two for each cell of plot."""
        return plot_width(self.size.width) * 2 if self.size.width else 0

    def show(self, title: str, curves: Sequence[Curve], *, x_label: str = "step", empty: str = "") -> None:
        """Draw these curves; `empty` is said where there are none."""
        self.title, self.curves, self._x_label, self._empty = title, tuple(curves), x_label, empty
        self._redraw()

    def set_options(self, options: ChartOptions) -> None:
        """Draw the same curves another way."""
        self.options = options
        self._redraw()

    def on_resize(self, event: Resize) -> None:
        self._lines = None
        self.refresh()
        if self.columns != self._columns:
            self._columns = self.columns
            self.post_message(self.Resized(self))

    def on_focus(self) -> None:
        self._redraw()

    def on_blur(self) -> None:
        self._redraw()

    def draw_line(self, y: int, width: int) -> list[Part]:
        if self._lines is None:
            self._lines = self._compose_lines(width, self.size.height)
        return self._lines[y] if y < len(self._lines) else []

    def _redraw(self) -> None:
        self._lines = None
        self.repaint()

    def _compose_lines(self, width: int, height: int) -> list[list[Part]]:
        if not self.curves:
            return self._empty_lines(width, height)
        options = self._options_now()
        lines = [self._title_line(width)]
        if options.cursor is not None and height > 4:
            lines.append(self._cursor_line(options.cursor, width))
        return lines + draw(self.curves, width, height - len(lines), options)

    def _options_now(self) -> ChartOptions:
        options = replace(self.options, x_label=self._x_label)
        if GLYPHS.ascii_only:
            options.mode = "ascii"
        if options.cursor is not None:
            options.cursor = min(max(options.cursor, 0), max(self.columns - 1, 0))
        return options

    def _empty_lines(self, width: int, height: int) -> list[list[Part]]:
        lines: list[list[Part]] = [[] for _ in range(height)]
        if self.title and lines:
            lines[0] = [(self.title, "title")]
        if self._empty and lines:
            text = fit(self._empty, min(length(self._empty), width))
            lines[height // 2] = [(" " * ((width - length(text)) // 2), ""), (text, "dim")]
        return lines

    def _title_line(self, width: int) -> list[Part]:
        title: list[Part] = [(self.title, "head" if self.has_focus else "title")]
        states = self._states()
        if states:
            title.append((" " + " ".join(states), "dim"))
        room = width - sum(length(text) for text, _ in title)
        return title + self._legend(room)

    def _states(self) -> list[str]:
        """What is done to the values before they are drawn."""
        states = ["log"] if self.options.log_y else []
        if self.options.smoothing > 0:
            states.append(f"smooth {self.options.smoothing:g}")
        return states

    def _legend(self, room: int) -> list[Part]:
        """`━a name 0.123` for as many curves as fit; the focused one first, the rest counted."""
        order = sorted(self.curves, key=lambda curve: not curve.focused)
        longest = max(min(room // len(order) - 13, NAME_LIMIT), 6)
        parts: list[Part] = []
        for index, curve in enumerate(order):
            entry = self._entry(curve, longest)
            size = sum(length(text) for text, _ in entry)
            left = len(order) - index
            keep = 0 if left == 1 else 9
            if size + keep > room:
                return [*parts, (f"  +{left} more", "dim")] if room >= 9 else parts
            parts += entry
            room -= size
        return parts

    def _entry(self, curve: Curve, longest: int) -> list[Part]:
        name = fit(curve.name, min(length(curve.name), longest))
        last = curve.overview.last
        ink = "f" if curve.focused else "c"
        return [
            ("  ", ""),
            (f"{GLYPHS['line']}{curve.letter[:1]}", f"{ink}{curve.colour}"),
            (f" {name} ", "bold" if curve.focused else ""),
            (number(last, LEGEND_NUMBER), "bad" if _odd(last) else "dim"),
        ]

    def _cursor_line(self, column: int, width: int) -> list[Part]:
        """Where the cursor stands, and what each curve holds there; with extremes where there is room for them."""
        low, high = x_at(self.curves, self.columns, column)
        place: Part = (f"{self._x_label} {_place(low, high, whole=self._x_label == 'step')}", "accent")
        buckets = values_at(self.curves, self.columns, column)
        full, short = (
            [place, *(part for pair in zip(self.curves, buckets, strict=True) for part in _reading(*pair, wide))]
            for wide in (True, False)
        )
        return full if sum(length(text) for text, _ in full) <= width else short


def _reading(curve: Curve, bucket: Bucket | None, wide: bool) -> list[Part]:
    text, style = GLYPHS["none"], "faint"
    if bucket is not None:
        text, style = number(bucket.mean, LEGEND_NUMBER), "bad" if _odd(bucket.mean) else ""
        if wide and bucket.count - bucket.nans > 1:
            text += f" ({number(bucket.min, LEGEND_NUMBER)} to {number(bucket.max, LEGEND_NUMBER)})"
    return [("  ", ""), (GLYPHS["line"] + curve.letter[:1], f"c{curve.colour}"), (f" {text}", style)]


def _place(low: float, high: float, *, whole: bool) -> str:
    """`120` or `120 to 139`: the steps that share the column under the cursor."""
    if not whole:
        return f"{number(low, 9)} to {number(high, 9)}"
    first, last = math.ceil(low), max(math.ceil(high) - 1, math.ceil(low))
    return f"{first:,}" if first == last else f"{first:,} to {last:,}"


def _odd(value: float | None) -> bool:
    return value is not None and not math.isfinite(value)
