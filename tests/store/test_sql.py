"""The documented views, read with the stock `sqlite3` shell: what the API says, SQL says, bit for bit."""

from __future__ import annotations

import math
import shutil
import sqlite3
import struct
import subprocess
from array import array
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlver_tui.home import Home
from mlver_tui.store.connection import open_writer
from mlver_tui.store.metrics import append_points
from mlver_tui.store.views import VIEWS

Shell = Callable[[str], str]
INT64 = st.integers(-(2**63), 2**63 - 1)


@pytest.fixture
def shell(home: Home, connection: sqlite3.Connection) -> Shell:
    program = shutil.which("sqlite3")
    if program is None:
        pytest.skip("the sqlite3 shell is not installed here")

    def ask(query: str) -> str:
        command = [program, "-batch", "-readonly", str(home.database), query]
        found = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert (found.returncode, found.stderr) == (0, "")
        return found.stdout.strip()

    return ask


@pytest.fixture
def run(connection: sqlite3.Connection) -> int:
    statement = """INSERT INTO run (id, name, project, grp, status, start_ms, end_ms, environment, deleted)
        VALUES (?, ?, 'digits', 'seeds', 'finished', 1790000000000, 1790000001500, 'e1', ?)"""
    connection.execute("INSERT INTO environment VALUES ('e1', '{}')")
    connection.execute("INSERT INTO package VALUES ('e1', 'torch', '2.1.0', 'index')")
    pk = connection.execute(statement, ("01h1", "brisk-otter-14", 0)).lastrowid
    trash = connection.execute(statement, ("01h2", "gone-gnu-1", 1)).lastrowid
    assert pk is not None
    assert trash is not None
    for number in (pk, trash):
        connection.execute("INSERT INTO param VALUES (?, 'lr', 'float', 0.001, '0.001')", (number,))
        connection.execute("INSERT INTO tag VALUES (?, 'baseline')", (number,))
        put(connection, number, "loss", [0, 1, 2], [3.0, math.nan, 1.0])
    return pk


def put(connection: sqlite3.Connection, run: int, key: str, steps: list[int], values: list[float]) -> list[float]:
    times = array("d", [1.79e9 + 0.25 * place for place in range(len(values))])
    append_points(connection, run, key, array("q", steps), array("d", values), times, "metric")
    return list(times)


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ('SELECT id, name, "group", status, started, seconds FROM runs',
         "01h1|brisk-otter-14|seeds|finished|2026-09-21 14:13:20|1.5"),
        ("SELECT run_name, key, num FROM params WHERE num < 0.01", "brisk-otter-14|lr|0.001"),
        ("SELECT run_name, key, count, nans, last, min, min_step, mean FROM summary",
         "brisk-otter-14|loss|3|1|1.0|1.0|2|2.0"),
        ("SELECT run_name, tag FROM tags", "brisk-otter-14|baseline"),
        ("SELECT run_name, name, version FROM packages", "brisk-otter-14|torch|2.1.0"),
        ("SELECT place, step, value FROM points WHERE run_name = 'brisk-otter-14' AND key = 'loss'",
         "0|0|3.0\n1|1|\n2|2|1.0"),
        ("SELECT count(*), max(time) FROM timed_points WHERE run = '01h1'", "3|1790000000.5"),
        ("SELECT count(*) FROM versions UNION ALL SELECT count(*) FROM events", "0\n0"),
    ],
)  # fmt: skip
def test_what_the_shell_says(shell: Shell, query: str, answer: str) -> None:
    assert shell(query) == answer


def test_every_view_can_be_read(shell: Shell) -> None:
    for view in VIEWS:
        assert shell(f"SELECT count(*) FROM {view}") == "0"


def test_versions_and_events(shell: Shell, connection: sqlite3.Connection, run: int) -> None:
    connection.execute("INSERT INTO model (id, name) VALUES (1, 'digits')")
    connection.execute("INSERT INTO version VALUES (1, 1, 1, '0.1.0', 'd1', '01h1', 'first', 'ada', 5, '{}')")
    connection.execute("INSERT INTO event VALUES (1, 5, 'ada', 'release', 'digits:0.1.0', '{}', '', 'h1')")
    assert shell("SELECT model, semver, run, message FROM versions") == "digits|0.1.0|01h1|first"
    assert shell("SELECT actor, kind, subject FROM events") == "ada|release|digits:0.1.0"


def test_the_faster_way_that_the_shell_has(shell: Shell, run: int) -> None:
    values = """SELECT seq + i, ieee754_from_blob(substr(vals, 8 * i + 1, 8)) FROM series
        JOIN chunk ON chunk.series = series.id CROSS JOIN place WHERE i < chunk.n AND series.run = 1 AND i <> 1"""
    assert shell(values) == "0|3.0\n2|1.0"


@settings(max_examples=40, deadline=None)
@given(
    points=st.lists(st.tuples(INT64, st.floats(), st.floats(0, 4e9)), min_size=1, max_size=40), regular=st.booleans()
)
def test_points_are_exact(
    tmp_path_factory: pytest.TempPathFactory, points: list[tuple[int, float, float]], regular: bool
) -> None:
    connection = open_writer(Home(tmp_path_factory.mktemp("exact")))
    connection.execute("INSERT INTO run (id, name, project, status, start_ms) VALUES ('a', 'a', 'p', 'finished', 0)")
    steps = [5 - 3 * place for place in range(len(points))] if regular else [step for step, _, _ in points]
    values, times = [value for _, value, _ in points], sorted(time for _, _, time in points)
    append_points(connection, 1, "x", array("q", steps), array("d", values), array("d", times), "metric")
    found = connection.execute("SELECT place, step, value, time FROM timed_points ORDER BY place").fetchall()
    assert [(place, step) for place, step, _, _ in found] == list(enumerate(steps))
    assert [_bits(value) for _, _, value, _ in found] == [_bits(value) for value in values]
    assert [time for _, _, _, time in found] == times
    assert connection.execute("SELECT step, value FROM points ORDER BY place").fetchall() == [row[1:3] for row in found]
    connection.close()


def _bits(value: float | None) -> bytes:
    return b"nan" if value is None or value != value else struct.pack("d", value)


def test_a_series_of_several_chunks(shell: Shell, connection: sqlite3.Connection, run: int) -> None:
    values = [math.sin(place) for place in range(2500)]
    times = put(connection, run, "long", list(range(2500)), values)
    found = connection.execute("SELECT step, value, time FROM timed_points WHERE key = 'long' ORDER BY place")
    assert found.fetchall() == list(zip(range(2500), values, times, strict=True))
    assert shell("SELECT count(*), min(step), max(step) FROM points WHERE key = 'long'") == "2500|0|2499"
    exact = "SELECT printf('%!.17g', value) FROM points WHERE key = 'long' AND place = 2499"
    assert float(shell(exact)) == values[2499]
