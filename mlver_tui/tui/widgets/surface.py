"""What every widget here is drawn on: lines made of (text, style name), repainted only where they changed.

It knows cells and inks; what a line says is the widget's own business.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from .cells import Part, clip, merged
from .palette_colours import inks


class Surface(Widget):
    """A widget that says what stands on each visible line; the rest (padding, colours, repainting) is done here."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._painted: dict[int, Strip] = {}

    def draw_line(self, y: int, width: int) -> list[Part]:
        """The line `y` from the top of the widget as parts; longer ones are cut, shorter ones padded."""
        return []

    def render_line(self, y: int) -> Strip:
        strip = self._strip(y)
        self._painted[y] = strip
        return strip

    def repaint(self) -> None:
        """Send to the terminal only the cells that no longer show what they should."""
        if not self.is_mounted:
            return
        if not self.size:  # hidden: what it showed before must not come back
            self.refresh()
            return
        self.repaint_lines(range(self.size.height))

    def repaint_lines(self, lines: Iterable[int]) -> None:
        """The same for these visible lines only, where it is known that no other has changed."""
        if self._width_painted() != self.size.width:
            self.refresh()
            return
        for y in set(lines):
            if 0 <= y < self.size.height:
                self._repaint_line(y)

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self.refresh())

    def _width_painted(self) -> int:
        return self._painted[0].cell_length if 0 in self._painted else -1

    def _repaint_line(self, y: int) -> None:
        new, old = self._strip(y), self._painted.get(y)
        if old == new:
            return
        start, end = changed_span(old, new) if old else (0, new.cell_length)
        self.refresh(Region(start, y, end - start, 1))

    def _strip(self, y: int) -> Strip:
        width = self.size.width
        styles = inks(self.app, self.visual_style.rich_style)
        parts = clip(self.draw_line(y, width), width)
        return Strip([Segment(text, styles[style]) for text, style in merged(parts)], width)


def changed_span(old: Strip, new: Strip) -> tuple[int, int]:
    """First and one past the last cell in which two strips of one width differ."""
    before = [(segment.style, segment.text) for segment in old]
    after = [(segment.style, segment.text) for segment in new]
    start = _common(before, after)
    end = new.cell_length - _common(_reversed(before), _reversed(after))
    if not (old.text.isascii() and new.text.isascii()):
        start, end = max(start - 1, 0), min(end + 1, new.cell_length)  # a wide letter, or a mark on the letter before
    return (start, end) if start < end else (0, new.cell_length)


Run = tuple[Style | None, str]


def _reversed(runs: list[Run]) -> list[Run]:
    return [(style, text[::-1]) for style, text in reversed(runs)]


def _common(before: list[Run], after: list[Run]) -> int:
    """Cells at the start that are the same in both."""
    cells = 0
    for (style, text), (other_style, other_text) in zip(before, after, strict=False):
        if style != other_style:
            return cells
        if text != other_text:
            same = next(n for n, (a, b) in enumerate(zip_longest(text, other_text)) if a != b)
            return cells + cell_len(text[:same])
        cells += cell_len(text)
    return cells
