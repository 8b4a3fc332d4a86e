"""A small table whose rows are all in memory, as in compare, registry, restore and help. It knows cells, not runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from textual.message import Message

from .cells import Part, fit
from .glyphs import GLYPHS
from .grid_layout import GridLayout
from .rows import RowView

CellStyle = Literal["", "dim", "good", "bad", "warn", "head", "changed"]
LEAD = 2
"""The pointer and a blank."""


@dataclass(frozen=True, slots=True)
class GridCell:
    """Text and how it is meant. A row of `head` cells only is a section line over the whole width."""

    text: str
    style: CellStyle = ""


class Grid(RowView):
    """Rows of cells under a header line; the first `frozen` columns stay when the rest is scrolled."""

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class Opened(Message):
        """The row under the cursor was chosen."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._header: list[str] = []
        self._rows: list[list[GridCell]] = []
        self._places = GridLayout([], [], None, 1)

    def set_rows(
        self, header: list[str], rows: list[list[GridCell]], widths: list[int] | None = None, frozen: int = 1
    ) -> None:
        """Show these rows; `widths` None fits columns to what they hold and to the screen."""
        self._header, self._rows = header, rows
        self.header_lines = 1 if header else 0
        body = [[cell.text for cell in row] for row in rows if not _is_section(row)]
        self._places = GridLayout(header, body, widths, frozen)
        self._resize_list(len(rows))
        self._cursor = self._landing(self._cursor, 1)
        self._show_cursor()
        self.repaint()

    @property
    def rows(self) -> list[list[GridCell]]:
        """The rows as they were set."""
        return self._rows

    def goto(self, index: int) -> None:
        """To a row from 0, -1 is the last; a section line is passed over."""
        target = self._total - 1 if index < 0 else min(index, max(self._total - 1, 0))
        self._place(self._landing(target, -1 if target < self._cursor else 1))

    def select_next(self, predicate: Callable[[int], bool], step: int = 1) -> bool:
        """To the next row (step 1) or the one before (-1) whose index fits, around the end; False if there is no other.

        For a section line that fits, the cursor goes to the first row under it.
        """
        for distance in range(1, self._total + 1):
            index = (self._cursor + distance * step) % self._total
            if predicate(index):
                place = self._landing(index, 1)
                if place != self._cursor:
                    self._place(place)
                    return True
        return False

    def scroll_columns(self, columns: int) -> None:
        """To the right by whole columns, or left where it is negative; frozen columns stay."""
        self._places.scroll(columns, self.size.width - LEAD)
        self.repaint()

    def cursor_moved(self) -> None:
        self.post_message(self.Moved(self._cursor))

    def row_opened(self) -> None:
        self.post_message(self.Opened(self._cursor))

    def _show_cursor(self) -> None:
        """Also the section line over the first row of a section."""
        above = self._cursor - 1
        if 0 <= above < self.top and _is_section(self._rows[above]):
            self._scroll(above)
        super()._show_cursor()

    def _landing(self, index: int, step: int) -> int:
        """The nearest row that is no section, first in the direction of `step`."""
        for direction in (step, -step):
            place = index
            while 0 <= place < self._total and _is_section(self._rows[place]):
                place += direction
            if 0 <= place < self._total:
                return place
        return max(min(index, self._total - 1), 0)

    def draw_header(self, width: int) -> list[Part]:
        parts: list[Part] = [(" " * LEAD, "")]
        for place in self._places.placed(width - LEAD):
            title = self._header[place.column] if place.column < len(self._header) else ""
            parts += [(place.gap, ""), (fit(title, place.width, place.align), "dim")]
        if self._places.hidden_right(width - LEAD):
            used = sum(len(text) for text, _ in parts)
            parts += [(" " * max(width - used - 1, 0), ""), (GLYPHS["right"], "accent")]
        return parts

    def draw_row(self, index: int, width: int) -> list[Part]:
        row = self._rows[index]
        if _is_section(row):
            return self._section(row, width)
        parts: list[Part] = [self._pointer(index), (" ", "")]
        for place in self._places.placed(width - LEAD):
            cell = row[place.column] if place.column < len(row) else GridCell("")
            parts += [(place.gap, ""), (fit(cell.text, place.width, place.align), self._ink(cell, index, place.column))]
        return parts

    def _pointer(self, index: int) -> Part:
        if index != self._cursor:
            return (" ", "")
        return (GLYPHS["pointer"], "head" if self.has_focus else "dim")

    def _ink(self, cell: GridCell, index: int, column: int) -> str:
        if column == 0 and index == self._cursor and cell.style in ("", "dim"):
            return "head" if self.has_focus else "bold"
        return cell.style

    def _section(self, row: Sequence[GridCell], width: int) -> list[Part]:
        if not row:
            return []
        parts: list[Part] = [(fit(row[0].text, min(len(row[0].text), width)), "bold")]
        for cell in row[1:]:
            if cell.text:
                parts += [("  ", ""), (cell.text, "dim" if cell.style == "head" else cell.style)]
        return parts


def _is_section(row: Sequence[GridCell]) -> bool:
    return all(cell.style == "head" for cell in row)  # an empty row too: the cursor passes over it
