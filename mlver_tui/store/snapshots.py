"""What a run was made of, as rows: its snapshot beside the run; environments once, shared by runs."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from ..records import Environment, environment_from_json, to_json


def apply_snapshot(connection: sqlite3.Connection, pk: int, event: dict[str, Any]) -> None:
    """Bring a journal's `snapshot` event into the tables. Its parts may come in several events."""
    for part in ("command", "hardware", "code"):
        if event.get(part):
            put_part(connection, pk, part, json.dumps(event[part]))
    if code := event.get("code"):
        dirty = code.get("dirty")
        connection.execute(
            "UPDATE run SET git_commit = ?, git_branch = ?, git_dirty = ? WHERE pk = ?",
            (code.get("commit"), code.get("branch"), None if dirty is None else int(dirty), pk),
        )
    if event.get("environment"):
        environment = environment_from_json(event["environment"])
        put_environment(connection, environment)
        connection.execute("UPDATE run SET environment = ? WHERE pk = ?", (environment.id, pk))
    if event.get("missing"):
        _add_missing(connection, pk, event["missing"])


def put_part(connection: sqlite3.Connection, pk: int, part: str, text: str | None) -> None:
    """Replace one column of a run's snapshot."""
    connection.execute(
        f"INSERT INTO snapshot (run, {part}) VALUES (?, ?) ON CONFLICT (run) DO UPDATE SET {part} = excluded.{part}",
        (pk, text),
    )


def read_list(connection: sqlite3.Connection, pk: int, part: str) -> list[Any]:
    """The JSON list in `missing` or `warnings` of a run's snapshot."""
    row = connection.execute(f"SELECT {part} FROM snapshot WHERE run = ?", (pk,)).fetchone()
    return list(json.loads(row[0])) if row else []


def put_environment(connection: sqlite3.Connection, environment: Environment) -> None:
    """Keep one record per distinct environment."""
    if connection.execute("SELECT 1 FROM environment WHERE id = ?", (environment.id,)).fetchone():
        return
    record = json.dumps(to_json(environment), separators=(",", ":"))
    connection.execute("INSERT INTO environment (id, record) VALUES (?, ?)", (environment.id, record))
    connection.executemany(
        "INSERT OR IGNORE INTO package (environment, name, version, origin) VALUES (?, ?, ?, ?)",
        [(environment.id, package.name, package.version, str(package.origin)) for package in environment.packages],
    )


def append_restore(
    connection: sqlite3.Connection, run_id: str, at_ms: int, target: str, verdict: str, detail: dict[str, Any]
) -> None:
    """Keep the verdict of a restore with its run."""
    connection.execute(
        "INSERT INTO restore (run, at_ms, target, verdict, detail) VALUES (?, ?, ?, ?, ?)",
        (run_id, at_ms, target, verdict, json.dumps(detail)),
    )


def _add_missing(connection: sqlite3.Connection, pk: int, missing: list[dict[str, str]]) -> None:
    parts = {item["part"]: item for item in [*read_list(connection, pk, "missing"), *missing]}
    put_part(connection, pk, "missing", json.dumps(list(parts.values())))
