"""The end of runs and journals: who is dead, what is left of their journals, and when a journal may go.

A journal is removed only when the very database file that people open holds all of it, synced to the disk.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from .. import clock
from ..home import Home
from ..process import is_alive
from ..records import process_from_json
from . import journal as journals
from . import runs
from .connection import checkpoint, transaction
from .fold import FINAL_BYTES, fold_bite, list_journals

STALE_ELSEWHERE_MS = 10 * 60 * 1000
"""Silence after which a process of another box or container, which cannot be looked up, is taken for dead."""


def mark_dead(connection: sqlite3.Connection, home: Home) -> bool:
    """Runs that say running, but whose processes are gone, were killed; what their journals still hold is folded."""
    rows = connection.execute(
        """SELECT pk, id, heartbeat_ms, (SELECT process FROM snapshot WHERE snapshot.run = run.pk)
            FROM run WHERE status = 'running' AND source_id IS NULL"""
    ).fetchall()
    changed = False
    for pk, run_id, heartbeat_ms, process in rows:
        if is_gone(process, heartbeat_ms or 0):
            changed |= _bury(connection, home, pk, run_id)
    return changed


def retire(connection: sqlite3.Connection, home: Home) -> list[str]:
    """Remove journals that nobody writes to any more, once everything in them is on the disk in the database."""
    ready = [
        path
        for path, size in list_journals(home)
        if _is_over(connection, path) and _fold_rest(connection, home, path, size) and _is_sound(connection, path)
    ]
    if not ready or not checkpoint(connection, home):
        return []
    for path in ready:
        path.unlink(missing_ok=True)
    with transaction(connection, home):
        connection.executemany("UPDATE journal SET retired = 1 WHERE name = ?", [(path.name,) for path in ready])
    return [path.name for path in ready]


def is_gone(process: str | None, last_ms: int) -> bool:
    """Whether the process in this JSON has ended; `last_ms` is when it was last heard of."""
    try:
        alive = is_alive(process_from_json(json.loads(process or "")))
    except (ValueError, TypeError, KeyError):
        alive = None
    if alive is None:  # another box or container: only silence can tell
        return clock.now_ms() - last_ms > STALE_ELSEWHERE_MS
    return not alive


def _bury(connection: sqlite3.Connection, home: Home, pk: int, run_id: str) -> bool:
    """Mark a run as killed, unless one of its processes lives on or much is left to fold first."""
    mine = [(path, size) for path, size in list_journals(home) if journals.run_of(path.name) == run_id]
    if any(
        not _is_abandoned(connection, path) or size - _offset(connection, path) > FINAL_BYTES for path, size in mine
    ):
        return False
    with transaction(connection, home):
        for path, _ in sorted(mine):
            fold_bite(connection, path, 2 * FINAL_BYTES, final=True)
        heartbeat_ms, last_time = connection.execute(
            "SELECT heartbeat_ms, (SELECT max(last_time) FROM series WHERE run = pk) FROM run WHERE pk = ?", (pk,)
        ).fetchone()
        runs.mark_killed(connection, pk, max(heartbeat_ms or 0, int((last_time or 0) * 1000)))
    return True


def _is_abandoned(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether nobody will write to a journal any more."""
    row = connection.execute("SELECT closed, writer FROM journal WHERE name = ?", (path.name,)).fetchone()
    return row is not None and bool(row[0] or is_gone(row[1], _modified_ms(path)))


def _is_over(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether a journal is abandoned, and its run too."""
    row = connection.execute(
        "SELECT status != 'running' FROM run WHERE id = ?", (journals.run_of(path.name),)
    ).fetchone()
    return row is not None and bool(row[0]) and _is_abandoned(connection, path)


def _fold_rest(connection: sqlite3.Connection, home: Home, path: Path, size: int) -> bool:
    """Whether all of an abandoned journal is folded; a torn end that nobody will finish is folded as damage."""
    if size > _offset(connection, path):
        with transaction(connection, home):
            fold_bite(connection, path, 2 * FINAL_BYTES, final=True)
    return size == _offset(connection, path)


def _is_sound(connection: sqlite3.Connection, path: Path) -> bool:
    row = connection.execute("SELECT damaged_bytes FROM journal WHERE name = ?", (path.name,)).fetchone()
    return row is not None and row[0] == 0


def _offset(connection: sqlite3.Connection, path: Path) -> int:
    row = connection.execute("SELECT offset FROM journal WHERE name = ?", (path.name,)).fetchone()
    return int(row[0]) if row else 0


def _modified_ms(path: Path) -> int:
    try:
        return int(path.stat().st_mtime * 1000)
    except FileNotFoundError:
        return 0
