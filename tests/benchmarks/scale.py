"""`python -m tests.benchmarks.scale [--keep DIR] [--runs N] [--points N]`: what a store costs when it holds very much.

Fills a store with plain SQL (100,000 runs with 50 params and 5 metrics each; a series of 100 M points), then asks what
the app and the API ask. The floors are the same questions with the least SQL that could answer them, measured in turn.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mlver_tui as mlver
from mlver_tui.home import Home
from mlver_tui.packing import pack, pack_times
from mlver_tui.query.runs import count_runs, known_keys, list_runs
from mlver_tui.query.series import overview
from mlver_tui.store.connection import close, open_writer
from mlver_tui.store.metrics import CHUNK, SPANS

from .line import Line, as_table

PARAMS = 50
METRICS = 5
_INDEXES = ("run_start", "run_project", "run_name", "param_key", "series_key")

_RUNS = """
    INSERT INTO run (pk, id, name, project, grp, status, start_ms, end_ms, heartbeat_ms, host, git_commit, git_branch,
        git_dirty, environment, notes)
    SELECT value, printf('01hzscale%017d', value), 'run-' || value, 'project-' || (value % 7), 'g' || (value % 50),
        CASE value % 20 WHEN 0 THEN 'failed' WHEN 1 THEN 'killed' ELSE 'finished' END,
        1700000000000 + value * 60000, 1700000000000 + value * 60000 + (value * 7919) % 5000000,
        1700000000000 + value * 60000, 'box-' || (value % 9), printf('%040x', value * 2654435761), 'main', value % 2,
        'e' || (value % 40), ''
    FROM generate_series"""
_SNAPSHOTS = """
    INSERT INTO snapshot (run, process, command, code, hardware)
    SELECT value, printf('%.*c', 160, 'p'), printf('%.*c', 250, 'c'), printf('%.*c', 500, 'o'), printf('%.*c', 400, 'h')
    FROM generate_series"""
_PARAM = """
    INSERT INTO param (run, key, kind, num, text)
    SELECT value, key.name, key.kind,
        CASE WHEN key.kind = 'float' THEN ((value * 2654435761 + key.number) % 1000003) / 1e6 END,
        CASE key.kind WHEN 'float' THEN CAST(((value * 2654435761 + key.number) % 1000003) / 1e6 AS TEXT)
            ELSE 'word-' || ((value + key.number) % 30) END
    FROM generate_series JOIN temp.key ORDER BY value, key.name"""
_SERIES = """
    INSERT INTO series (run, section, key, n, nans, first_step, last_step, first, last, last_time, vmin, vmin_step,
        vmax, vmax_step, vsum)
    SELECT value, 'metric', key.name, 1000, 0, 0, 999, 1.0, ((value * 7919 + key.number) % 99991) / 1e5, 0.0, 0.0, 7,
        2.0, 9, 500.0
    FROM generate_series JOIN temp.metric AS key ORDER BY value, key.name"""


def fill_runs(home: Home, runs: int) -> None:
    """A store with that many runs, made with plain SQL; indexes are built last, as that is faster."""
    connection = open_writer(home)
    connection.execute("PRAGMA synchronous = OFF")
    made = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
    numbers = f"WITH RECURSIVE generate_series(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM generate_series \
        LIMIT {runs}) "
    connection.execute("CREATE TEMP TABLE key (number INTEGER, name TEXT, kind TEXT)")
    connection.execute("CREATE TEMP TABLE metric (number INTEGER, name TEXT)")
    keys = [(i, f"model.layer{i // 10}.param{i}", "str" if i % 5 == 4 else "float") for i in range(PARAMS - 1)]
    connection.executemany("INSERT INTO temp.key VALUES (?, ?, ?)", [*keys, (99, "lr", "float")])
    connection.executemany("INSERT INTO temp.metric VALUES (?, ?)", [(i, f"val/metric{i}") for i in range(METRICS)])
    connection.execute("BEGIN")
    for name in _INDEXES:
        connection.execute(f"DROP INDEX {name}")
    for statement in (_RUNS, _SNAPSHOTS, _PARAM, _SERIES):
        connection.execute(numbers + statement)
    connection.execute(numbers + "INSERT INTO tag SELECT value, 'tag-' || (value % 11) FROM generate_series")
    for name in _INDEXES:
        connection.execute(made[name])
    connection.execute("COMMIT")
    close(connection, home)


def fill_series(home: Home, points: int, name: str) -> None:
    """One run with one series of that many points, in whole chunks that differ in their summaries."""
    connection = open_writer(home)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    pk = connection.execute(
        "INSERT INTO run (id, name, project, status, start_ms) VALUES (?, ?, 'long', 'finished', 1)",
        (f"01hzlong{points:018}", name),
    ).lastrowid
    series = connection.execute(
        """INSERT INTO series (run, key, n, nans, first_step, last_step, first, last, last_time, vmin, vmin_step, vmax,
            vmax_step, vsum) VALUES (?, 'loss', ?, 0, 0, ?, 0.0, 1.0, 0.0, 0.0, 0, 1.0, 1, 1.0)""",
        (pk, points, points - 1),
    ).lastrowid
    connection.executemany(_CHUNK, (_chunk(series or 0, seq) for seq in range(0, points - CHUNK + 1, CHUNK)))
    for size in SPANS:
        connection.execute(_SPAN, {"series": series, "size": size, "end": points // size * size})
    connection.execute("COMMIT")
    close(connection, home)


_CHUNK = f"INSERT INTO chunk VALUES (NULL, {', '.join('?' * 19)})"
_SPAN = """
    INSERT INTO span (series, size, seq, n, step_min, step_max, nans, vmin, vmax, vsum, first, last)
    SELECT series, :size, seq / :size * :size, sum(n), min(step_min), max(step_max), 0, min(vmin), max(vmax), sum(vsum),
        0.0, 1.0
    FROM chunk WHERE series = :series AND seq < :end GROUP BY seq / :size"""


def _chunk(series: int, seq: int) -> tuple[object, ...]:
    from array import array

    values = array("d", [float(seq % 1009), 0.5] * (CHUNK // 2))
    times = pack_times(array("d", [1.7e9 + i for i in range(CHUNK)]))
    low, high = min(values), max(values)
    head = (series, seq, CHUNK, seq, 1, seq, seq + CHUNK - 1, 1.7e9, 1.7e9 + CHUNK, 0)
    return (*head, low, high, sum(values), values[0], values[-1], 0, None, times, pack(values))


def measure(scratch: Path, runs: int, points: int) -> list[Line]:
    """All lines; what is already in `scratch` is used again."""
    many, long = Home(scratch / "many"), Home(scratch / "long")
    if not many.database.exists():
        fill_runs(many, runs)
    if not long.database.exists():
        for size in (points // 100, points // 10, points):
            fill_series(long, size, f"long-{size}")
    return [*_lists(many), *_curves(long, points)]


def _lists(home: Home) -> list[Line]:
    connection = open_writer(home)
    (total,) = connection.execute("SELECT count(*) FROM run").fetchone()
    columns = ("lr", "val/metric0", "model.layer0.param4", "duration")

    def page(text: str = "", sort: str = "-started", offset: int = 0) -> Callable[[], object]:
        return lambda: list_runs(connection, text, sort, columns, limit=100, offset=offset)

    deep = total * 9 // 10
    asked: list[tuple[str, Callable[[], object], str]] = [
        ("first page, newest first", page(), "≤ 60 ms"),
        ("page sorted by a param", page(sort="lr"), "≤ 60 ms"),
        ("page sorted by a param, downwards", page(sort="-lr"), "≤ 60 ms"),
        ("page sorted by a metric", page(sort="-val/metric1"), "≤ 60 ms"),
        ("page sorted by name", page(sort="name"), "≤ 60 ms"),
        ("page sorted by status", page(sort="status"), "≤ 60 ms"),
        ("page sorted by duration", page(sort="-duration"), "≤ 60 ms"),
        ("page sorted by a text param", page(sort="model.layer0.param4"), "≤ 60 ms"),
        ("page sorted by min of a metric", page(sort="min(val/metric1)"), ""),
        ("page of lr < 0.001 (0.1 %)", page("lr < 0.001"), "≤ 60 ms"),
        ("page of lr < 0.5 (half)", page("lr < 0.5"), "≤ 60 ms"),
        ("page of lr < 0.5 sorted by lr", page("lr < 0.5", "lr"), ""),
        ("page of lr < 0.5 sorted by a metric", page("lr < 0.5", "val/metric1"), ""),
        ("page of status = failed", page("status = failed"), "≤ 60 ms"),
        ("page of a tag", page("tags = tag-3"), "≤ 60 ms"),
        ("page of a free word", page("n-9999"), ""),
        ("page of a free word nobody has", page("nothing-like-it"), ""),
        ("page of min(val/metric0) <= 0.3 and lr < 0.1", page("min(val/metric0) <= 0.3 and lr < 0.1"), ""),
        (f"page at {deep:,}, newest first", page(offset=deep), "≤ 60 ms"),
        (f"page at {deep:,}, sorted by a param", page(sort="lr", offset=deep), "≤ 60 ms"),
        (f"page at {deep:,}, sorted by a metric", page(sort="-val/metric1", offset=deep), "≤ 60 ms"),
        (f"page at {deep:,}, sorted by duration", page(sort="-duration", offset=deep), ""),
        (f"page at {deep:,}, sorted by a text param", page(sort="model.layer0.param4", offset=deep), ""),
        ("count of all", lambda: count_runs(connection), ""),
        ("count of lr < 0.5", lambda: count_runs(connection, "lr < 0.5"), ""),
        ("count of status = failed", lambda: count_runs(connection, "status = failed"), ""),
        ("known keys", lambda: known_keys(connection), ""),
    ]
    floor = _best(lambda: connection.execute("SELECT count(*) FROM run NOT INDEXED WHERE notes = 'x'").fetchone())
    lines = [
        Line(f"{total:,} runs: {what}", 1e3 * _best(ask), "ms", 1e3 * floor, "one scan of table run", budget)
        for what, ask, budget in asked
    ]
    close(connection, home)
    return lines


def _curves(home: Home, points: int) -> list[Line]:
    with mlver.open(home.root) as store:
        runs = {size: store.run(f"long-{size}") for size in (points // 100, points // 10, points)}
        middle = runs[points // 100]
        read = _best(lambda: store.series(middle, "loss").value)
        everything = _best(lambda: tuple(store.series(middle, "loss")))
    connection = open_writer(home)
    floor = _best(lambda: _blobs(connection, middle.pk))
    lines = [
        Line(
            f"{points // 100:,} points: values through the API", 1e3 * read, "ms", 1e3 * floor, "its BLOBs", "≤ 40 ms"
        ),
        Line(f"{points // 100:,} points: steps and times too", 1e3 * everything, "ms", 1e3 * floor, "its BLOBs", ""),
    ]
    for size, budget in ((points // 10, "≤ 30 ms"), (points, "≤ 80 ms")):
        pk = runs[size].pk
        ranges = {
            "all of it": None,
            "a third": (size * 0.31, size * 0.64),
            "1 %": (size * 0.5, size * 0.51),
            "0.01 %": (size * 0.7, size * 0.7001),
        }
        for what, x_range in ranges.items():
            drawn = _best(lambda pk=pk, x_range=x_range: overview(connection, pk, "loss", 200, x_range))  # type: ignore[misc]
            lines.append(Line(f"{size:,} points: overview of {what}", 1e3 * drawn, "ms", budget=budget))
    close(connection, home)
    return lines


def _blobs(connection: sqlite3.Connection, pk: int) -> object:
    return connection.execute(
        "SELECT vals FROM chunk WHERE series = (SELECT id FROM series WHERE run = ?) ORDER BY seq", (pk,)
    ).fetchall()


def _best(ask: Callable[[], object], rounds: int = 5) -> float:
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    """Fill, measure, print one table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale", description=__doc__)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the stores here and use them again")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--points", type=int, default=100_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlver-scale-") as folder:
        print(as_table(measure(arguments.keep or Path(folder), arguments.runs, arguments.points)))


if __name__ == "__main__":
    main()
