"""Environments and restores come back as they were written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

from mlver_tui.query.snapshots import environment_of, list_restores
from mlver_tui.records import Environment, Interpreter, Origin, Package, to_json


def test_environment_comes_back_whole(connection: sqlite3.Connection) -> None:
    environment = Environment(
        "e1",
        Interpreter("3.11.7", "CPython", "cpython-311", "linux-x86_64"),
        (Package("torch", "2.1.0", Origin("vcs", "https://x/y", "abc"), tags=("py3-none-any",)),),
        ("half removed: foo",),
    )
    connection.execute("INSERT INTO environment VALUES ('e1', ?)", (json.dumps(to_json(environment)),))
    assert environment_of(connection, "e1") == environment
    assert environment_of(connection, "e2") is None
    assert environment_of(connection, None) is None


def test_restores_newest_first(connection: sqlite3.Connection, add_run: Callable[..., int]) -> None:
    add_run("otter", id="r1")
    insert = "INSERT INTO restore (run, at_ms, target, verdict, detail) VALUES (?, ?, ?, ?, ?)"
    connection.execute(insert, ("r1", 1, "/a", "exact", '{"packages": 3}'))
    connection.execute(insert, ("r1", 2, "/b", "degraded", "{}"))
    connection.execute(insert, ("r2", 3, "/c", "missing", "[1]"))
    rows = list_restores(connection)
    assert [(row.run_name, row.target, row.verdict) for row in rows] == [
        ("", "/c", "missing"),
        ("otter", "/b", "degraded"),
        ("otter", "/a", "exact"),
    ]
    assert rows[2].detail == {"packages": 3}
    assert [row.target for row in list_restores(connection, "r1")] == ["/b", "/a"]
