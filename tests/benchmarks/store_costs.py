"""What the store pays: folding journals, bytes on disk, reading a long series back, and its overview."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from pathlib import Path

import mlver_tui as mlver
from mlver_tui.home import Home
from mlver_tui.query.series import overview
from mlver_tui.store.connection import open_writer
from mlver_tui.store.fold import fold

from .line import Line, fresh

KEYS = 10
WRITE = """
import os, shutil, sys, mlver_tui as mlver
steps, keys, copy = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
run = mlver.init(project="benchmark", name="long")
values = {f"metric/{i}": 0.0 for i in range(keys)}
for step in range(steps):
    for key in values: values[key] = (step * 2654435761 % 1000003) / 7.0
    run.log(values, step=step)
if copy: shutil.copytree(os.path.join(os.environ["MLVER_HOME"], "journals"), copy)
run.finish()
"""


def measure(scratch: Path, quick: bool) -> list[Line]:
    """All lines of this part; `scratch` is an empty folder."""
    steps = 10_000 if quick else 100_000
    long = 100_000 if quick else 1_000_000
    return [*_fold(scratch, steps), *_read(scratch, long)]


def _fold(scratch: Path, steps: int) -> list[Line]:
    home, copy = Home(scratch / "written").create(), Home(scratch / "copy")
    copy.root.mkdir()
    seconds = _seconds(lambda: fresh(WRITE, steps, KEYS, copy.journals, home=home.root))
    seconds += _seconds(lambda: _fold_all(home))
    alone = _seconds(lambda: _fold_all(copy.create()))
    points = steps * KEYS
    written = sum(path.stat().st_size for path in home.root.rglob("*") if path.is_file())
    return [
        Line("fold of a journal", points / alone, "points/s"),
        Line("logged to readable, one process, start and finish too", points / seconds, "points/s", budget="≥ 500,000"),
        Line("on disk after finish, all files", written / points, "B/point", 16, "two float64", "≤ 16"),
    ]


def _fold_all(home: Home) -> None:
    connection = open_writer(home)
    try:
        while fold(connection, home):
            continue
    finally:
        connection.close()


def _read(scratch: Path, points: int) -> list[Line]:
    home = Home(scratch / "long").create()
    fresh(WRITE, points, 1, "", home=home.root)
    _fold_all(home)
    with mlver.open(home.root) as store:
        run = store.run("long")
        read = min(_seconds(lambda: store.series(run.id, "metric/0")) for _ in range(5))
        assert len(store.series(run.id, "metric/0").value) == points
    raw = min(_seconds(lambda: _read_raw(scratch / "floats", points)) for _ in range(5))
    connection = open_writer(home)
    drawn = min(_seconds(lambda: overview(connection, run.pk, "metric/0", 200)) for _ in range(5))
    connection.close()
    return [
        Line(f"read {points:,} points", 1e3 * read, "ms", 1e3 * raw, "3 raw arrays from a file", "≤ 40 ms (1 M)"),
        Line(f"exact overview of {points:,} points, 200 columns", 1e3 * drawn, "ms", budget="≤ 30 ms (10 M)"),
    ]


def _read_raw(path: Path, points: int) -> list[array[float]]:
    if not path.exists():
        path.write_bytes(bytes(24 * points))
    columns = [array("d") for _ in range(3)]
    with path.open("rb") as file:
        for column in columns:
            column.fromfile(file, points)
    return columns


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
