"""Marking runs in the table: one, a range, all that the filter shows; and walking from mark to mark."""

from __future__ import annotations

from ..messages import Desk
from ..widgets.run_table import RunTable
from .asked import Asked

MAX_MARKS = 200
BLOCK = 256


class Marking(Asked, inherit_bindings=False):
    """Marks live in the table, and on the desk for all screens."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.total = 0
        self.shown = 0
        """Runs that the filter fits."""
        self.range_start: int | None = None
        """Where a range began."""

    @property
    def table(self) -> RunTable:
        return self.query_one(RunTable)

    def do_mark(self) -> None:
        self.table.toggle_mark()
        self.table.move(1)

    def do_range(self) -> None:
        if self.range_start is None:
            self.range_start = self.table.cursor
            self.say("range: move, then v again; esc leaves it")
            return
        start, self.range_start = self.range_start, None
        self.table.mark_range(start, self.table.cursor)

    def do_mark_all(self) -> None:
        self.table.mark_range(0, min(self.shown, MAX_MARKS) - 1)
        if self.shown > MAX_MARKS:
            self.say(f"marked the first {MAX_MARKS} of {self.shown:,} runs; filter for fewer", "warning")

    def do_unmark(self) -> None:
        self.table.clear_marks()

    async def do_next(self, count: int) -> None:
        await self._find_mark(1)

    async def do_previous(self, count: int) -> None:
        await self._find_mark(-1)

    async def _find_mark(self, step: int) -> None:
        places = await self._marked_places()
        if not places:
            self.say("no marked run is in the table", "warning")
            return
        here = self.table.cursor
        ahead = [place for place in places if (place - here) * step > 0]
        if step > 0:
            self.table.goto(min(ahead, default=places[0]))
        else:
            self.table.goto(max(ahead, default=places[-1]))

    async def _marked_places(self) -> list[int]:
        return [
            offset + place
            for offset in range(0, self.shown, BLOCK)
            for place, row in enumerate(await self.rows(offset, BLOCK))
            if row.id in self.desk.marked
        ]
