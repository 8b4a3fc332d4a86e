"""What the store pays: from a log call to a row, bytes on disk, opening, reading back, and overviews."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable
from pathlib import Path
from random import Random

import mlver_tui as mlver
from mlver_tui.home import Home
from mlver_tui.query.series import overview
from mlver_tui.store.connection import close, open_writer, transaction
from mlver_tui.store.metrics import append_points
from mlver_tui.store.runs import ensure_run

from .line import Line, fresh, new_folder, seconds, settle

KEYS = 10
COLUMNS = 200
BLOCK = 1_000_000
RUN = "01benchmark0000000000000long"
MLVER = """
import sys, mlver_tui as mlver
steps, keys = int(sys.argv[1]), int(sys.argv[2])
run = mlver.init(project="benchmark", name="long")
values = {f"metric/{i}": 0.0 for i in range(keys)}
for step in range(steps):
    for key in values: values[key] = (step * 2654435761 % 1000003) / 7.0
    run.log(values, step=step)
run.finish()
"""
RAW = """
import os, sqlite3, struct, sys, time, zlib
from array import array
steps, keys, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
file = os.open(os.path.join(folder, "frames"), os.O_RDWR | os.O_CREAT | os.O_APPEND)
layout = struct.Struct(f"<HIIBIqd{keys}d")
names = [f"metric/{i}" for i in range(keys)]
for step in range(steps):
    values = [(step * 2654435761 % 1000003) / 7.0 for _ in names]
    os.write(file, layout.pack(1, 2, 3, 4, 5, step, time.time(), *values))
os.fsync(file)
columns = list(zip(*layout.iter_unpack(os.pread(file, steps * layout.size, 0))))
db = sqlite3.connect(os.path.join(folder, "raw.db"))
db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE t (k, n, vmin, vmax, s, w, v)")
for name, column in zip(names, columns[7:]):
    for at in range(0, steps, 1024):
        part, times = column[at:at + 1024], array("d", columns[6][at:at + 1024])
        values = array("d", part)
        row = (name, len(part), min(part), max(part), columns[5][at], times.tobytes(), values.tobytes())
        db.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", row)
db.commit()
db.close()
"""


def measure(scratch: Path, quick: bool) -> list[Line]:
    """All lines of this part; `scratch` is an empty folder."""
    blocks = 1 if quick else 10
    return [*_from_call_to_row(scratch, 20_000 if quick else 100_000), *_long(scratch, blocks)]


def measure_large(scratch: Path) -> list[Line]:
    """The lines of a series with 100 M points: about 2 GB of disk and some minutes."""
    return _long(scratch, 100)


def _from_call_to_row(scratch: Path, steps: int) -> list[Line]:
    points = steps * KEYS
    ours, raw, alone = (new_folder(scratch, name) for name in ("written", "raw", "alone"))
    whole = seconds(lambda: fresh(MLVER, steps, KEYS, home=ours)) + seconds(lambda: _fold_all(ours))
    settle()
    least = seconds(lambda: fresh(RAW, steps, KEYS, raw, home=raw))
    fresh(MLVER, steps, KEYS, home=alone, MLVER_FOLDING="off")
    written = sum(path.stat().st_size for path in ours.rglob("*") if path.is_file())
    floor = "os.write, then packed rows in SQLite"
    return [
        Line(f"logged to readable, {points:,} points, one process from start to end", points / whole, "points/s",
             points / least, floor, "≥ 500,000"),
        Line("fold of a journal alone", points / seconds(lambda: _fold_all(alone)), "points/s"),
        Line("on disk after finish, all files", written / points, "B/point", 16, "two float64", "≤ 16"),
    ]  # fmt: skip


def _fold_all(home: Path) -> None:
    with mlver.open(home) as store:
        while store.refresh():
            continue


def _long(scratch: Path, blocks: int) -> list[Line]:
    """A series of so many million points, and one of a single million beside it."""
    home = Home(scratch / f"long-{blocks}").create()
    values = array("d", map(Random(1).gauss, [0.0] * BLOCK, [1.0] * BLOCK))
    _fill(home, "one", values, 1)
    _fill(home, "long", values, blocks)
    return [*_opened(home, blocks), *_read_back(scratch, home, values), *_drawn(home, values, blocks)]


def _fill(home: Home, key: str, values: array[float], blocks: int) -> None:
    connection = open_writer(home)
    for block in range(blocks):
        start = block * BLOCK
        steps = array("q", range(start, start + BLOCK))
        times = array("d", (1.7e9 + 0.001 * step for step in steps))
        with transaction(connection, home):
            append_points(connection, ensure_run(connection, RUN), key, steps, values, times, "metric")
    close(connection, home)


def _opened(home: Home, blocks: int) -> list[Line]:
    opened = _best(lambda: mlver.open(home.root).close())
    raw = _best(lambda: sqlite3.connect(home.database).execute("SELECT * FROM run").fetchall())
    what = f"open a store with {blocks + 1} M points, and close it"
    return [Line(what, 1e3 * opened, "ms", 1e3 * raw, "stock sqlite3, one row")]


def _read_back(scratch: Path, home: Home, values: array[float]) -> list[Line]:
    file = scratch / "floats"
    file.write_bytes(values.tobytes() * 3)
    with mlver.open(home.root) as store:
        both = _best(lambda: _columns(store.series(RUN, "one"), ("value", "step")))
        all_three = _best(lambda: _columns(store.series(RUN, "one"), ("value", "step", "time")))
        assert store.series(RUN, "one").value == values
    raw_both, raw = (1e3 * _best(lambda n=n: _read_raw(file, n)) for n in (2, 3))  # type: ignore[misc]
    return [
        Line("read 1 M points, values and steps", 1e3 * both, "ms", raw_both, "two raw arrays from a file", "≤ 40 ms"),
        Line("read 1 M points, their times too", 1e3 * all_three, "ms", raw, "three raw arrays from a file"),
    ]


def _columns(points: object, names: tuple[str, ...]) -> list[object]:
    return [getattr(points, name) for name in names]


def _read_raw(path: Path, count: int) -> list[array[float]]:
    columns = [array("d") for _ in range(count)]
    with path.open("rb") as file:
        for column in columns:
            column.fromfile(file, BLOCK)
    return columns


def _drawn(home: Home, values: array[float], blocks: int) -> list[Line]:
    points, budget = blocks * BLOCK, {1: "", 10: "≤ 30 ms", 100: "≤ 80 ms"}[blocks]
    raw = blocks * _best(lambda: (min(values), max(values)))
    connection = open_writer(home)
    pk = ensure_run(connection, RUN)
    whole = _best(lambda: overview(connection, pk, "long", COLUMNS))
    part = _best(lambda: overview(connection, pk, "long", COLUMNS, (points * 0.42, points * 0.52)))
    close(connection, home)
    what = f"exact overview of {points:,} points, {COLUMNS} columns"
    floor = (1e3 * raw, f"min and max of 1 M in memory, {blocks} times")
    return [
        Line(what, 1e3 * whole, "ms", *floor, budget),
        Line(f"{what}, a tenth of the steps", 1e3 * part, "ms", *floor, budget),
    ]


def _best(call: Callable[[], object]) -> float:
    """Seconds of the fastest of five calls."""
    return min(seconds(call) for _ in range(5))
