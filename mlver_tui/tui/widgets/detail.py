"""Labels and values to read and scroll, under small headings. It wraps and aligns; it knows nothing of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.events import MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView

from .cells import Part, fit, length, wrap
from .glyphs import GLYPHS
from .surface import Surface

LABEL_LIMIT = 22
LABEL_SHARE = 2 / 5
"""Labels take at most this much of the width."""
WHEEL_LINES = 3


@dataclass(frozen=True, slots=True)
class DetailLine:
    """A label and its value. Style `head` makes a heading; others (dim, good, bad, warn, changed) colour the value."""

    label: str
    value: str
    style: str = ""


class Detail(Surface, ScrollView, can_focus=True, inherit_bindings=False):
    """Read-only lines; long values go on under themselves."""

    DEFAULT_CSS = """
    Detail { width: 1fr; height: 1fr; overflow: hidden hidden; scrollbar-size: 0 0; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: tuple[DetailLine, ...] = ()
        self._laid: list[list[Part]] = []
        self._laid_width = -1

    def set_lines(self, lines: Sequence[DetailLine]) -> None:
        """Show these lines; the place on the screen is kept where it can be."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self._lay_out()
            self.repaint()

    @property
    def lines(self) -> tuple[DetailLine, ...]:
        """The lines as they were set."""
        return self._lines

    def move(self, lines: int) -> None:
        """Down by `lines`, or up where it is negative."""
        self._scroll(int(self.scroll_offset.y) + lines)

    def goto(self, line: int) -> None:
        """To a line from 0; -1 is the end."""
        self._scroll(self.max_scroll_y if line < 0 else line)

    def page(self, pages: int) -> None:
        """By whole screens."""
        self.move(pages * max(self.size.height - 1, 1))

    def half_page(self, halves: int) -> None:
        """By half screens."""
        self.move(halves * max(self.size.height // 2, 1))

    def on_resize(self, event: Resize) -> None:
        self._lay_out()

    def on_focus(self) -> None:
        self.repaint()

    def on_blur(self) -> None:
        self.repaint()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        self.move(WHEEL_LINES)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        self.move(-WHEEL_LINES)

    def draw_line(self, y: int, width: int) -> list[Part]:
        if self._laid_width != width:
            self._lay_out()
        index = int(self.scroll_offset.y) + y
        parts = self._laid[index] if index < len(self._laid) else []
        below = len(self._laid) - int(self.scroll_offset.y) - self.size.height
        if below > 0 and y == self.size.height - 1:
            return self._with_more(parts, below + 1, width)
        return parts

    def _with_more(self, parts: list[Part], below: int, width: int) -> list[Part]:
        """The last visible line makes room for how much is below."""
        text = f" {GLYPHS['down']} {below} more"
        return [(" " * (width - length(text)), ""), (text, "accent" if self.has_focus else "dim")]

    def _scroll(self, top: int) -> None:
        self.scroll_to(y=max(top, 0), animate=False, force=True, immediate=True)

    def _lay_out(self) -> None:
        width = self.size.width
        self._laid_width = width
        column = self._label_width(width)
        self._laid = [laid for line in self._lines for laid in _lay(line, column, width)] if width else []
        self.virtual_size = Size(0, len(self._laid))

    def _label_width(self, width: int) -> int:
        labels = [length(line.label[:99]) for line in self._lines if line.style != "head" and line.value]
        return min(max(labels, default=0), LABEL_LIMIT, max(int(width * LABEL_SHARE), 1))


def _lay(line: DetailLine, column: int, width: int) -> list[list[Part]]:
    """One line as one or more screen lines."""
    if line.style == "head":
        return [[(fit(line.label, max(column, length(line.label))), "head"), ("  ", ""), (line.value, "dim")]]
    if not line.value:
        return [[(line.label, line.style or "dim")]]
    pieces = wrap(line.value, max(width - column - 2, 1))
    first: list[Part] = [(fit(line.label, column), "dim"), ("  ", ""), (pieces[0], line.style)]
    return [first, *([(" " * (column + 2), ""), (piece, line.style)] for piece in pieces[1:])]
