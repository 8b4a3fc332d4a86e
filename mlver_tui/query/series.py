"""Points of series: all of them, or reduced to chart columns with exact extremes. Reads only."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from ..packing import SPANS, Floats, Ints, unpack, unpack_steps, unpack_times
from .grid import NAN, Grid, fill, spans_end
from .views import MetricSummary, Overview

_CHUNK = "n, first_step, stride, first_time, steps, times, vals"


class Points:
    """All points of one series in the order logged. Steps and times are unpacked when first asked for.

    Unpacks into `steps, values, times`; `numpy.asarray` takes each array without a copy.
    """

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = rows

    @cached_property
    def value(self) -> Floats:
        """array('d')."""
        return unpack("d", b"".join([row[6] for row in self._rows]))

    @cached_property
    def step(self) -> Ints:
        """array('q')."""
        steps = array("q")
        for n, first_step, stride, _, packed, _, _ in self._rows:
            steps.extend(unpack_steps(n, first_step, stride, packed))
        return steps

    @cached_property
    def time(self) -> Floats:
        """array('d'), unix seconds UTC."""
        times = array("d")
        for n, _, _, first_time, _, packed, _ in self._rows:
            times.extend(unpack_times(n, first_time, packed))
        return times

    def __iter__(self) -> Iterator[Any]:
        return iter((self.step, self.value, self.time))

    def __len__(self) -> int:
        return sum(row[0] for row in self._rows)


def read_series(connection: sqlite3.Connection, run: int, key: str, section: str = "metric") -> Points:
    """Every point of a series; empty if the run does not have it."""
    rows = connection.execute(
        f"""SELECT {_CHUNK} FROM chunk WHERE series =
            (SELECT id FROM series WHERE run = ? AND section = ? AND key = ?) ORDER BY seq""",
        (run, section, key),
    )
    return Points(rows.fetchall())


def step_range(connection: sqlite3.Connection, runs: Sequence[int], key: str) -> tuple[int, int] | None:
    """Smallest and largest step of a metric over some runs; None if none of them has it."""
    marks = ",".join("?" * len(runs))
    found = connection.execute(
        f"SELECT id FROM series WHERE key = ? AND section = 'metric' AND run IN ({marks})", (key, *runs)
    ).fetchall()
    ranges = [_own_range(connection, series) for (series,) in found]
    return (int(min(low for low, _ in ranges)), int(max(high for _, high in ranges))) if ranges else None


def list_metrics(connection: sqlite3.Connection, run: int) -> list[MetricSummary]:
    """Every series of a run without its points, ordered by section and name."""
    rows = connection.execute(
        """SELECT key, n, nans, first_step, last_step, first, last, vmin, vmin_step, vmax, vmax_step, vsum, section
            FROM series WHERE run = ? ORDER BY section, key""",
        (run,),
    )
    return [_summary(row) for row in rows]


def overview(
    connection: sqlite3.Connection,
    run: int,
    key: str,
    columns: int,
    x_range: tuple[float, float] | None = None,
    section: str = "metric",
) -> Overview | None:
    """A series over `columns` equal ranges of steps. Every point counts; see `grid` for how few rows that takes.

    `x_range` defaults to the series' own steps. None if the run has no such series.
    """
    row = connection.execute(
        "SELECT id, last_step, last FROM series WHERE run = ? AND section = ? AND key = ?", (run, section, key)
    ).fetchone()
    if row is None:
        return None
    series, last_step, last = row
    grid = Grid(*(x_range or _own_range(connection, series)), columns)
    fill(connection, series, grid)
    return Overview(run, key, grid.low, grid.high, grid.buckets(), last_step, _real(last))


def _own_range(connection: sqlite3.Connection, series: int) -> tuple[float, float]:
    low, high = connection.execute(
        """SELECT min(low), max(high) FROM (
            SELECT min(step_min) AS low, max(step_max) AS high FROM span WHERE series = :series AND size = :size
            UNION ALL SELECT min(step_min), max(step_max) FROM chunk WHERE series = :series AND seq >= :start)""",
        {"series": series, "size": SPANS[0], "start": spans_end(connection, series, SPANS[0])},
    ).fetchone()
    return float(low), float(high)


def _summary(row: tuple[Any, ...]) -> MetricSummary:
    key, n, nans, first_step, last_step, first, last, low, low_step, high, high_step, total, section = row
    mean = None if n == nans or total is None else total / (n - nans)
    return MetricSummary(
        key, n, nans, first_step, last_step, _real(first), _real(last), low, low_step, high, high_step, mean, section
    )


def _real(value: float | None) -> float:
    return NAN if value is None else value
