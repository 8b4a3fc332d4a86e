"""A store on disk and a way to put runs into it with plain SQL."""

from __future__ import annotations

import json
import math
import sqlite3
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mlver_tui import clock
from mlver_tui.home import Home
from mlver_tui.packing import pack, pack_steps
from mlver_tui.records import Value
from mlver_tui.store.connection import open_writer
from mlver_tui.values import encode

NOW_MS = 1_790_000_000_000
SNAPSHOT = ("process", "command", "code", "hardware", "missing", "failure", "warnings")
Points = Sequence[tuple[int, float]]
AddRun = Callable[..., int]


@pytest.fixture
def now_ms(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(clock, "now_ms", lambda: NOW_MS)
    return NOW_MS


@pytest.fixture
def connection(tmp_path: Path, now_ms: int) -> Iterator[sqlite3.Connection]:
    connection = open_writer(Home(tmp_path / "home"))
    yield connection
    connection.close()


@pytest.fixture
def add_run(connection: sqlite3.Connection) -> AddRun:
    def add(
        name: str = "",
        *,
        params: Mapping[str, Any] | None = None,
        metrics: Mapping[str, Points | Sequence[float]] | None = None,
        summary: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        packages: Mapping[str, str] | None = None,
        python: str = "3.11.7",
        **columns: Any,
    ) -> int:
        (count,) = connection.execute("SELECT count(*) FROM run").fetchone()
        row = {
            "id": f"{count:026}",
            "name": name or f"run-{count}",
            "project": "digits",
            "status": "finished",
            "start_ms": NOW_MS - 1000 * 3600 + count,
            **columns,
        }
        parts = {column: row.pop(column) for column in SNAPSHOT if column in row}
        if packages is not None:
            row["environment"] = _environment(connection, packages, python)
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        pk = connection.execute(f"INSERT INTO run ({names}) VALUES ({marks})", tuple(row.values())).lastrowid
        assert pk is not None
        if parts:
            names, marks = ", ".join(parts), ", ".join("?" * len(parts))
            connection.execute(f"INSERT INTO snapshot (run, {names}) VALUES (?, {marks})", (pk, *parts.values()))
        _leaves(connection, "param", pk, params or {})
        _leaves(connection, "final", pk, summary or {})
        connection.executemany("INSERT INTO tag VALUES (?, ?)", [(pk, tag) for tag in tags])
        for key, points in (metrics or {}).items():
            _series(connection, pk, key, points)
        return pk

    return add


def _leaves(connection: sqlite3.Connection, table: str, pk: int, leaves: Mapping[str, Any]) -> None:
    for key, leaf in leaves.items():
        value = leaf if isinstance(leaf, Value) else encode(leaf)
        connection.execute(
            f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?)", (pk, key, value.kind, value.number, value.text)
        )


def _environment(connection: sqlite3.Connection, packages: Mapping[str, str], python: str) -> str:
    record = {
        "id": json.dumps([python, dict(packages)]),
        "interpreter": {"version": python, "implementation": "CPython", "cache_tag": "", "platform": ""},
        "packages": [{"name": name, "version": version} for name, version in packages.items()],
    }
    connection.execute("INSERT OR IGNORE INTO environment VALUES (?, ?)", (record["id"], json.dumps(record)))
    rows = [(record["id"], name, version, "index") for name, version in packages.items()]
    connection.executemany("INSERT OR IGNORE INTO package VALUES (?, ?, ?, ?)", rows)
    return str(record["id"])


def _series(connection: sqlite3.Connection, pk: int, key: str, given: Points | Sequence[float]) -> None:
    points = [point if isinstance(point, tuple) else (step, point) for step, point in enumerate(given)]
    steps, values = [step for step, _ in points], [float(value) for _, value in points]
    real = [value for value in values if not math.isnan(value)]
    total = sum(real)
    summary = (len(values), len(values) - len(real), steps[0], steps[-1], values[0], values[-1], 0.0)
    extremes = (min(real, default=None), None, max(real, default=None), None, total)  # a NaN total is stored as NULL
    cursor = connection.execute(
        f"INSERT INTO series VALUES (NULL, ?, 'metric', ?, {', '.join('?' * 12)})", (pk, key, *summary, *extremes)
    )
    half = (len(points) + 1) // 2
    for seq, part in enumerate((points[:half], points[half:])):
        if part:
            _chunk(connection, cursor.lastrowid, seq, part)


def _chunk(connection: sqlite3.Connection, series: int | None, seq: int, points: Points) -> None:
    steps, values = array("q", [step for step, _ in points]), array("d", [value for _, value in points])
    stride, packed = pack_steps(steps)
    head = (
        series,
        seq,
        len(points),
        steps[0],
        stride,
        min(steps),
        max(steps),
        0.0,
        0.0,
        0,
        None,
        None,
        0.0,
        None,
        None,
    )
    row = (*head, 0, packed, b"\0", pack(values))
    connection.execute(f"INSERT INTO chunk VALUES (NULL, {', '.join('?' * len(row))})", row)
