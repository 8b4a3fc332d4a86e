"""Folding: what journals hold becomes rows, exactly once.

Rows and the new (journal, offset) are written in one transaction under the flock of the home, in bites, so that no
viewer waits long. Whoever opens the store folds; the training process never does.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import sys
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import clock
from ..home import Home
from ..process import is_alive
from ..records import process_from_json
from . import journal as journals
from . import metrics, runs, snapshots
from .connection import checkpoint, close, open_writer, transaction

BITE_BYTES = 8 * 1024 * 1024
MAX_BITE_BYTES = 2 * journals.MAX_PAYLOAD
HELPER_BITE_S = 0.5
STALE_ELSEWHERE_MS = 10 * 60 * 1000

Columns = dict[tuple[str, str], tuple[Any, Any, Any]]


@dataclass(slots=True)
class _Shape:
    keys: tuple[str, ...]
    section: str


@dataclass(slots=True)
class _Bite:
    """What was read of one journal and is not yet in the tables."""

    shapes: dict[int, _Shape]
    points: Columns = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    end: int = 0
    damaged: int = 0


def fold(connection: sqlite3.Connection, home: Home, budget_s: float | None = None) -> bool:
    """Take in what journals hold, newest run first, for at most about `budget_s` seconds. True if anything changed."""
    deadline = None if budget_s is None else time.monotonic() + budget_s
    changed = False
    pending = _pending(connection, home)
    while pending and not _out_of_time(deadline):
        with transaction(connection, home):
            pending = [path for path in pending if _out_of_time(deadline) or _fold_bite(connection, path)]
        changed = changed or bool(pending)
    changed |= _mark_dead(connection, home)
    _retire(connection, home)
    return changed


def _out_of_time(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline


def _pending(connection: sqlite3.Connection, home: Home) -> list[Path]:
    """Journals that hold more than was folded; the newest run first, its journals in the order they were started."""
    folded = dict(connection.execute("SELECT name, offset FROM journal"))
    found = []
    try:
        with os.scandir(home.journals) as entries:
            for entry in entries:
                if entry.name.endswith(journals.SUFFIX) and entry.stat().st_size > folded.get(entry.name, 0):
                    found.append(Path(entry.path))
    except FileNotFoundError:
        return []
    found.sort(key=lambda path: path.name)
    return sorted(found, key=lambda path: journals.run_of(path.name), reverse=True)


def _fold_bite(connection: sqlite3.Connection, path: Path) -> bool:
    row = connection.execute(
        "SELECT offset, shapes, damaged_bytes FROM journal WHERE name = ?", (path.name,)
    ).fetchone()
    offset, shapes, damaged = row or (0, "{}", 0)
    run_id = journals.run_of(path.name)
    bite = _read_bite(path, offset, {int(k): _Shape(tuple(v[0]), v[1]) for k, v in json.loads(shapes).items()})
    if bite is None or bite.end == offset:
        return False
    connection.execute("INSERT OR IGNORE INTO journal (name, run, offset) VALUES (?, ?, 0)", (path.name, run_id))
    for event in bite.events:
        _apply(connection, run_id, event, path.name)
    if bite.points:
        pk = runs.ensure_run(connection, run_id)
        for (section, key), (steps, values, times) in bite.points.items():
            metrics.append_points(connection, pk, key, steps, values, times, section)
    if bite.damaged:
        text = f"{bite.damaged} bytes of a journal could not be read"
        _apply(connection, run_id, {"e": "warning", "text": text}, path.name)
    connection.execute(
        "UPDATE journal SET offset = ?, shapes = ?, damaged_bytes = ? WHERE name = ?",
        (bite.end, _shapes_json(bite.shapes), damaged + bite.damaged, path.name),
    )
    return True


def _apply(connection: sqlite3.Connection, run_id: str, event: dict[str, Any], journal: str) -> None:
    kind = event.get("e")
    if kind == "open":
        connection.execute("UPDATE journal SET writer = ? WHERE name = ?", (json.dumps(event["process"]), journal))
    elif kind == "close":
        connection.execute("UPDATE journal SET closed = 1 WHERE name = ?", (journal,))
    elif kind == "snapshot":
        snapshots.apply_snapshot(connection, runs.ensure_run(connection, run_id), event)
    else:
        runs.apply_event(connection, run_id, event)


def _read_bite(path: Path, offset: int, shapes: dict[int, _Shape]) -> _Bite | None:
    """Whole frames from `offset` on; a frame larger than a bite is read in a larger one. None if the file is gone."""
    size = BITE_BYTES
    while True:
        try:
            with path.open("rb") as file:
                file.seek(offset)
                data = file.read(size)
        except FileNotFoundError:
            return None
        start = 0
        if offset == 0:
            if len(data) < len(journals.MAGIC):
                return None
            start = len(journals.MAGIC) if data.startswith(journals.MAGIC) else 0
        bite = _parse(data[start:], shapes)
        bite.end += offset + start
        if bite.end > offset + start or len(data) < size or size >= MAX_BITE_BYTES:
            return bite
        size *= 4


def _parse(data: bytes, shapes: dict[int, _Shape]) -> _Bite:
    bite = _Bite(shapes)
    for shape, rows in _blocks(data, bite):
        if shape is not None:
            _add_rows(bite, shape, rows)
    return bite


def _blocks(data: bytes, bite: _Bite) -> Iterator[tuple[_Shape | None, list[tuple[Any, ...]]]]:
    """POINTS frames in a row that share a shape, as their unpacked rows; events and shapes go straight to the bite."""
    current = -1
    rows: list[tuple[Any, ...]] = []
    unpack = None
    for start, end, payload in journals.payloads(data, final=False):
        bite.end = end
        if payload is None:
            bite.damaged += end - start
        elif payload[0] == journals.POINTS:
            number = int.from_bytes(payload[1:5], "little")
            if number != current or unpack is None:
                yield bite.shapes.get(current), rows
                rows, current = [], number
                unpack = _unpacker(bite.shapes.get(number))
            if unpack is None:
                bite.damaged += end - start  # its shape was lost to damage
                continue
            rows.append(unpack(payload))
        else:
            _take_json(bite, payload)
    yield bite.shapes.get(current), rows


def _unpacker(shape: _Shape | None) -> Any:
    return None if shape is None else journals.points_struct(len(shape.keys)).unpack


def _take_json(bite: _Bite, payload: memoryview) -> None:
    body = journals.read_json(payload)
    if body is None:
        return
    if payload[0] == journals.SHAPE:
        bite.shapes[int(body["id"])] = _Shape(tuple(body["keys"]), body.get("section", "metric"))
    else:
        bite.events.append(body)


def _add_rows(bite: _Bite, shape: _Shape, rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    columns = list(zip(*rows, strict=True))
    steps, times = array("q", columns[2]), array("d", columns[3])
    for key, column in zip(shape.keys, columns[4:], strict=True):
        held = bite.points.get((shape.section, key))
        if held is None:
            held = bite.points[(shape.section, key)] = (array("q"), array("d"), array("d"))
        held[0].extend(steps)
        held[1].extend(column)
        held[2].extend(times)


def _shapes_json(shapes: dict[int, _Shape]) -> str:
    return json.dumps({str(number): [list(shape.keys), shape.section] for number, shape in shapes.items()})


def _mark_dead(connection: sqlite3.Connection, home: Home) -> bool:
    """Runs that say running, but whose process is gone and whose journals hold nothing more, were killed."""
    changed = False
    rows = connection.execute(
        """SELECT pk, id, process, heartbeat_ms, (SELECT max(last_time) FROM series WHERE series.run = run.pk)
            FROM run WHERE status = 'running' AND source_id IS NULL"""
    ).fetchall()
    for pk, run_id, process, heartbeat_ms, last_time in rows:
        if _is_gone(process, heartbeat_ms) and not _has_more(connection, home, run_id):
            last_ms = max(heartbeat_ms or 0, int((last_time or 0) * 1000))
            with transaction(connection, home):
                runs.mark_killed(connection, pk, last_ms)
            changed = True
    return changed


def _is_gone(process: str | None, heartbeat_ms: int | None) -> bool:
    try:
        alive = is_alive(process_from_json(json.loads(process or "")))
    except (ValueError, TypeError, KeyError):
        alive = None
    if alive is None:  # another box or container: only silence can tell
        return clock.now_ms() - (heartbeat_ms or 0) > STALE_ELSEWHERE_MS
    return not alive


def _has_more(connection: sqlite3.Connection, home: Home, run_id: str) -> bool:
    """A journal of this run grew after the process was seen dead; it is folded before the run is judged."""
    return any(path.name.startswith(run_id) and _fold_pending(connection, path) for path in _pending(connection, home))


def _fold_pending(connection: sqlite3.Connection, path: Path) -> bool:
    row = connection.execute("SELECT offset FROM journal WHERE name = ?", (path.name,)).fetchone()
    bite = _read_bite(path, row[0] if row else 0, {})
    return bite is not None and bite.end > (row[0] if row else 0)


def _retire(connection: sqlite3.Connection, home: Home) -> None:
    """Remove journals that nobody writes to any more, once everything in them is on the disk in the database."""
    rows = connection.execute(
        """SELECT journal.name, journal.offset, journal.closed, journal.writer FROM journal
            JOIN run ON run.id = journal.run
            WHERE NOT retired AND damaged_bytes = 0 AND run.status != 'running'"""
    ).fetchall()
    ready = [
        home.journals / name
        for name, offset, closed, writer in rows
        if (closed or _is_gone(writer, clock.now_ms())) and _size(home.journals / name) in (None, offset)
    ]
    if not ready or not checkpoint(connection, home):
        return
    for path in ready:
        path.unlink(missing_ok=True)
    with transaction(connection, home):
        connection.executemany("UPDATE journal SET retired = 1 WHERE name = ?", [(path.name,) for path in ready])


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def main(root: str) -> int:
    """What the helper process does: fold at low priority until nothing is left, then end."""
    home = Home(Path(root))
    if not home.journals.is_dir():
        return 1
    with contextlib.suppress(OSError):
        os.nice(10)
    connection = open_writer(home)
    try:
        while fold(connection, home, HELPER_BITE_S):
            pass
    finally:
        close(connection, home)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
