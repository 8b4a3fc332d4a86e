"""SQLite's complaints in plain words, each with a way out. Knows no connection and no lock."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

from ..errors import HomeError, StoreError
from ..home import Home


@contextlib.contextmanager
def plain_words(home: Home) -> Iterator[None]:
    """Raise StoreError or HomeError for what a person can do something about; the rest passes."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        found = _explain(home, error)
        if found is None:
            raise
        raise found from error


def _explain(home: Home, error: sqlite3.DatabaseError) -> StoreError | HomeError | None:
    """SQLite's word as ours; None for what a person cannot have caused."""
    text = str(error)
    if "not a database" in text or "malformed" in text:
        return StoreError(f"{home.database} is damaged ({text})", "mlver-tui doctor says what can be saved, and how")
    if "full" in text:
        return StoreError(f"no space left for {home.database}", "free space, then try again")
    if "locked" in text or "busy" in text:
        return StoreError(f"{home.database} is locked by another program", "close what holds it, then try again")
    if not isinstance(error, sqlite3.OperationalError):
        return None
    if "I/O" in text:
        return StoreError(f"{home.database} cannot be read or written ({text})", "check the disk and its free space")
    if "no such table" in text or "no such column" in text:
        return StoreError(f"{home.database} is not as it was made ({text})", "mlver-tui doctor says what is wrong")
    if "unable to open" in text or "readonly" in text:
        return HomeError(f"{home.database} cannot be opened ({text})", "check who owns it")
    return None
