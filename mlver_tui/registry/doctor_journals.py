"""What is wrong with the journals of a home: waiting, torn, damaged, or no journals at all. Looks only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from .. import units
from ..home import Home
from ..store import journal as journals
from ..store.fold import list_journals
from .remarks import Remark

_READ_AT_ONCE = 64 * 1024 * 1024
_NAMED = 10


def look_at_journals(home: Home, connection: sqlite3.Connection | None) -> Iterator[Remark]:
    """Without a connection nobody knows what was folded. Raises OSError and sqlite3.Error."""
    files = list_journals(home)
    count = units.plural(len(files), "journal")
    if connection is None:
        yield Remark("ok", "journals", f"{count}, {units.bytes_(sum(size for _, size in files))}")
        return
    folded = dict(connection.execute("SELECT name, offset FROM journal"))
    (lost,) = connection.execute("SELECT coalesce(sum(damaged_bytes), 0) FROM journal").fetchone()
    waiting = [(path, folded.get(path.name, 0), size) for path, size in files if size > folded.get(path.name, 0)]
    if lost:
        hint = "mlver-tui show RUN names the loss of each run under warnings"
        yield Remark("warn", "journals", f"{units.bytes_(lost)} could not be read when they were folded", hint)
    for path, start, size in waiting[:_NAMED]:
        yield from _unread(path, start, size)
    total = units.bytes_(sum(size - start for _, start, size in waiting))
    text = f"{total} in {units.plural(len(waiting), 'journal')} wait to be folded" if waiting else "all folded"
    yield Remark("ok", "journals", f"{count}; {text}")


def _unread(path: Path, start: int, size: int) -> Iterator[Remark]:
    """What is damaged or torn in the part of a journal that is not folded yet."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            data = file.read(_READ_AT_ONCE)
    except FileNotFoundError:  # folded and retired meanwhile
        return
    first = len(journals.MAGIC) if start == 0 and data.startswith(journals.MAGIC) else 0
    if start == 0 and not first and not journals.MAGIC.startswith(data):
        hint = "whole records in it are still taken in"
        yield Remark("warn", "journals", f"{path.name} does not begin as a journal", hint)
    frames = list(journals.payloads(data, first, final=False))
    end = frames[-1][1] if frames else first
    if damaged := sum(stop - begin for begin, stop, payload in frames if payload is None):
        hint = "the next command folds all around it, and says so on the run"
        yield Remark("warn", "journals", f"{path.name}: {units.bytes_(damaged)} are damaged", hint)
    if end < len(data) == size - start:
        torn = f"{path.name} ends in {units.bytes_(len(data) - end)} of an unfinished record"
        yield Remark("ok", "journals", f"{torn}: being written, or cut by a kill")
