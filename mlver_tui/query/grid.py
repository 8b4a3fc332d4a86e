"""The columns of a chart, filled from a series with as few rows as exactness allows. Knows neither runs nor keys.

A series is summed up per chunk, and per span of many chunks. What lies inside one column is summed up by SQLite; what
lies across a border is looked at one level further down in the same way; only chunks across a border are opened.
"""

from __future__ import annotations

import math
import sqlite3
from bisect import bisect_left, bisect_right
from itertools import groupby, pairwise

from ..packing import SPANS, Ints, Stats, unpack, unpack_steps
from .views import Bucket

NAN = float("nan")
_END = 1 << 62
_COLUMN = "min(CAST(({0} - :low) / :width AS INTEGER), :last)"
# One row for all that falls in one column, its number as `place`; one for each part across a border, numbered below 0.
_PIECES = f"""
    SELECT place, start, end, n, nans, low, high, total,
        (SELECT first FROM {{0}} AND seq = start),
        (SELECT last FROM {{0}} AND seq = latest)
    FROM (SELECT place, min(seq) AS start, max(seq) AS latest, max(seq + n) AS end, sum(n) AS n, sum(nans) AS nans,
            min(vmin) AS low, max(vmax) AS high, CASE WHEN count(vsum) = count(*) THEN sum(vsum) END AS total
        FROM (SELECT seq, n, nans, vmin, vmax, vsum,
                CASE WHEN step_min >= :low AND step_max <= :high AND {_COLUMN.format("step_min")} =
                    {_COLUMN.format("step_max")} THEN {_COLUMN.format("step_min")} ELSE -1 - seq END AS place
            FROM {{0}} AND seq >= :start AND seq < :end AND step_max >= :low AND step_min <= :high)
        GROUP BY place)"""
_OF_SPANS = _PIECES.format("span WHERE series = :series AND size = :size")
_OF_CHUNKS = _PIECES.format("chunk INDEXED BY chunk_summary WHERE series = :series")

Range = tuple[int, int]
Bounds = tuple[float, float] | None
"""Extremes of a whole chunk; None if they are not known or it holds NaN."""


class _Cell:
    """One chart column while it fills."""

    __slots__ = ("count", "end", "first", "last", "max", "min", "nans", "start", "sum")

    def __init__(self) -> None:
        self.min, self.max, self.sum = math.inf, -math.inf, 0.0
        self.first = self.last = NAN
        self.start, self.end = _END, -1
        self.count = self.nans = 0

    def bucket(self) -> Bucket:
        """The column as a view; extremes of an all-NaN column are NaN."""
        real = self.count - self.nans
        if not real:
            return Bucket(NAN, NAN, NAN, self.first, self.last, self.count, self.nans)
        return Bucket(self.min, self.max, self.sum / real, self.first, self.last, self.count, self.nans)


class Grid:
    """Equal ranges of [low, high], the last one closed."""

    def __init__(self, low: float, high: float, columns: int) -> None:
        self.low, self.high = float(low), float(high)
        self.cells: list[_Cell | None] = [None] * columns
        self.width = (self.high - self.low) / columns or 1.0
        self.last = columns - 1

    def column(self, step: float) -> int:
        """The column of a step inside the range."""
        found = int((step - self.low) / self.width)
        return found if found < self.last else self.last

    def add(self, column: int, stats: Stats, ends: tuple[float, float], at: Range) -> None:
        """Take in points of one column by what is known of them together: first and last value, and where they lie."""
        cell = self.cells[column]
        if cell is None:
            cell = self.cells[column] = _Cell()
        if at[0] < cell.start:
            cell.start, cell.first = at[0], ends[0]
        if at[1] > cell.end:
            cell.end, cell.last = at[1], ends[1]
        cell.count += stats.n
        cell.nans += stats.nans
        if stats.min is not None and stats.max is not None:
            cell.min, cell.max = min(cell.min, stats.min), max(cell.max, stats.max)
            cell.sum += stats.sum

    def add_points(self, steps: Ints, values: list[float], seq: int, bounds: Bounds = None) -> None:
        """Take in points whose steps never go back; `seq` is the place of the first one in the series."""
        start, end = bisect_left(steps, self.low), bisect_right(steps, self.high)
        last = self.column(steps[end - 1]) if start < end else 0
        while start < end:
            column = self.column(steps[start])
            stop = end if column == last else bisect_right(steps, column, start, end, key=self.column)
            part = values[start:stop]
            self.add(column, self._stats(column, part, bounds), (part[0], part[-1]), (seq + start, seq + stop))
            start = stop

    def _stats(self, column: int, part: list[float], bounds: Bounds) -> Stats:
        """Extremes are not looked for where all of the chunk lies between those that the column has already."""
        cell = self.cells[column]
        if bounds is None or cell is None or bounds[0] < cell.min or bounds[1] > cell.max:
            return _sum_up(part)
        return Stats(len(part), 0, bounds[0], None, bounds[1], None, sum(part))

    def add_disorder(self, steps: Ints, values: list[float], seq: int, _bounds: Bounds = None) -> None:
        """Take in points whose steps may go back."""
        inside = [(self.column(step), place) for place, step in enumerate(steps) if self.low <= step <= self.high]
        for column, members in groupby(sorted(inside), key=lambda pair: pair[0]):
            places = [place for _, place in members]
            part = [values[place] for place in places]
            self.add(column, _sum_up(part), (part[0], part[-1]), (seq + places[0], seq + places[-1] + 1))

    def buckets(self) -> tuple[Bucket | None, ...]:
        """All columns as views."""
        return tuple(None if cell is None else cell.bucket() for cell in self.cells)


