"""Which runs the table shows and in which order: the filter as it is typed, the sort, and their mistakes."""

from __future__ import annotations

import asyncio
from abc import abstractmethod

from ...errors import FilterError
from ...query.views import RunRow
from ..messages import Desk
from ..widgets.prompt import Prompt
from ..widgets.run_table import Column
from .base import FrameScreen
from .columns import sort_keys, sorted_column, value_keys

NEWEST_FIRST = "-started"
TYPING_WAIT_S = 0.06
FIELDS = ("started", "name", "status", "project", "ended", "duration")


class Asked(FrameScreen, inherit_bindings=False):
    """Filter and sort of the runs table."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.filter = ""
        self.sort = NEWEST_FIRST
        self.keys: tuple[list[str], list[str]] = ([], [])
        """Names of all params, and of all metrics."""
        self.columns: list[Column] = []
        self.wrong: FilterError | None = None
        """What is wrong with the filter that is being typed."""

    @abstractmethod
    async def refill(self) -> None:
        """Read the rows again after a change of filter or sort."""

    @abstractmethod
    def show_heading(self) -> None:
        """Paint filter, sort and mistakes."""

    @abstractmethod
    def show_sort(self) -> None:
        """Paint the arrow in the table's header."""

    async def rows(self, offset: int, limit: int) -> list[RunRow]:
        """One window of what is asked for."""
        return await self.desk.backend.list_runs(self.filter, self.sort, value_keys(self.columns), limit, offset)

    async def do_filter(self) -> None:
        before = self.filter
        hint = "words of a name, or lr < 0.01 and status = failed"
        text = await self.ask("filter", before, hint=hint, live=self._typed_filter, check=self._objection)
        self.wrong = None
        await self.set_filter(before if text is None else text)

    def _typed_filter(self, text: str) -> None:
        self.start(lambda: self._try_filter(text), group="filter")

    def _objection(self, text: str) -> str | None:
        return self.wrong.message if self.wrong and self.wrong.text == text else None

    async def _try_filter(self, text: str) -> None:
        await asyncio.sleep(TYPING_WAIT_S)
        try:
            await self.set_filter(text)
        except FilterError as error:
            self.wrong = error
            self.query_one(Prompt).objection(error.message, error.position)

    async def set_filter(self, text: str) -> None:
        """Show the runs that fit. Raises FilterError and keeps the filter before."""
        await self.desk.backend.check_filter(text)
        self.wrong = None
        self.filter = text.strip()
        await self.refill()

    async def do_sort(self) -> None:
        choices = [*FIELDS, *(key for names in self.keys for key in names)]
        text = await self.ask("sort by", self.sort, choices=choices, hint="- before it: greatest first. tab completes")
        if text and text.strip():
            await self.set_sort(text.strip())

    async def set_sort(self, sort: str) -> None:
        """Order by an expression. Raises FilterError and keeps the order before."""
        before, self.sort = self.sort, sort
        try:
            await self.rows(0, 1)
        except FilterError:
            self.sort = before
            raise
        self.show_sort()
        await self.refill()

    async def do_sort_left(self) -> None:
        await self._step_sort(-1)

    async def do_sort_right(self) -> None:
        await self._step_sort(1)

    async def _step_sort(self, step: int) -> None:
        keys = sort_keys(self.columns)
        current = sorted_column(self.columns, self.sort)
        key = keys[(keys.index(current) + step) % len(keys) if current in keys else 0]
        await self.set_sort(f"-{key}" if key == "started" else key)

    async def do_flip(self) -> None:
        await self.set_sort(self.sort[1:] if self.sort.startswith("-") else f"-{self.sort}")
