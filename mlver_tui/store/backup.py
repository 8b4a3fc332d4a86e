"""A consistent copy of the database in one file, taken while others read and write. Folds nothing, decides nothing."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from ..errors import RefusedError, StoreError

Progress = Callable[[int, int], None]
"""Called with (pages copied, pages in all)."""
_PAGES = 4096


def backup(connection: sqlite3.Connection, target: Path, progress: Progress | None = None) -> int:
    """Write a copy to `target`, which must not exist yet, prove that it is sound, and return its size in bytes.

    The file appears whole or not at all and is readable by its owner only. Raises RefusedError if something stands
    there already, StoreError if the copy is not sound, OSError if it cannot be written.
    """
    if os.path.lexists(target):
        raise RefusedError(f"{target} exists already; it was left untouched", "give another name")
    with _written(connection, target, progress) as partial:
        _publish(partial, target)
    return target.stat().st_size


def keep_before(connection: sqlite3.Connection, target: Path) -> None:
    """The same before a migration, in the place of an earlier copy under that name."""
    with _written(connection, target, None) as partial:
        os.replace(partial, target)


@contextlib.contextmanager
def _written(connection: sqlite3.Connection, target: Path, progress: Progress | None) -> Iterator[Path]:
    """The copy under a passing name, synced; the caller gives it its own."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        _copy(connection, partial, progress)
        _sync(partial)
        yield partial
    finally:
        partial.unlink(missing_ok=True)
    _sync(target.parent)


def _copy(connection: sqlite3.Connection, partial: Path, progress: Progress | None) -> None:
    def told(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    with contextlib.closing(sqlite3.connect(f"file:{quote(str(partial))}", uri=True, isolation_level=None)) as copy:
        # one read transaction: a fold between two stretches would else start the copy over
        connection.execute("BEGIN")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            connection.backup(copy, pages=_PAGES, progress=told)
        finally:
            connection.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, that also opens from a read-only folder
        problems = [line for (line,) in copy.execute("PRAGMA integrity_check(5)") if line != "ok"]
    if problems:
        raise StoreError(f"the copy is not sound: {problems[0]}", "mlver-tui doctor says what is wrong with the store")


def _publish(partial: Path, target: Path) -> None:
    """Under its name, without ever replacing a file: a link fails where a rename would not."""
    try:
        os.link(partial, target)
    except FileExistsError:
        raise RefusedError(f"{target} exists already; it was left untouched", "give another name") from None
    except OSError:  # a file system without links
        if os.path.lexists(target):
            raise RefusedError(f"{target} exists already; it was left untouched", "give another name") from None
        partial.rename(target)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
