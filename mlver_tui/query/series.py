"""Points of series: all of them, or reduced to chart columns with exact extremes. Reads only."""

from __future__ import annotations

import math
import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

from ..packing import Floats, Ints, Stats, summarize, unpack, unpack_steps, unpack_times
from .views import Bucket, MetricSummary, Overview

NAN = float("nan")
_CHUNK = "n, first_step, stride, first_time, steps, times, vals"
_SUMMARY = "seq, n, step_min, step_max, nans, vmin, vmax, vsum, first, last"
_SPANS = f"SELECT {_SUMMARY} FROM span WHERE series = ? AND step_max >= ? AND step_min <= ? ORDER BY seq"
_CHUNKS = f"""SELECT {_SUMMARY} FROM chunk
    WHERE series = ? AND seq >= ? AND seq < ? AND step_max >= ? AND step_min <= ? ORDER BY seq"""


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
    grid = _Grid(low, high, columns)
    for row in connection.execute(_SPANS, (series, low, high)).fetchall():
        if not grid.take(*row[1:]):
            _descend(connection, series, row[0], row[0] + row[1], grid)
    spans = connection.execute("SELECT coalesce(max(seq + n), 0) FROM span WHERE series = ?", (series,)).fetchone()[0]
    _descend(connection, series, spans, 1 << 62, grid)
    buckets = grid.buckets()
    return Overview(run, key, low, high, buckets, last_step, _real(last))


class _Cell:
    """One chart column while it fills."""

    __slots__ = ("count", "first", "last", "max", "min", "nans", "sum")

    def __init__(self) -> None:
        self.min, self.max, self.sum = math.inf, -math.inf, 0.0
        self.first = self.last = NAN
        self.count = self.nans = 0

    def bucket(self) -> Bucket:
        """The column as a view; extremes of an all-NaN column are NaN."""
        real = self.count - self.nans
        if not real:
            return Bucket(NAN, NAN, NAN, self.first, self.last, self.count, self.nans)
        return Bucket(self.min, self.max, self.sum / real, self.first, self.last, self.count, self.nans)


class _Grid:
    """The columns of one overview: equal ranges of [low, high], the last one closed."""

    def __init__(self, low: float, high: float, columns: int) -> None:
        self.low, self.high = low, high
        self.cells: list[_Cell | None] = [None] * columns
        self._scale = (high - low) / columns or 1.0
        self._last = columns - 1

    def column(self, step: float) -> int:
        """The column of a step inside the range."""
        return max(0, min(self._last, int((step - self.low) / self._scale)))

    def take(
        self, n: int, step_min: int, step_max: int, nans: int, low: float | None, high: float | None,
        total: float | None, first: float | None, last: float | None,
    ) -> bool:  # fmt: skip
        """Take in points by their summary; False if they do not all fall in one column."""
        if step_min < self.low or step_max > self.high:
            return False
        column = self.column(step_min)
        if column != self.column(step_max):
            return False
        self.add(column, Stats(n, nans, low, None, high, None, _real(total)), _real(first), _real(last))
        return True

    def add(self, column: int, stats: Stats, first: float, last: float) -> None:
        """Take in points of one column by what is known of them together."""
        cell = self.cells[column]
        if cell is None:
            cell = self.cells[column] = _Cell()
            cell.first = first
        cell.last = last
        cell.count += stats.n
        cell.nans += stats.nans
        if stats.min is not None and stats.max is not None:
            cell.min, cell.max = min(cell.min, stats.min), max(cell.max, stats.max)
            cell.sum += stats.sum

    def add_points(self, steps: Ints, values: Floats, in_order: bool) -> None:
        """Take in points one by one, or column by column where their steps never go back."""
        if not in_order:
            for step, value in zip(steps, values, strict=True):
                if self.low <= step <= self.high:
                    self.add(self.column(step), summarize(array("d", (value,))), value, value)
            return
        start, end = bisect_left(steps, self.low), bisect_right(steps, self.high)
        while start < end:
            column = self.column(steps[start])
            stop = bisect_right(steps, column, start, end, key=self.column)
            part = values[start:stop]
            self.add(column, summarize(part), part[0], part[-1])
            start = stop

    def buckets(self) -> tuple[Bucket | None, ...]:
        """All columns as views."""
        return tuple(None if cell is None else cell.bucket() for cell in self.cells)


def _descend(connection: sqlite3.Connection, series: int, start: int, end: int, grid: _Grid) -> None:
    """Take in the points of a series from index `start` to `end`: whole chunks where they fit, else their points."""
    rows = connection.execute(_CHUNKS, (series, start, end, grid.low, grid.high)).fetchall()
    for seq, *summary in rows:
        if grid.take(*summary):
            continue
        n, first_step, stride, packed, vals = connection.execute(
            "SELECT n, first_step, stride, steps, vals FROM chunk WHERE series = ? AND seq = ?", (series, seq)
        ).fetchone()
        steps = unpack_steps(n, first_step, stride, packed)
        grid.add_points(steps, unpack("d", vals), stride > 0 or all(a <= b for a, b in pairwise(steps)))


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
