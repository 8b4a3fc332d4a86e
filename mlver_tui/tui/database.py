"""The thread that holds the connection: it opens the store, answers questions one after another, folds, and lets go.

It knows connections and folding, and no question: those are `backend`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from ..errors import HomeError, StoreError
from ..home import Home

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")
FOLD_BUDGET_S = 0.2


class Database:
    """One home, one connection, one thread."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._connection: sqlite3.Connection | None = None
        self._seen = -1
        self.read_only = False
        """True when the home belongs to somebody else."""

    def open_soon(self) -> Future[None]:
        """Start opening in the thread; the result is None, or the MlverError that says why not."""
        return self._thread.submit(self._open)

    async def run(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask in the thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, functools.partial(self._with_connection, question))

    async def write(self, change: Callable[[sqlite3.Connection], None]) -> None:
        """Change something in one transaction."""
        from ..store.connection import transaction

        def work(connection: sqlite3.Connection) -> None:
            with transaction(connection, self._home):
                change(connection)

        await self.run(work)

    async def look(self) -> bool:
        """Fold what training processes wrote; True if anything is new since the last look."""
        return await self.run(self._look)

    async def close(self) -> None:
        """Let go of the store."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self.forget()

    def forget(self) -> None:
        """End the thread once it is idle."""
        self._thread.shutdown(wait=False)

    # in the thread

    def _with_connection(self, question: Callable[[sqlite3.Connection], T]) -> T:
        self._open()
        assert self._connection is not None
        return question(self._connection)

    def _open(self) -> None:
        from ..store.connection import open_reader, open_writer

        if self._connection is not None:
            return
        try:
            self._connection = open_writer(self._home)
        except HomeError:
            self._connection = open_reader(self._home)
            self.read_only = True
        self._seen = _version(self._connection)

    def _close(self) -> None:
        from ..store.connection import close

        if self._connection is not None:
            close(self._connection, self._home)
            self._connection = None

    def _look(self, connection: sqlite3.Connection) -> bool:
        from ..store.connection import check_in_place
        from ..store.fold import fold

        try:
            check_in_place(connection, self._home)
        except StoreError:
            if not self._home.database.exists():
                raise
            self._close()  # another store stands in its place: look at that one
            self._open()
            return True
        folded = not self.read_only and fold(connection, self._home, budget_s=FOLD_BUDGET_S)
        seen = _version(connection)
        changed = bool(folded) or seen != self._seen
        self._seen = seen
        return changed


def _version(connection: sqlite3.Connection) -> int:
    """Another number after every change that another connection has made."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


@contextlib.contextmanager
def own_connection(home: Home) -> Iterator[sqlite3.Connection]:
    """Another connection, for work that runs beside the thread for long."""
    from ..store.connection import close, open_writer

    connection = open_writer(home)
    try:
        yield connection
    finally:
        close(connection, home)
