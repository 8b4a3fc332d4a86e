"""What is lost when a process is killed, or when many write at once: every acknowledged point is read back."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mlver_tui as mlver

from .line import Line, new_folder, settle, started

CROWDS = (32, 64)
READERS = 4
KEYS = 10
PATIENCE_S = 60.0

KILLED = """
import mmap, sys, mlver_tui as mlver
run = mlver.init(project="benchmark", name="killed")
with open(sys.argv[1], "w+b") as file:
    file.truncate(8)
    acknowledged = mmap.mmap(file.fileno(), 8)
step = 0
while True:
    run.log({f"metric/{i}": step + i / 8 for i in range(10)}, step=step)
    step += 1
    acknowledged[:] = step.to_bytes(8, "little")
"""

WRITER = """
import json, os, sys, time, mlver_tui as mlver
name, folder, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
run = mlver.init(project="benchmark", name=name)
file = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
block, clock = bytes(111), time.perf_counter
open(os.path.join(folder, name + ".ready"), "w").close()
while not os.path.exists(os.path.join(folder, "go")): time.sleep(0.002)
errors = 0

def loop(first, steps, pause):
    global errors
    slowest = raw = 0.0
    for step in range(first, first + steps):
        values = {f"metric/{i}": step + i / 8 for i in range(10)}
        if pause: time.sleep(pause)
        start = clock()
        try: run.log(values, step=step)
        except Exception: errors += 1
        middle = clock(); os.write(file, block); end = clock()
        slowest, raw = max(slowest, middle - start), max(raw, end - middle)
    return [1e3 * slowest, 1e3 * raw]

paced = loop(0, 200, 0.005)
tight = loop(200, steps - 200, 0)
run.finish()
print(json.dumps([*paced, *tight, errors]))
"""

READER = """
import json, os, sys, mlver_tui as mlver
folder, errors = sys.argv[1], 0
while not os.path.exists(os.path.join(folder, "over")):
    try:
        with mlver.open() as store:
            store.refresh()
            for run in store.runs("name ~ /writer/", limit=3): store.series(run.id, "metric/3")
    except Exception as error:
        errors += 1
        print(error, file=sys.stderr)
print(json.dumps([0, 0, 0, 0, errors]))
"""


def measure(scratch: Path, quick: bool) -> list[Line]:
    """All lines of this part; `scratch` is an empty folder."""
    crowds = [_crowd(scratch, count, 500 if quick else 4_000) for count in CROWDS[: 1 if quick else None]]
    return [_kills(scratch, 3 if quick else 10), *(line for lines in crowds for line in lines)]


def _kills(scratch: Path, kills: int) -> Line:
    waits = random.Random(kills)
    lost = acknowledged = 0
    for number in range(kills):
        count, wrong = _kill(new_folder(scratch, f"kill-{number}"), waits.uniform(0.01, 0.4))
        acknowledged, lost = acknowledged + count, lost + wrong
    what = f"lost of {acknowledged:,} acknowledged points, kill -9 of {kills} tight loops"
    return Line(what, lost, "points", budget="0")


def _kill(folder: Path, wait_s: float) -> tuple[int, int]:
    """Points acknowledged before the kill, and those of them that cannot be read back as they were."""
    home, counter = new_folder(folder, "home"), folder / "acknowledged"
    child = started(KILLED, counter, home=home)
    _wait_until(lambda: counter.exists() and any(counter.read_bytes()), [child])
    time.sleep(wait_s)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    steps = int.from_bytes(counter.read_bytes(), "little")
    wanted = [[step + key / 8 for step in range(steps)] for key in range(KEYS)]
    wrong = sum(_missing(column, values) for column, values in zip(wanted, _read(home, "killed"), strict=True))
    return steps * KEYS, wrong


def _read(home: Path, name: str) -> list[list[float]]:
    with mlver.open(home) as store:
        return [list(store.series(name, f"metric/{key}").value) for key in range(KEYS)]


def _missing(wanted: Sequence[float], found: Sequence[float]) -> int:
    """How many of the values are not where they should be; more than those may follow."""
    if len(found) >= len(wanted) and list(found[: len(wanted)]) == list(wanted):
        return 0
    at_place = sum(a == b for a, b in zip(wanted, found, strict=False))
    return len(wanted) - at_place


def _crowd(scratch: Path, count: int, steps: int) -> list[Line]:
    home, folder = new_folder(scratch, f"crowd-{count}"), new_folder(scratch, f"crowd-{count}-gate")
    names = [f"writer-{number:02}" for number in range(count)]
    children = [started(WRITER, name, folder, steps, home=home) for name in names]
    _wait_until(lambda: all((folder / f"{name}.ready").exists() for name in names), children)
    readers = [started(READER, folder, home=home) for _ in range(READERS)]
    (folder / "go").touch()
    told = [_told(child) for child in children]
    (folder / "over").touch()
    errors = sum(_told(reader)[-1] for reader in readers)
    with mlver.open(home) as store:
        while store.refresh():
            continue
    settle()
    wanted = [[step + key / 8 for step in range(steps)] for key in range(KEYS)]
    lost = sum(sum(map(_missing, wanted, _read(home, name))) for name in names)
    return _crowd_lines(told, lost, errors, steps * KEYS * count)


def _crowd_lines(told: Sequence[Sequence[float]], lost: float, reading: float, points: int) -> list[Line]:
    *slowest, errors = (max(column) for column in zip(*told, strict=True))
    crowd, between = f"{len(told)} writers, {READERS} readers", "slowest os.write between them"
    return [
        Line(f"{crowd}: lost of {points:,} points", lost, "points", budget="0"),
        Line(f"{crowd}: errors", errors + reading, "errors", budget="0"),
        Line(f"{crowd}: slowest log call, steps of 5 ms", slowest[0], "ms", slowest[1], between, "≤ 250 ms"),
        Line(f"{crowd}: slowest log call, tight loops", slowest[2], "ms", slowest[3], between),
    ]


def _told(child: subprocess.Popen[str]) -> list[float]:
    """Slowest log and slowest raw write of the paced and of the tight loop, in ms; errors."""
    printed, _ = child.communicate()
    if child.returncode or not printed:
        return [0.0, 0.0, 0.0, 0.0, 1.0]
    return [float(number) for number in json.loads(printed.splitlines()[-1])]


def _wait_until(condition: Any, children: Sequence[subprocess.Popen[str]]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > give_up or any(child.poll() is not None for child in children):
            raise TimeoutError("a process that should write did not start")
        time.sleep(0.002)
