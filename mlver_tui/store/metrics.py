"""Series and their points: packed chunks with a plain-SQL summary.

A chunk row holds up to CHUNK points (see `packing`); `seq` is the index of its first point in the series. NULL in a
REAL column stands for NaN, which SQLite cannot hold; a NULL sum is not a number either (+inf and -inf in one series).
"""

from __future__ import annotations

import sqlite3
from itertools import pairwise, takewhile

from ..packing import CHUNK as CHUNK
from ..packing import SPANS as SPANS
from ..packing import (
    Floats,
    Ints,
    Stats,
    checksum,
    join,
    pack,
    pack_steps,
    pack_times,
    read_chunk,
    summarize,
)

_SUMMARY = "nans, vmin, vmax, step_min, step_max, first, last, last_time, vsum"
_SUM_UP = """
    INSERT INTO span (series, size, seq, n, step_min, step_max, nans, vmin, vmax, vsum, first, last)
    SELECT series, :size, :seq, sum(n), min(step_min), max(step_max), sum(nans), min(vmin), max(vmax),
        CASE WHEN count(vsum) = count(*) THEN sum(vsum) END,
        (SELECT first FROM chunk WHERE series = :series AND seq = :seq),
        (SELECT last FROM chunk WHERE series = :series AND seq < :seq + :size ORDER BY seq DESC LIMIT 1)
    FROM chunk WHERE series = :series AND seq >= :seq AND seq < :seq + :size"""


_JOIN = 8
"""So many small chunks become one; a few more in some series, so that not all of a run are due in the same bite."""
_OPEN_CHUNKS = "SELECT seq, n FROM chunk WHERE series = ? AND seq >= ? ORDER BY seq DESC"
_CHUNKS_SINCE = """
    SELECT n, first_step, stride, first_time, steps, times, vals FROM chunk
    WHERE series = ? AND seq >= ? ORDER BY seq"""


def append_points(
    connection: sqlite3.Connection, run: int, key: str, steps: Ints, values: Floats, times: Floats, section: str
) -> None:
    """Append points of one series in the order they were logged; the summary row follows in the same transaction."""
    if not len(values):
        return
    row = connection.execute(
        "SELECT id, n FROM series WHERE run = ? AND section = ? AND key = ?", (run, section, key)
    ).fetchone()
    count = 0 if row is None else row[1]
    cuts = [0, *range(CHUNK - count % CHUNK, len(values), CHUNK), len(values)]
    found = [summarize(values[start:end]) for start, end in pairwise(cuts)]
    stats = _total(found, cuts)
    if row is None:
        series = _new_series(connection, run, key, section, steps, values, times, stats)
    else:
        series = row[0]
        _extend_series(connection, series, steps, values, times, stats)
    for (start, end), part in zip(pairwise(cuts), found, strict=True):
        _append_part(connection, series, count + start, steps[start:end], values[start:end], times[start:end], part)
    _sum_up(connection, series, count, len(values))


def check_series(connection: sqlite3.Connection, series: int) -> list[str]:
    """What does not add up in a stored series, in plain words; empty when it is sound."""
    problems: list[str] = []
    count, total = 0, Stats(0, 0, None, None, None, None, 0.0)
    rows = connection.execute(
        f"""SELECT id, seq, n, crc, first_step, stride, first_time, steps, times, vals, {_SUMMARY}
            FROM chunk WHERE series = ? ORDER BY seq""",
        (series,),
    )
    for identity, seq, n, crc, first_step, stride, first_time, steps, times, vals, *summary in rows:
        if seq != count:
            problems.append(f"chunk {identity}: points {count} to {seq} are missing")
        if crc != checksum(first_step, stride, first_time, steps, times, vals) or len(vals) != 8 * n:
            problems.append(f"chunk {identity}: its bytes are not what was written")
            count = seq + n
            continue
        points = read_chunk((n, first_step, stride, first_time, steps, times, vals))
        stats = summarize(points[1])
        if not _fits(stats, points, summary):
            problems.append(f"chunk {identity}: its summary does not fit its points")
        total = join(total, stats)
        count = seq + n
    return problems or _check_summary(connection, series, count, total)


def _fits(stats: Stats, points: tuple[Ints, Floats, Floats], summary: list[float | None]) -> bool:
    """Whether the columns beside a chunk say what its points say. Sums may differ by rounding: Python's way changed."""
    steps, values, times = points
    told = (stats.nans, stats.min, stats.max, min(steps), max(steps), _real(values[0]), _real(values[-1]), times[-1])
    bound = 1e-9 * stats.n * max(abs(stats.min or 0.0), abs(stats.max or 0.0))
    total = summary[-1]
    same_sum = _real(stats.sum) == total or (total is not None and abs(stats.sum - total) <= bound)
    return (*told,) == tuple(summary[:-1]) and same_sum


def _check_summary(connection: sqlite3.Connection, series: int, count: int, total: Stats) -> list[str]:
    n, nans, low, high = connection.execute("SELECT n, nans, vmin, vmax FROM series WHERE id = ?", (series,)).fetchone()
    if (n, nans, low, high) == (count, total.nans, total.min, total.max):
        return []
    return [f"series {series}: its summary does not fit its chunks"]


