"""Folding: what journals hold becomes rows, exactly once.

Rows and the new (journal, offset) are written in one transaction under the flock of the home, in bites, so that no
viewer waits long. Whoever opens the store folds; the training process never does.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..home import Home
from . import journal as journals
from . import metrics, runs, snapshots
from .bites import Bite, read_bite, shapes_from_json, shapes_to_json
from .connection import close, open_writer, transaction
from .trouble import plain_words

HOLD_S = 0.2
"""The lock is given back about that often."""
MIN_BITE_BYTES = 512 * 1024
MAX_BITE_BYTES = 8 * 1024 * 1024
HELPER_BITE_S = 0.5
FINAL_BYTES = 1024 * 1024
"""A journal of the dead is judged when no more than this is left to fold."""

# What a record that fits its checksum but makes no sense may do to the tables. A full or locked disk is not among it.
NONSENSE = (
    KeyError, TypeError, ValueError, AttributeError, OverflowError,
    sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, sqlite3.DataError,
)  # fmt: skip


@dataclass(slots=True)
class _Pace:
    """How large a bite is, so that it takes about HOLD_S on this machine and with these shapes."""

    size: int = MIN_BITE_BYTES

    def learn(self, seconds: float, full: bool) -> None:
        """Correct the size after a bite."""
        if seconds > HOLD_S:
            self.size = max(self.size // 2, MIN_BITE_BYTES)
        elif full and seconds < HOLD_S / 3:
            self.size = min(self.size * 2, MAX_BITE_BYTES)


def fold(connection: sqlite3.Connection, home: Home, budget_s: float | None = None) -> bool:
    """Take in what journals hold, newest run first, for at most about `budget_s` seconds. True if anything changed.

    Raises StoreError or HomeError; what was not taken in then is still in the journals.
    """
    with plain_words(home):
        return _fold(connection, home, budget_s)


def _fold(connection: sqlite3.Connection, home: Home, budget_s: float | None) -> bool:
    from .retire import mark_dead, retire

    deadline = None if budget_s is None else time.monotonic() + budget_s
    changed = False
    pending, pace = list_pending(connection, home), _Pace()
    while pending and not (changed and _is_over(deadline)):  # at least one bite: progress, however small the budget
        with transaction(connection, home):
            changed |= _fold_some(connection, pending, pace, deadline)
    if not pending:
        changed |= mark_dead(connection, home)
        retire(connection, home)
    return changed


def list_pending(connection: sqlite3.Connection, home: Home, run_id: str = "") -> list[Path]:
    """Journals that hold more than was folded; the newest run first, its journals in the order they were started."""
    found = [
        path
        for path, size in list_journals(home)
        if path.name.startswith(run_id) and size > _offset(connection, path.name)
    ]
    found.sort(key=lambda path: path.name)
    return sorted(found, key=lambda path: journals.run_of(path.name), reverse=True)


def list_journals(home: Home) -> list[tuple[Path, int]]:
    """(path, size in bytes) of every journal in the home."""
    found = []
    with contextlib.suppress(FileNotFoundError), os.scandir(home.journals) as entries:
        for entry in entries:
            if entry.name.endswith(journals.SUFFIX):
                with contextlib.suppress(FileNotFoundError):  # retired by somebody else meanwhile
                    found.append((Path(entry.path), entry.stat().st_size))
    return found


def fold_bite(connection: sqlite3.Connection, path: Path, size: int, *, final: bool = False) -> bool:
    """Take in about `size` bytes of one journal; True if it holds more. Called inside a transaction."""
    row = connection.execute("SELECT offset, shapes FROM journal WHERE name = ?", (path.name,)).fetchone()
    offset, shapes = row or (0, "{}")
    bite = read_bite(path, offset, shapes_from_json(shapes), size, final=final)
    if bite is None or bite.end == offset:
        return False
    run_id = journals.run_of(path.name)
    connection.execute("INSERT OR IGNORE INTO journal (name, run, offset) VALUES (?, ?, 0)", (path.name, run_id))
    _apply(connection, run_id, path.name, bite)
    connection.execute(
        "UPDATE journal SET offset = ?, shapes = ?, damaged_bytes = damaged_bytes + ? WHERE name = ?",
        (bite.end, shapes_to_json(bite.shapes), bite.damaged, path.name),
    )
    return bite.more


def _is_over(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline


def _offset(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT offset FROM journal WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def _fold_some(connection: sqlite3.Connection, pending: list[Path], pace: _Pace, deadline: float | None) -> bool:
    """Bites for about HOLD_S; a journal is done before the next one begins, as a run goes on in its next journal."""
    changed = False
    end = time.monotonic() + HOLD_S
    while pending and not _is_over(end) and not (changed and _is_over(deadline)):
        start = time.monotonic()
        before = connection.total_changes
        more = fold_bite(connection, pending[0], pace.size)
        pace.learn(time.monotonic() - start, more)
        changed |= connection.total_changes > before
        if not more:
            del pending[0]
    return changed


def _apply(connection: sqlite3.Connection, run_id: str, journal: str, bite: Bite) -> None:
    for event in bite.events:
        with _whole_or_not(connection, bite, len(json.dumps(event))):
            _apply_event(connection, run_id, event, journal)
    pk = runs.ensure_run(connection, run_id) if bite.points else 0
    for (section, key), (steps, values, times) in bite.points.items():
        with _whole_or_not(connection, bite, 8 * len(values)):
            metrics.append_points(connection, pk, key, steps, values, times, section)
    if bite.damaged:
        text = f"{bite.damaged} bytes of a journal could not be read"
        runs.apply_event(connection, run_id, {"e": "warning", "text": text})


@contextlib.contextmanager
def _whole_or_not(connection: sqlite3.Connection, bite: Bite, cost: int) -> Iterator[None]:
    """A record is applied as a whole, or counted as damage."""
    connection.execute("SAVEPOINT record")
    try:
        yield
    except NONSENSE:
        connection.execute("ROLLBACK TO record")
        bite.damaged += cost
    connection.execute("RELEASE record")


def _apply_event(connection: sqlite3.Connection, run_id: str, event: dict[str, Any], journal: str) -> None:
    kind = event.get("e")
    if kind == "open":
        connection.execute("UPDATE journal SET writer = ? WHERE name = ?", (json.dumps(event["process"]), journal))
    elif kind == "close":
        connection.execute("UPDATE journal SET closed = 1 WHERE name = ?", (journal,))
    elif kind == "snapshot":
        snapshots.apply_snapshot(connection, runs.ensure_run(connection, run_id), event)
    else:
        runs.apply_event(connection, run_id, event)


def main(root: str) -> int:
    """What the helper process does: fold at low priority until what is there is in, then end.

    Several may be started at once: one works, the others wait in the kernel and find nothing left to do.
    """
    home = Home(Path(root))
    if not home.journals.is_dir():
        return 1
    with contextlib.suppress(OSError):
        os.nice(10)
    turn = os.open(home.journals, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(turn, fcntl.LOCK_EX)
    connection = open_writer(home)
    try:
        while _fold_within(connection, home, HELPER_BITE_S):
            continue
    finally:
        close(connection, home)
    return 0


def _fold_within(connection: sqlite3.Connection, home: Home, budget_s: float) -> bool:
    """Whether there was more than could be folded in that time. A run that goes on logging does not count."""
    start = time.monotonic()
    fold(connection, home, budget_s)
    return time.monotonic() - start >= budget_s


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
