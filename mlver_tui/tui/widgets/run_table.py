"""The runs table: a window over any number of rows, fetched block by block, repainted cell by cell.

It asks a source for rows and tells the screen what happened; it sorts, filters and reads nothing by itself.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

from textual.message import Message

from ...errors import MlverError
from ...query.views import RunRow
from .blocks import BLOCK, Blocks, blocks_between
from .cells import Part, fit
from .glyphs import GLYPHS
from .marks import MarkSet
from .rows import RowView
from .run_cells import Column
from .run_line import pointer, run_line
from .table_layout import TableLayout

__all__ = ["Column", "RunTable"]

Source = Callable[[int, int], Awaitable[list[RunRow]]]
"""(offset, limit) to rows."""


class RunTable(RowView):
    """Runs with a cursor and marks. `bind` a source, `set_columns`, `set_total`, then `await reload()`."""

    class Moved(Message):
        """Another run is under the cursor (None: none)."""

        def __init__(self, row: RunRow | None) -> None:
            super().__init__()
            self.row = row

    class MarksChanged(Message):
        """Other runs are marked; `ids` in the order of marking."""

        def __init__(self, ids: tuple[str, ...]) -> None:
            super().__init__()
            self.ids = ids

    class Opened(Message):
        """The run under the cursor was chosen."""

        def __init__(self, row: RunRow) -> None:
            super().__init__()
            self.row = row

    class Failed(Message):
        """Rows could not be fetched."""

        def __init__(self, error: MlverError) -> None:
            super().__init__()
            self.error = error

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.now_ms: Callable[[], int] = lambda: int(time.time() * 1000)
        self._source: Source | None = None
        self._grid = TableLayout([])
        self._blocks = Blocks()
        self._marks = MarkSet()
        self._generation = 0
        self._asked: set[int] = set()
        self._announced: str | None = None
        self._sort: tuple[str, bool] = ("", False)
        self._read_ms = 0

    # what it shows

    def bind(self, source: Source) -> None:
        """Where rows come from."""
        self._source = source

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Which columns; `RunRow.values` holds those of kind `value`, in this order."""
        self._grid = TableLayout(columns)
        self.repaint()

    def set_total(self, total: int) -> None:
        """How many rows the source has now."""
        self._resize_list(total)
        self.repaint()

    def set_sort(self, key: str, descending: bool) -> None:
        """Which column the arrow stands in; the order itself is the source's."""
        self._sort = (key, descending)
        self.repaint()

    async def reload(self, keep: str | None = None) -> None:
        """Fetch again what is visible; the cursor follows the run `keep` if it is there. Source errors come out."""
        self._generation += 1
        generation = self._generation
        self._asked = set(self._wanted())
        try:
            fetched = {number: await self._rows_of(number) for number in sorted(self._asked)}
        finally:
            if generation == self._generation:
                self._asked = set()
        if generation != self._generation:
            return  # a newer reload is under way
        self._blocks.replace(fetched)
        self._read_ms = self.now_ms()
        self._follow(keep)
        self.repaint()
        self._announce()

    @property
    def current(self) -> RunRow | None:
        """The run under the cursor; None while it is being fetched, or where there is none."""
        return self._blocks.row(self._cursor) if self._total else None

    # marks

    @property
    def marked(self) -> frozenset[str]:
        """Ids of the marked runs, in the table's rows or not."""
        return frozenset(self._marks.ids)

    @property
    def marks(self) -> tuple[str, ...]:
        """The same in the order of marking."""
        return self._marks.ids

    def mark_colour(self, run_id: str) -> int:
        """Curve colour of a run, 0 to 7."""
        return self._marks.colour(run_id)

    def mark_letter(self, run_id: str) -> str:
        """The letter that stands beside a marked run here and at the end of its curve."""
        return self._marks.letter(run_id)

    def toggle_mark(self) -> None:
        """Mark the run under the cursor, or take its mark away."""
        row = self.current
        if row is not None:
            self._marks.toggle(row.id)
            self._marks_changed()

    def mark_range(self, first: int, last: int) -> None:
        """Mark rows `first` to `last`, both included, in either order; those not here are fetched first."""
        first, last = max(min(first, last), 0), min(max(first, last), self._total - 1)
        if first > last:
            return
        rows = [self._blocks.row(index) for index in range(first, last + 1)]
        if any(row is None for row in rows):
            self.run_worker(self._mark_far(first, last), group="marks", exit_on_error=False)
            return
        self._mark_all(row.id for row in rows if row is not None)

    def set_marks(self, run_ids: Iterable[str]) -> None:
        """Exactly these runs are marked."""
        self._marks.replace(run_ids)
        self._marks_changed()

    def clear_marks(self) -> None:
        """No run is marked."""
        self._marks.clear()
        self._marks_changed()

    def _mark_all(self, run_ids: Iterable[str]) -> None:
        for run_id in run_ids:
            self._marks.add(run_id)
        self._marks_changed()

    def _marks_changed(self) -> None:
        self.repaint()
        self.post_message(self.MarksChanged(self._marks.ids))

    async def _mark_far(self, first: int, last: int) -> None:
        assert self._source is not None
        try:
            rows = await self._source(first, last - first + 1)
        except MlverError as error:
            self.post_message(self.Failed(error))
            return
        self._mark_all(row.id for row in rows)

    # motion

    def scroll_columns(self, columns: int) -> None:
        """To the right by whole columns, or left where it is negative; the name stays."""
        self._grid.scroll(columns, self.size.width)
        self.repaint()

    def cursor_moved(self) -> None:
        for number in blocks_between(self.top - self.visible_rows, self.top + 2 * self.visible_rows):
            self._need(number)
        self._announce()

    def row_opened(self) -> None:
        row = self.current
        if row is not None:
            self.post_message(self.Opened(row))

    def _follow(self, keep: str | None) -> None:
        """Put the cursor on the run that it stood on; the screen stays still unless it is at its top."""
        place = self._blocks.find(keep) if keep else None
        if place is not None and place != self._cursor:
            shift, self._cursor = place - self._cursor, place
            if self.top > 0:
                self._scroll(self.top + shift)
        self._show_cursor()

    def _announce(self) -> None:
        row = self.current
        if row is None and self._total:
            return  # it will be announced when it has been fetched
        if (row.id if row else None) != self._announced:
            self._announced = row.id if row else None
            self.post_message(self.Moved(row))

    # fetching

    def _wanted(self) -> list[int]:
        """Blocks that are visible or under the cursor."""
        if not self._total:
            return []
        last = min(self.top + self.visible_rows, self._total) - 1
        return [*{*blocks_between(min(self.top, last), last), self._cursor // BLOCK}]

    async def _rows_of(self, number: int) -> list[RunRow]:
        return await self._source(number * BLOCK, BLOCK) if self._source else []

    def _need(self, number: int) -> None:
        """Start fetching a block once, unless it is here."""
        if self._source is None or number * BLOCK >= self._total:
            return
        if number not in self._asked and not self._blocks.has(number):
            self._asked.add(number)
            self.run_worker(self._fetch(number, self._generation), group="blocks", exit_on_error=False)

    async def _fetch(self, number: int, generation: int) -> None:
        if generation != self._generation:
            return  # a reload began meanwhile; it fetches what is visible
        try:
            rows = await self._rows_of(number)
        except MlverError as error:
            self.post_message(self.Failed(error))
            return
        if generation == self._generation:
            self._asked.discard(number)
            self._blocks.put(number, rows)
            self._read_ms = self._read_ms or self.now_ms()
            self.repaint()
            self._announce()

    # drawing

    def draw_header(self, width: int) -> list[Part]:
        return self._grid.header(width, *self._sort)

    def draw_row(self, index: int, width: int) -> list[Part]:
        row, here = self._blocks.row(index), index == self._cursor
        if row is None:
            self._need(index // BLOCK)
            return [pointer(here, self.has_focus)]
        mark = self._mark(row.id) if row.id in self._marks else None
        return run_line(self._grid, row, width, self._read_ms, here=here, focused=self.has_focus, mark=mark)

    def _mark(self, run_id: str) -> Part:
        return (fit(GLYPHS["mark"], 1) + self._marks.letter(run_id), f"f{self._marks.colour(run_id)}")
