"""A cursor over many lines of which a few are visible: the motion that all lists share. Knows no data."""

from __future__ import annotations

from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView

from .cells import Part, fit, length
from .surface import Surface

WHEEL_LINES = 3


class RowView(Surface, ScrollView, can_focus=True, inherit_bindings=False):
    """Rows 0 to total-1 under a header line, if there is one. The screen turns keys into move, goto, page."""

    DEFAULT_CSS = """
    RowView { width: 1fr; height: 1fr; overflow: hidden hidden; scrollbar-size: 0 0; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.header_lines = 1
        self._total = 0
        self._cursor = 0
        self._empty: list[str] = []

    # what a list of its own kind says

    def draw_header(self, width: int) -> list[Part]:
        """The line above the rows."""
        return []

    def draw_row(self, index: int, width: int) -> list[Part]:
        """One row."""
        return []

    def cursor_moved(self) -> None:
        """Called after the cursor stands on another row."""

    def row_opened(self) -> None:
        """Called when the row under the cursor was chosen."""

    # where it stands

    @property
    def cursor(self) -> int:
        """Index of the row under the cursor; 0 in an empty list."""
        return self._cursor

    @property
    def total(self) -> int:
        """Rows in the list, visible or not."""
        return self._total

    @property
    def top(self) -> int:
        """Index of the first visible row."""
        return int(self.scroll_offset.y)

    @property
    def visible_rows(self) -> int:
        """Rows that fit under the header."""
        return max(self.size.height - self.header_lines, 1)

    # motion

    def move(self, lines: int) -> None:
        """Down by `lines`, or up where it is negative."""
        self.goto(max(self._cursor + lines, 0))

    def goto(self, index: int) -> None:
        """To a row from 0; -1 is the last one."""
        self._place(self._total - 1 if index < 0 else index)

    def page(self, pages: int) -> None:
        """By whole screens; the cursor keeps its height on the screen."""
        step = pages * max(self.visible_rows - 1, 1)
        self._scroll(self.top + step)
        self.move(step)

    def half_page(self, halves: int) -> None:
        """By half screens."""
        step = halves * max(self.visible_rows // 2, 1)
        self._scroll(self.top + step)
        self.move(step)

    def open(self) -> None:
        """Choose the row under the cursor."""
        if self._total:
            self.row_opened()

    def set_empty(self, lines: list[str]) -> None:
        """What is said, centred, where there are no rows."""
        self._empty = lines
        if not self._total:
            self.repaint()

    def _place(self, index: int) -> None:
        before, top = self._cursor, self.top
        self._cursor = min(max(index, 0), max(self._total - 1, 0))
        self._show_cursor()
        if self.top == top:
            self.repaint_lines(row - top + self.header_lines for row in (before, self._cursor))
        else:
            self.repaint()
        if self._cursor != before:
            self.cursor_moved()

    def _show_cursor(self) -> None:
        if self._cursor < self.top:
            self._scroll(self._cursor)
        elif self._cursor >= self.top + self.visible_rows:
            self._scroll(self._cursor - self.visible_rows + 1)

    def _scroll(self, top: int) -> None:
        self.scroll_to(y=max(top, 0), animate=False, force=True, immediate=True)

    def _resize_list(self, total: int) -> None:
        """Another number of rows; the cursor stays where it can."""
        self._total = total
        self.virtual_size = Size(0, total + self.header_lines)
        self._cursor = min(self._cursor, max(total - 1, 0))

    # events

    def on_resize(self, event: Resize) -> None:
        self._show_cursor()

    def on_focus(self) -> None:
        self.repaint()

    def on_blur(self) -> None:
        self.repaint()

    def on_click(self, event: Click) -> None:
        row = self.top + event.y - self.header_lines
        if event.y < self.header_lines or row >= self._total:
            return
        if row == self._cursor:
            self.open()
        else:
            self.goto(row)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        self.move(WHEEL_LINES)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        self.move(-WHEEL_LINES)

    # drawing

    def draw_line(self, y: int, width: int) -> list[Part]:
        if not self._total:
            return self._empty_line(y, width)
        if y < self.header_lines:
            return self.draw_header(width)
        row = self.top + y - self.header_lines
        return self.draw_row(row, width) if row < self._total else []

    def _empty_line(self, y: int, width: int) -> list[Part]:
        index = y - max((self.size.height - len(self._empty)) // 2, 0)
        if not 0 <= index < len(self._empty):
            return []
        text = self._empty[index]
        text = fit(text, min(length(text), width))
        return [(" " * ((width - length(text)) // 2), ""), (text, "" if index == 0 else "dim")]
