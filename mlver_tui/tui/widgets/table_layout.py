"""Which columns of the runs table are visible, and where: the name stays, the rest scrolls by whole columns. Pure."""

from __future__ import annotations

from .cells import clip, fit
from .glyphs import GLYPHS

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .cells import Part
    from .run_cells import Column

MARK_WIDTH = 3
"""Pointer, mark and letter."""
CUT_ROOM = 6
"""A column of words may be cut to this; a number never is."""


class Placed:
    """A visible column: the blank cells before it, its width here, and its place in `RunRow.values`."""

    __slots__ = ("column", "gap", "value", "width")

    def __init__(self, column: Column, gap: str, width: int, value: int | None) -> None:
        self.column = column
        self.gap = gap
        self.width = width
        self.value = value


class TableLayout:
    """Columns over a width. The mark column is always there and always first."""

    def __init__(self, columns: Sequence[Column]) -> None:
        shown = [column for column in columns if column.kind != "mark"]
        self._frozen = [column for column in shown if column.kind == "name"]
        self._rest = [column for column in shown if column.kind != "name"]
        values = [column for column in columns if column.kind == "value"]
        self._value = {id(column): n for n, column in enumerate(values)}
        self._first = 0

    def scroll(self, columns: int, width: int) -> None:
        """Let `columns` more columns go behind the name, as far as any are still hidden at the right."""
        self._first = min(max(self._first + columns, 0), self._furthest(width))

    def placed(self, width: int) -> list[Placed]:
        """Visible columns from left to right."""
        first = min(self._first, self._furthest(width))
        return self._fit([*self._frozen, *self._rest[first:]], width)

    def header(self, width: int, sort_key: str, descending: bool) -> list[Part]:
        """Titles, the arrow of the sorted column, and marks where columns are hidden."""
        parts: list[Part] = [(" " * MARK_WIDTH, "")]
        placed = self.placed(width)
        first = min(self._first, self._furthest(width))
        for index, one in enumerate(placed):
            hidden_left = first > 0 and index == len(self._frozen)
            gap = one.gap[:-1] + GLYPHS["left"] if hidden_left else one.gap
            parts += [(gap, "accent"), _title(one, sort_key, descending)]
        if first + len(placed) - len(self._frozen) < len(self._rest):
            parts = [*clip(parts, width - 1), (GLYPHS["right"], "accent")]
        return parts

    def _gap(self, width: int) -> str:
        """Two blanks between columns where all of them fit that way, else one."""
        columns = [*self._frozen, *self._rest]
        needed = MARK_WIDTH + 1 + sum(column.width + 2 for column in columns) - 2
        return "  " if needed <= width else " "

    def _furthest(self, width: int) -> int:
        """The first column after which all the rest fit."""
        for first in range(len(self._rest)):
            columns = [*self._frozen, *self._rest[first:]]
            if len(self._fit(columns, width)) == len(columns):
                return first
        return max(len(self._rest) - 1, 0)

    def _fit(self, columns: Sequence[Column], width: int) -> list[Placed]:
        """As many as fit; where some do not, the last cell is kept free for the mark that says so."""
        placed = self._fit_exactly(columns, width)
        return placed if len(placed) == len(columns) else self._fit_exactly(columns, width - 1)

    def _fit_exactly(self, columns: Sequence[Column], width: int) -> list[Placed]:
        gap = self._gap(width)
        room = width - MARK_WIDTH
        placed: list[Placed] = []
        for column in columns:
            before = gap if placed else " "
            take = column.width
            if len(before) + take > room:
                cut = room - len(before)
                if column.kind in ("value", "age", "id") or cut < CUT_ROOM:
                    break
                take = cut
            placed.append(Placed(column, before, take, self._value.get(id(column))))
            room -= len(before) + take
        return placed


def _title(placed: Placed, sort_key: str, descending: bool) -> Part:
    column = placed.column
    if column.key != sort_key:
        return fit(column.title, placed.width, column.align), "dim"
    arrow = GLYPHS["down" if descending else "up"]
    text = fit(column.title, min(len(column.title), placed.width - 1)) + arrow
    return fit(text, placed.width, column.align), "accent"
