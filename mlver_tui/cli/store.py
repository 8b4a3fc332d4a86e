"""Opening a home for one command: folded first so that it sees every point logged so far, closed whatever happens."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import HomeError, StoreError
from ..home import Home, find_home
from ..query.views import RunView
from .output import Terminal, note


@dataclass(frozen=True, slots=True)
class Opened:
    """A home and the connection that this command uses; it goes when the command ends."""

    home: Home
    connection: sqlite3.Connection


@contextlib.contextmanager
def reading(home: str | None, terminal: Terminal, *, tolerant: bool = False) -> Iterator[Opened]:
    """Open to read. A home that cannot be written is read as it was last folded, which is said on stderr; with
    `tolerant`, so is a damaged one that can still be opened.

    Raises HomeError or StoreError.
    """
    found = find_home(home).check()
    if os.access(found.root, os.W_OK):
        with _folded(found, terminal if tolerant else None) as opened:
            yield opened
        return
    from ..store.connection import open_reader

    note(terminal, f"{found.root} cannot be written: runs are shown as they were last indexed")
    with contextlib.closing(open_reader(found)) as connection:
        yield Opened(found, connection)


@contextlib.contextmanager
def writing(home: str | None) -> Iterator[Opened]:
    """Open to read and write. Raises HomeError or StoreError."""
    with _folded(find_home(home).check()) as opened:
        yield opened


@contextlib.contextmanager
def _folded(found: Home, told: Terminal | None = None) -> Iterator[Opened]:
    """Open and take in what journals hold. If that fails, `told` hears why and goes on with what there is."""
    from ..store.connection import close, open_writer
    from ..store.fold import fold

    if not (found.database.exists() or found.journals.is_dir()):
        raise HomeError(f"{found.root} holds no store", "log a run there first, or give another folder with --home DIR")
    connection = open_writer(found)
    try:
        try:
            fold(connection, found)
        except (StoreError, sqlite3.DatabaseError) as error:
            if told is None:
                raise
            note(told, f"what runs logged since was not taken in: {error}")
        yield Opened(found, connection)
    finally:
        close(connection, found)


def find_any_run(connection: sqlite3.Connection, ref: str) -> RunView:
    """The run behind a run reference, or the run that a version was made from.

    Raises NotFoundError, AmbiguousError or UsageError.
    """
    from ..names import VersionRef, parse_ref
    from ..query.runs import find_run, read_run

    if isinstance(parse_ref(ref), VersionRef):
        from ..query.registry import find_version

        return read_run(connection, find_version(connection, ref).run_id)
    return find_run(connection, ref)
