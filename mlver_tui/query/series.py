"""Points of series: all of them, or reduced to chart columns with exact extremes. Reads only."""

from __future__ import annotations

import math
import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ..packing import Floats, Ints, Stats, read_chunk, summarize, unpack, unpack_steps
from .views import Bucket, MetricSummary, Overview

NAN = float("nan")
_CHUNK = "n, first_step, stride, first_time, steps, times, vals"


def read_series(
    connection: sqlite3.Connection, run: int, key: str, section: str = "metric"
) -> tuple[Ints, Floats, Floats]:
    """(steps array('q'), values array('d'), times array('d')) in the order logged; empty if there is no such series."""
    steps, values, times = array("q"), array("d"), array("d")
    rows = connection.execute(
        f"""SELECT {_CHUNK} FROM chunk WHERE series =
            (SELECT id FROM series WHERE run = ? AND section = ? AND key = ?) ORDER BY seq""",
        (run, section, key),
    )
    for row in rows:
        more_steps, more_values, more_times = read_chunk(row)
        steps.extend(more_steps)
        values.extend(more_values)
        times.extend(more_times)
    return steps, values, times


def step_range(connection: sqlite3.Connection, runs: Sequence[int], key: str) -> tuple[int, int] | None:
    """Smallest and largest step of a metric over some runs; None if none of them has it."""
    marks = ",".join("?" * len(runs))
    low, high = connection.execute(
        f"""SELECT min(step_min), max(step_max) FROM chunk WHERE series IN
            (SELECT id FROM series WHERE key = ? AND section = 'metric' AND run IN ({marks}))""",
        (key, *runs),
    ).fetchone()
    return None if low is None else (low, high)


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
    """A series over `columns` equal ranges of steps. Every point counts; a chunk inside one column is not opened.

    `x_range` defaults to the series' own steps. None if the run has no such series.
    """
    row = connection.execute(
        "SELECT id, last_step, last FROM series WHERE run = ? AND section = ? AND key = ?", (run, section, key)
    ).fetchone()
    if row is None:
        return None
    series, last_step, last = row
    low, high = x_range or _own_range(connection, series)
    cells: list[_Cell | None] = [None] * columns
    width = (high - low) / columns or 1.0
    rows = connection.execute(
        """SELECT id, n, step_min, step_max, nans, vmin, vmax, vsum, first, last FROM chunk
            WHERE series = ? AND step_max >= ? AND step_min <= ? ORDER BY seq""",
        (series, low, high),
    ).fetchall()
    for identity, n, step_min, step_max, nans, vmin, vmax, vsum, first, end in rows:
        column = _column(step_min, low, width, columns)
        if step_min >= low and step_max <= high and column == _column(step_max, low, width, columns):
            stats = Stats(n, nans, vmin, None, vmax, None, _real(vsum))
            _into(cells, column).add(stats, _real(first), _real(end))
        else:
            _add_points(connection, identity, cells, low, high, width)
    buckets = tuple(None if cell is None else cell.bucket() for cell in cells)
    return Overview(run, key, low, high, buckets, last_step, _real(last))


class _Cell:
    """One chart column while it fills."""

    __slots__ = ("count", "first", "last", "max", "min", "nans", "sum")

    def __init__(self) -> None:
        self.min, self.max, self.sum = math.inf, -math.inf, 0.0
        self.first = self.last = NAN
        self.count = self.nans = 0

    def add(self, stats: Stats, first: float, last: float) -> None:
        """Take in points by what is known of them together."""
        if self.count == 0:
            self.first = first
        self.last = last
        self.count += stats.n
        self.nans += stats.nans
        if stats.min is not None and stats.max is not None:
            self.min, self.max = min(self.min, stats.min), max(self.max, stats.max)
            self.sum += stats.sum

    def bucket(self) -> Bucket:
        """The column as a view; extremes of an all-NaN column are NaN."""
        real = self.count - self.nans
        if not real:
            return Bucket(NAN, NAN, NAN, self.first, self.last, self.count, self.nans)
        return Bucket(self.min, self.max, self.sum / real, self.first, self.last, self.count, self.nans)


def _into(cells: list[_Cell | None], column: int) -> _Cell:
    cell = cells[column]
    if cell is None:
        cell = cells[column] = _Cell()
    return cell


def _column(step: float, low: float, width: float, columns: int) -> int:
    return max(0, min(columns - 1, int((step - low) / width)))


def _add_points(
    connection: sqlite3.Connection, chunk: int, cells: list[_Cell | None], low: float, high: float, width: float
) -> None:
    n, first_step, stride, packed, vals = connection.execute(
        "SELECT n, first_step, stride, steps, vals FROM chunk WHERE id = ?", (chunk,)
    ).fetchone()
    steps, values = unpack_steps(n, first_step, stride, packed), unpack("d", vals)
    if stride <= 0 and any(b < a for a, b in pairwise(steps)):
        for step, value in zip(steps, values, strict=True):
            if low <= step <= high:
                _into(cells, _column(step, low, width, len(cells))).add(summarize(array("d", (value,))), value, value)
        return
    start, end = bisect_left(steps, low), bisect_right(steps, high)
    while start < end:
        column = _column(steps[start], low, width, len(cells))
        stop = bisect_right(steps, column, start, end, key=lambda step: _column(step, low, width, len(cells)))
        part = values[start:stop]
        _into(cells, column).add(summarize(part), part[0], part[-1])
        start = stop


def _own_range(connection: sqlite3.Connection, series: int) -> tuple[float, float]:
    low, high = connection.execute(
        "SELECT min(step_min), max(step_max) FROM chunk WHERE series = ?", (series,)
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
