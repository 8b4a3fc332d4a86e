"""Rows of runs, their params, tags and final values. One function per event of a journal; none commits."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .snapshots import put_part, read_list

Event = dict[str, Any]


def apply_event(connection: sqlite3.Connection, run_id: str, event: Event) -> None:
    """Bring one journal event into the tables. An event of an unknown kind (a newer shim) is left alone."""
    action = _ACTIONS.get(event.get("e", ""))
    if action is None:
        return
    if event["e"] == "start":
        action(connection, 0, {**event, "id": run_id})
        return
    pk = ensure_run(connection, run_id, event)
    action(connection, pk, event)


def ensure_run(connection: sqlite3.Connection, run_id: str, event: Mapping[str, Any] | None = None) -> int:
    """The row number of a run; a row with what little is known is made if its start was lost."""
    row = connection.execute("SELECT pk FROM run WHERE id = ?", (run_id,)).fetchone()
    if row:
        return int(row[0])
    at_ms = int((event or {}).get("at", 0))
    cursor = connection.execute(
        "INSERT INTO run (id, name, project, status, start_ms) VALUES (?, ?, 'recovered', 'unknown', ?)",
        (run_id, f"recovered-{run_id[-6:]}", at_ms),
    )
    return int(cursor.lastrowid or 0)


def set_tags(connection: sqlite3.Connection, pk: int, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
    """Add and remove tags of a run."""
    connection.executemany("DELETE FROM tag WHERE run = ? AND name = ?", [(pk, name) for name in remove])
    connection.executemany("INSERT OR IGNORE INTO tag (run, name) VALUES (?, ?)", [(pk, name) for name in add])


def set_notes(connection: sqlite3.Connection, pk: int, notes: str) -> None:
    """Replace the notes of a run."""
    connection.execute("UPDATE run SET notes = ? WHERE pk = ?", (notes, pk))


def mark_killed(connection: sqlite3.Connection, pk: int, end_ms: int) -> None:
    """A run whose process is gone without a word."""
    connection.execute("UPDATE run SET status = 'killed', end_ms = ? WHERE pk = ? AND status = 'running'", (end_ms, pk))


def _start(connection: sqlite3.Connection, _: int, event: Event) -> None:
    process = event.get("process") or {}
    values = {
        "name": event["name"],
        "project": event["project"],
        "grp": event.get("group"),
        "job_type": event.get("job_type"),
        "status": "running",
        "start_ms": event["at"],
        "heartbeat_ms": event["at"],
        "notes": event.get("notes", ""),
        "parent": event.get("parent"),
        "host": process.get("host"),
    }
    columns = ", ".join(values)
    marks = ", ".join("?" * len(values))
    updates = ", ".join(f"{column} = excluded.{column}" for column in values)
    connection.execute(
        f"INSERT INTO run (id, {columns}) VALUES (?, {marks}) ON CONFLICT (id) DO UPDATE SET {updates}",
        (event["id"], *values.values()),
    )
    pk = ensure_run(connection, event["id"])
    put_part(connection, pk, "process", json.dumps(process))
    set_tags(connection, pk, add=event.get("tags", ()))


def _resume(connection: sqlite3.Connection, pk: int, event: Event) -> None:
    process = event.get("process") or {}
    connection.execute(
        """UPDATE run SET status = 'running', end_ms = NULL, exit_code = NULL, heartbeat_ms = ?, host = ?
            WHERE pk = ?""",
        (event["at"], process.get("host"), pk),
    )
    put_part(connection, pk, "process", json.dumps(process))
    put_part(connection, pk, "failure", None)


def _params(connection: sqlite3.Connection, pk: int, event: Event) -> None:
    _put_values(connection, "param", pk, event["values"])


def _summary(connection: sqlite3.Connection, pk: int, event: Event) -> None:
    _put_values(connection, "final", pk, event["values"])


def _put_values(connection: sqlite3.Connection, table: str, pk: int, values: Mapping[str, Any]) -> None:
    rows = [(pk, key, kind, number, text) for key, (kind, number, text) in values.items()]
    connection.executemany(
        f"""INSERT INTO {table} (run, key, kind, num, text) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (run, key) DO UPDATE SET kind = excluded.kind, num = excluded.num, text = excluded.text""",
        rows,
    )


def _tags(connection: sqlite3.Connection, pk: int, event: Event) -> None:
    set_tags(connection, pk, add=event.get("add", ()), remove=event.get("remove", ()))


def _set(*columns: str) -> Callable[[sqlite3.Connection, int, Event], None]:
    """An action that writes fields of the event to columns of the same name."""

    def action(connection: sqlite3.Connection, pk: int, event: Event) -> None:
        for column in columns:
            if column in event:
                connection.execute(f"UPDATE run SET {column} = ? WHERE pk = ?", (event[column], pk))

    return action


def _finish(connection: sqlite3.Connection, pk: int, event: Event) -> None:
    connection.execute(
        "UPDATE run SET status = ?, end_ms = ?, exit_code = ? WHERE pk = ?",
        (event["status"], event["at"], event.get("exit_code"), pk),
    )
    put_part(connection, pk, "failure", event.get("failure"))


def _heartbeat(connection: sqlite3.Connection, pk: int, event: Event) -> None:
    connection.execute(
        "UPDATE run SET heartbeat_ms = max(coalesce(heartbeat_ms, 0), ?) WHERE pk = ?", (event["at"], pk)
    )
    # a run that was taken for dead and writes again is alive
    connection.execute("UPDATE run SET status = 'running', end_ms = NULL WHERE pk = ? AND status = 'killed'", (pk,))


def _dropped(connection: sqlite3.Connection, pk: int, event: Event) -> None:
    connection.execute("UPDATE run SET dropped = dropped + ? WHERE pk = ?", (int(event["points"]), pk))


def _warning(connection: sqlite3.Connection, pk: int, event: Event) -> None:
    warnings = read_list(connection, pk, "warnings")
    if event["text"] not in warnings and len(warnings) < 100:
        put_part(connection, pk, "warnings", json.dumps([*warnings, event["text"]]))


_ACTIONS: dict[str, Callable[[sqlite3.Connection, int, Event], None]] = {
    "start": _start,
    "resume": _resume,
    "params": _params,
    "summary": _summary,
    "tags": _tags,
    "notes": _set("notes"),
    "name": _set("name"),
    "finish": _finish,
    "heartbeat": _heartbeat,
    "dropped": _dropped,
    "warning": _warning,
}