def _new_series(
    connection: sqlite3.Connection,
    run: int,
    key: str,
    section: str,
    steps: Ints,
    values: Floats,
    times: Floats,
    stats: Stats,
) -> int:
    cursor = connection.execute(
        """INSERT INTO series (run, section, key, n, nans, first_step, last_step, first, last, last_time,
            vmin, vmin_step, vmax, vmax_step, vsum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(run, section, key, stats.n, stats.nans, steps[0], steps[-1], _real(values[0]), _real(values[-1])),
            *(times[-1], stats.min, _at(steps, stats.min_at), stats.max, _at(steps, stats.max_at), stats.sum),
        ),
    )
    return int(cursor.lastrowid or 0)


def _extend_series(
    connection: sqlite3.Connection, series: int, steps: Ints, values: Floats, times: Floats, stats: Stats
) -> None:
    connection.execute(
        """UPDATE series SET n = n + :n, nans = nans + :nans, last_step = :last_step, last = :last,
            last_time = :last_time, vsum = vsum + :sum,
            vmin_step = CASE WHEN vmin IS NULL OR :min < vmin THEN :min_step ELSE vmin_step END,
            vmin = CASE WHEN vmin IS NULL OR :min < vmin THEN :min ELSE vmin END,
            vmax_step = CASE WHEN vmax IS NULL OR :max > vmax THEN :max_step ELSE vmax_step END,
            vmax = CASE WHEN vmax IS NULL OR :max > vmax THEN :max ELSE vmax END
            WHERE id = :id""",
        {
            "id": series,
            "n": stats.n,
            "nans": stats.nans,
            "last_step": steps[-1],
            "last": _real(values[-1]),
            "last_time": times[-1],
            "sum": stats.sum,
            "min": stats.min,
            "min_step": _at(steps, stats.min_at),
            "max": stats.max,
            "max_step": _at(steps, stats.max_at),
        },
    )


def _total(parts: list[Stats], cuts: list[int]) -> Stats:
    """Stats of all parts together; `cuts` is where each begins."""
    total = parts[0]
    for part, start in zip(parts[1:], cuts[1:], strict=False):
        low, high = (total.min, total.min_at), (total.max, total.max_at)
        if part.min is not None and part.min_at is not None and (low[0] is None or part.min < low[0]):
            low = part.min, start + part.min_at
        if part.max is not None and part.max_at is not None and (high[0] is None or part.max > high[0]):
            high = part.max, start + part.max_at
        total = Stats(total.n + part.n, total.nans + part.nans, *low, *high, total.sum + part.sum)
    return total


def _append_part(
    connection: sqlite3.Connection, series: int, seq: int, steps: Ints, values: Floats, times: Floats, stats: Stats
) -> None:
    """Write points that fall into one run of CHUNK points, joined with small chunks before them if it is time.

    Each point is rewritten a few times only, however small the bites are that it came in.
    """
    begin, since = seq // CHUNK * CHUNK, None
    if seq > begin:
        small = connection.execute(_OPEN_CHUNKS, (series, begin)).fetchall()
        since = _first_to_join(small, len(values), seq + len(values) == begin + CHUNK, _JOIN + series % _JOIN)
    if since is not None:
        old = [read_chunk(row) for row in connection.execute(_CHUNKS_SINCE, (series, since))]
        columns = zip(*old, (steps, values, times), strict=True)
        steps, values, times = (sum(column, start=column[0][:0]) for column in columns)
        connection.execute("DELETE FROM chunk WHERE series = ? AND seq >= ?", (series, since))
        seq, stats = since, summarize(values)
    _write_chunk(connection, series, seq, steps, values, times, stats)


def _first_to_join(small: list[tuple[int, int]], n: int, full: bool, enough: int) -> int | None:
    """`seq` of the first of these (seq, n), newest first, that belong into one chunk with n points more.

    All of them when their run of points is full; otherwise those that are no larger, once there are enough.
    """
    like = small if full else list(takewhile(lambda row: row[1] <= 2 * n, small))
    return like[-1][0] if full or len(like) >= enough - 1 else None


def _sum_up(connection: sqlite3.Connection, series: int, count: int, added: int) -> None:
    """Write the rows of the levels above for runs of points that became full."""
    for size in SPANS:
        for seq in range(count // size * size, (count + added) // size * size, size):
            connection.execute(_SUM_UP, {"series": series, "size": size, "seq": seq})


def _write_chunk(
    connection: sqlite3.Connection, series: int, seq: int, steps: Ints, values: Floats, times: Floats, stats: Stats
) -> None:
    stride, packed_steps = pack_steps(steps)
    ends = steps if packed_steps is not None else (steps[0], steps[-1])
    packed_times, packed_values = pack_times(times), pack(values)
    crc = checksum(steps[0], stride, times[0], packed_steps, packed_times, packed_values)
    connection.execute(
        """INSERT INTO chunk (series, seq, n, first_step, stride, step_min, step_max, first_time, last_time, nans,
            vmin, vmax, vsum, first, last, crc, steps, times, vals)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(series, seq, stats.n, steps[0], stride, min(ends), max(ends), times[0], times[-1], stats.nans),
            *(stats.min, stats.max, stats.sum, _real(values[0]), _real(values[-1]), crc),
            *(packed_steps, packed_times, packed_values),
        ),
    )


def _real(value: float) -> float | None:
    return None if value != value else value


def _at(steps: Ints, index: int | None) -> int | None:
    return None if index is None else int(steps[index])