def fill(connection: sqlite3.Connection, series: int, grid: Grid) -> None:
    """Take in every point of a series that lies inside the grid."""
    parts, done = [(0, 0)], 0
    for size in reversed(SPANS):
        end = spans_end(connection, series, size)
        parts = _take(connection, series, size, [*parts, (done, end)], grid)
        done = end
    for seq, _ in _take(connection, series, None, [*parts, (done, _END)], grid):
        _open(connection, series, seq, grid)


def spans_end(connection: sqlite3.Connection, series: int, size: int) -> int:
    """How many points of a series are summed up in spans of that size."""
    row = connection.execute(
        "SELECT seq + n FROM span WHERE series = ? AND size = ? ORDER BY seq DESC LIMIT 1", (series, size)
    ).fetchone()
    return int(row[0]) if row else 0


def _take(connection: sqlite3.Connection, series: int, size: int | None, parts: list[Range], grid: Grid) -> list[Range]:
    """Take in what falls in one column each; what lies across a border comes back. Chunks if there is no size."""
    pieces = _OF_CHUNKS if size is None else _OF_SPANS
    asked = {"series": series, "size": size, "low": grid.low, "high": grid.high}
    asked |= {"width": grid.width, "last": grid.last}
    across = []
    for start, end in _joined(parts):
        rows = connection.execute(pieces, {**asked, "start": start, "end": end})
        for place, first_seq, end_seq, n, nans, low, high, total, first, last in rows.fetchall():
            if place < 0:
                across.append((first_seq, end_seq))
                continue
            stats = Stats(n, nans, low, None, high, None, NAN if total is None else total)
            grid.add(place, stats, (_real(first), _real(last)), (first_seq, end_seq))
    return across


def _joined(parts: list[Range]) -> list[Range]:
    """Ranges in order, those that touch as one, without empty ones."""
    joined: list[Range] = []
    for start, end in sorted(part for part in parts if part[0] < part[1]):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _open(connection: sqlite3.Connection, series: int, seq: int, grid: Grid) -> None:
    n, nans, low, high, first_step, stride, packed, vals = connection.execute(
        "SELECT n, nans, vmin, vmax, first_step, stride, steps, vals FROM chunk WHERE series = ? AND seq = ?",
        (series, seq),
    ).fetchone()
    bounds = None if nans or low is None or high is None else (low, high)
    values = unpack("d", vals).tolist()
    if packed is None and stride > 0:
        grid.add_points(range(first_step, first_step + n * stride, stride), values, seq, bounds)
        return
    steps = unpack_steps(n, first_step, stride, packed)
    add = grid.add_disorder if any(a > b for a, b in pairwise(steps)) else grid.add_points
    add(steps, values, seq, bounds)


def _sum_up(values: list[float]) -> Stats:
    """As `packing.summarize`, without the places of the extremes."""
    total = sum(values)
    if total == total:
        return Stats(len(values), 0, min(values), None, max(values), None, total)
    real = [value for value in values if value == value]
    low, high = min(real, default=None), max(real, default=None)
    return Stats(len(values), len(values) - len(real), low, None, high, None, sum(real))


def _real(value: float | None) -> float:
    return NAN if value is None else value
