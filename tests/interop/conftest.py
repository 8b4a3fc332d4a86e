"""A store with two runs and one release, written the way a fold writes them."""

from __future__ import annotations

import math
import sqlite3
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlver_tui.home import Home
from mlver_tui.records import Code, Command, Environment, Hardware, Interpreter, Origin, Package, to_json
from mlver_tui.store.connection import close, open_writer, transaction
from mlver_tui.store.metrics import append_points
from mlver_tui.store.registry import VersionRecord, append_version
from mlver_tui.store.runs import apply_event, ensure_run
from mlver_tui.store.snapshots import apply_snapshot
from mlver_tui.values import encode

PARAMS = {
    "lr": 0.1,
    "n": 3,
    "big": 2**70,
    "nan": math.nan,
    "flag": True,
    "none": None,
    "sizes": [1, 2.5],
    "s": "\x1b[31m",
}


def values(chosen: dict[str, Any]) -> dict[str, Any]:
    encoded = {key: encode(value) for key, value in chosen.items()}
    return {key: (value.kind, value.number, value.text) for key, value in encoded.items()}


def log(db: sqlite3.Connection, pk: int, key: str, points: list[float], section: str = "metric") -> None:
    steps = array("q", range(len(points)))
    append_points(db, pk, key, steps, array("d", points), array("d", [1e9 + step for step in steps]), section)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    home = Home(tmp_path / "home")
    connection = open_writer(home)
    with transaction(connection, home):
        full(connection)
        apply_event(connection, "01hbare", {"e": "start", "at": 5, "name": "bare", "project": "other"})
        manifest = '{"files":[]}'
        append_version(connection, VersionRecord("m", 1, "0.1.0", "d1", "01hfull", "one", "ada", 1, manifest))
        append_version(connection, VersionRecord("m", 2, "0.2.0", "d2", "01hfull", "two", "ada", 2, manifest))
    yield connection
    close(connection, home)


def full(db: sqlite3.Connection) -> None:
    apply_event(db, "01hfull", {"e": "start", "at": 1, "name": "full", "project": "digits", "tags": ["b", "a"]})
    apply_event(db, "01hfull", {"e": "params", "values": values(PARAMS)})
    apply_event(db, "01hfull", {"e": "summary", "values": values({"best": 0.5, "loss": 0.125})})
    pk = ensure_run(db, "01hfull")
    python = Interpreter("3.11.7", "cpython", "cpython-311", "linux-x86_64")
    environment = Environment("e1", python, (Package("numpy", "2.1.0", Origin("index")),))
    parts = {
        "command": Command(("python", "t.py"), "/src"),
        "hardware": Hardware("box", "Linux"),
        "code": Code(commit="c", dirty=True, left_out=("x.bin",)),
        "environment": environment,
    }
    apply_snapshot(db, pk, {part: to_json(record) for part, record in parts.items()})
    log(db, pk, "loss", [1.0, math.nan, -math.inf, 0.25])
    log(db, pk, 'odd "key"\n', [float(number) for number in range(10_000)])
    log(db, pk, "cpu", [0.5], "system")
    apply_event(db, "01hfull", {"e": "finish", "at": 9, "status": "finished", "exit_code": 0})
