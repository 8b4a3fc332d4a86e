"""Overviews count every point and keep exact extremes at any width and zoom."""

from __future__ import annotations

import math
import sqlite3
from array import array
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlver_tui.home import Home
from mlver_tui.packing import CHUNK, SPANS
from mlver_tui.query.series import overview, read_series, step_range
from mlver_tui.store.connection import close, open_writer
from mlver_tui.store.metrics import append_points


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    home = Home(tmp_path_factory.mktemp("series"))
    connection = open_writer(home)
    connection.execute("INSERT INTO run (id, name, project, status, start_ms) VALUES ('a', 'a', 'p', 'finished', 0)")
    yield connection
    close(connection, home)


def put(connection: sqlite3.Connection, steps: list[int], values: list[float]) -> None:
    connection.execute("DELETE FROM chunk")
    connection.execute("DELETE FROM series")
    times = array("d", [1.7e9 + index for index in range(len(steps))])
    append_points(connection, 1, "x", array("q", steps), array("d", values), times, "metric")


def check(
    connection: sqlite3.Connection, steps: list[int], values: list[float], columns: int, low: int, high: int
) -> None:
    view = overview(connection, 1, "x", columns, (low, high))
    assert view is not None
    inside = [value for step, value in zip(steps, values, strict=True) if low <= step <= high]
    cells = [bucket for bucket in view.buckets if bucket is not None]
    assert sum(cell.count for cell in cells) == len(inside)
    real = [value for value in inside if not math.isnan(value)]
    assert sum(cell.nans for cell in cells) == len(inside) - len(real)
    assert min((cell.min for cell in cells if not math.isnan(cell.min)), default=None) == min(real, default=None)
    assert max((cell.max for cell in cells if not math.isnan(cell.max)), default=None) == max(real, default=None)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-1000, 1000), st.floats(width=32)), min_size=1, max_size=3000),
    st.integers(1, 90),
    st.booleans(),
)
def test_every_point_in_some_column(
    database: sqlite3.Connection, points: list[tuple[int, float]], columns: int, in_order: bool
) -> None:
    ordered = sorted(points, key=lambda point: point[0]) if in_order else points
    steps, values = [step for step, _ in ordered], [value for _, value in ordered]
    put(database, steps, values)
    check(database, steps, values, columns, min(steps), max(steps))
    check(database, steps, values, columns, min(steps) // 2, max(steps) // 2 + 1)


def test_a_single_spike_in_many_points_shows(database: sqlite3.Connection) -> None:
    values = [0.0] * 20_000
    values[12_345] = 9.0
    put(database, list(range(20_000)), values)
    view = overview(database, 1, "x", 100)
    assert view is not None
    assert [index for index, bucket in enumerate(view.buckets) if bucket and bucket.max == 9.0] == [61]
    assert all(bucket is not None for bucket in view.buckets)
    assert view.last_step == 19_999


def test_columns_agree_with_a_plain_count(database: sqlite3.Connection) -> None:
    steps = list(range(0, 5000, 3))
    values = [math.sin(step) for step in steps]
    put(database, steps, values)
    view = overview(database, 1, "x", 7, (0.0, 5000.0))
    assert view is not None
    width = 5000.0 / 7
    for column, bucket in enumerate(view.buckets):
        mine = [value for step, value in zip(steps, values, strict=True) if min(6, int(step / width)) == column]
        assert bucket is not None
        assert (bucket.count, bucket.min, bucket.max, bucket.first, bucket.last) == (
            len(mine), min(mine), max(mine), mine[0], mine[-1],
        )  # fmt: skip
        assert math.isclose(bucket.mean, sum(mine) / len(mine), abs_tol=1e-12)


def brute(steps: list[int], values: list[float], columns: int, low: float, high: float) -> list[object]:
    cells: list[list[float]] = [[] for _ in range(columns)]
    for step, value in zip(steps, values, strict=True):
        if low <= step <= high:
            cells[min(columns - 1, int((step - low) / ((high - low) / columns)))].append(value)
    return [_shown(cell) for cell in cells]


def _shown(cell: list[float]) -> object:
    if not cell:
        return None
    real = [value for value in cell if value == value]
    return len(cell), len(cell) - len(real), repr(cell[0]), repr(cell[-1]), min(real), max(real)


@pytest.mark.parametrize("order", ["forwards", "resumed", "backwards", "steps repeat"])
def test_every_level_of_summaries_is_exact(database: sqlite3.Connection, order: str) -> None:
    count = 2 * SPANS[1] + SPANS[0] + 3 * CHUNK + 100
    steps = {
        "forwards": [3 * place for place in range(count)],
        "resumed": [place if place < 90_000 else place - 40_000 for place in range(count)],
        "backwards": list(range(count, 0, -1)),
        "steps repeat": [place // 1500 for place in range(count)],
    }[order]
    values = [math.nan if place % 977 == 3 else math.sin(place) * place for place in range(count)]
    connection = database
    connection.execute("DELETE FROM span")
    put(connection, steps, values)
    assert connection.execute("SELECT size, count(*) FROM span GROUP BY size").fetchall() == [
        (SPANS[0], 17),
        (SPANS[1], 2),
    ]
    top = max(steps)
    for columns, low, high in ((200, min(steps), top), (7, top * 0.13, top * 0.9), (50, top // 2, top // 2 + 3000)):
        view = overview(connection, 1, "x", columns, (low, high))
        assert view is not None
        shown = [b and (b.count, b.nans, repr(b.first), repr(b.last), b.min, b.max) for b in view.buckets]
        assert shown == brute(steps, values, columns, float(low), float(high))
    assert repr(overview(connection, 1, "x", 200)) == repr(overview(connection, 1, "x", 200, (min(steps), top)))
    assert step_range(connection, [1], "x") == (min(steps), top)


def test_what_is_not_there(database: sqlite3.Connection) -> None:
    assert overview(database, 1, "no such metric", 10) is None
    assert step_range(database, [1], "no such metric") is None
    steps, values, times = read_series(database, 1, "no such metric")
    assert len(steps) == len(values) == len(times) == 0
