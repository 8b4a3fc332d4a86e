"""How motion keys move whatever has the focus: a table, a grid, or text that scrolls.

It knows the widgets' verbs only; screens override what means something else to them (`left` in a chart).
"""

from __future__ import annotations

from textual.widget import Widget

from ..widgets.detail import Detail
from ..widgets.grid import Grid
from ..widgets.run_table import RunTable


class Motions:
    """The `do_` methods of the Move group; `count` is 0 where none was typed."""

    @property
    def moving(self) -> Widget | None:
        """The widget that motion keys move."""
        return getattr(self, "focused", None)

    def do_down(self, count: int) -> None:
        move(self.moving, count or 1)

    def do_up(self, count: int) -> None:
        move(self.moving, -(count or 1))

    def do_top(self, count: int) -> None:
        goto(self.moving, max(count - 1, 0))

    def do_bottom(self, count: int) -> None:
        goto(self.moving, count - 1)

    def do_half_down(self, count: int) -> None:
        half_page(self.moving, count or 1)

    def do_half_up(self, count: int) -> None:
        half_page(self.moving, -(count or 1))

    def do_page_down(self, count: int) -> None:
        page(self.moving, count or 1)

    def do_page_up(self, count: int) -> None:
        page(self.moving, -(count or 1))

    def do_left(self, count: int) -> None:
        sideways(self.moving, -(count or 1))

    def do_right(self, count: int) -> None:
        sideways(self.moving, count or 1)


def move(widget: Widget | None, lines: int) -> None:
    """Down by `lines`, or up where it is negative."""
    if isinstance(widget, RunTable | Grid | Detail):
        widget.move(lines)


def goto(widget: Widget | None, line: int) -> None:
    """To a line from 0; -1 is the last."""
    if isinstance(widget, RunTable | Grid | Detail):
        widget.goto(line)


def page(widget: Widget | None, pages: int) -> None:
    """Down by pages, or up where it is negative."""
    if isinstance(widget, RunTable | Grid | Detail):
        widget.page(pages)


def half_page(widget: Widget | None, halves: int) -> None:
    """Down by half pages, or up where it is negative."""
    if isinstance(widget, RunTable | Grid | Detail):
        widget.half_page(halves)


def sideways(widget: Widget | None, columns: int) -> None:
    """By whole columns."""
    if isinstance(widget, RunTable | Grid):
        widget.scroll_columns(columns)
