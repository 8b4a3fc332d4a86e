"""Series and their points: packed chunks with a plain-SQL summary.

A chunk row holds up to CHUNK points (see `packing`); `seq` is the index of its first point in the series. NULL in a
REAL column stands for NaN, which SQLite cannot hold; a NULL sum is not a number either (+inf and -inf in one series).
"""

from __future__ import annotations

import sqlite3

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
    unpack,
)

CHUNK = 1024
SPAN = 64 * CHUNK


_SUM_UP = """
    INSERT INTO span (series, seq, n, step_min, step_max, nans, vmin, vmax, vsum, first, last)
    SELECT series, :seq, sum(n), min(step_min), max(step_max), sum(nans), min(vmin), max(vmax),
        CASE WHEN count(vsum) = count(*) THEN sum(vsum) END,
        (SELECT first FROM chunk WHERE series = :series AND seq = :seq),
        (SELECT last FROM chunk WHERE series = :series AND seq < :end ORDER BY seq DESC LIMIT 1)
    FROM chunk WHERE series = :series AND seq >= :seq AND seq < :end"""


def append_points(
    connection: sqlite3.Connection, run: int, key: str, steps: Ints, values: Floats, times: Floats, section: str
) -> None:
    """Append points of one series in the order they were logged; the summary row follows in the same transaction."""
    if not len(values):
        return
    row = connection.execute(
        "SELECT id, n FROM series WHERE run = ? AND section = ? AND key = ?", (run, section, key)
    ).fetchone()
    stats = summarize(values)
    if row is None:
        series, count = _new_series(connection, run, key, section, steps, values, times, stats), 0
    else:
        series, count = row
        _extend_series(connection, series, steps, values, times, stats)
    _append_chunks(connection, series, count, steps, values, times)


def check_series(connection: sqlite3.Connection, series: int) -> list[str]:
    """What does not add up in a stored series, in plain words; empty when it is sound."""
    problems: list[str] = []
    count, total = 0, Stats(0, 0, None, None, None, None, 0.0)
    rows = connection.execute(
        """SELECT id, seq, n, crc, first_step, stride, first_time, steps, times, vals, nans, vmin, vmax
            FROM chunk WHERE series = ? ORDER BY seq""",
        (series,),
    )
    for identity, seq, n, crc, first_step, stride, first_time, steps, times, vals, nans, low, high in rows:
        if seq != count:
            problems.append(f"chunk {identity}: points {count} to {seq} are missing")
        if crc != checksum(first_step, stride, first_time, steps, times, vals) or len(vals) != 8 * n:
            problems.append(f"chunk {identity}: its bytes are not what was written")
            count = seq + n
            continue
        stats = summarize(unpack("d", vals))
        if (stats.nans, stats.min, stats.max) != (nans, low, high):
            problems.append(f"chunk {identity}: its summary does not fit its points")
        total = join(total, stats)
        count = seq + n
    return problems or _check_summary(connection, series, count, total)


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


def _append_chunks(
    connection: sqlite3.Connection, series: int, count: int, steps: Ints, values: Floats, times: Floats
) -> None:
    """Fill the open last chunk up to CHUNK points, then write whole ones."""
    start = 0
    if count % CHUNK:
        row = connection.execute(
            """SELECT seq, n, first_step, stride, first_time, steps, times, vals FROM chunk
                WHERE series = ? ORDER BY seq DESC LIMIT 1""",
            (series,),
        ).fetchone()
        old_steps, old_values, old_times = read_chunk(row[1:])
        start = min(CHUNK - row[1], len(values))
        joined = (old_steps + steps[:start], old_values + values[:start], old_times + times[:start])
        connection.execute("DELETE FROM chunk WHERE series = ? AND seq = ?", (series, row[0]))
        _write_chunk(connection, series, row[0], *joined)
    for at in range(start, len(values), CHUNK):
        end = at + CHUNK
        _write_chunk(connection, series, count + at, steps[at:end], values[at:end], times[at:end])
    for span in range(count // SPAN * SPAN, (count + len(values)) // SPAN * SPAN, SPAN):
        connection.execute(_SUM_UP, {"series": series, "seq": span, "end": span + SPAN})


def _write_chunk(
    connection: sqlite3.Connection, series: int, seq: int, steps: Ints, values: Floats, times: Floats
) -> None:
    stats = summarize(values)
    stride, packed_steps = pack_steps(steps)
    packed_times, packed_values = pack_times(times), pack(values)
    crc = checksum(steps[0], stride, times[0], packed_steps, packed_times, packed_values)
    connection.execute(
        """INSERT INTO chunk (series, seq, n, first_step, stride, step_min, step_max, first_time, last_time, nans,
            vmin, vmax, vsum, first, last, crc, steps, times, vals)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(series, seq, stats.n, steps[0], stride, min(steps), max(steps), times[0], times[-1], stats.nans),
            *(stats.min, stats.max, stats.sum, _real(values[0]), _real(values[-1]), crc),
            *(packed_steps, packed_times, packed_values),
        ),
    )


def _real(value: float) -> float | None:
    return None if value != value else value


def _at(steps: Ints, index: int | None) -> int | None:
    return None if index is None else int(steps[index])
