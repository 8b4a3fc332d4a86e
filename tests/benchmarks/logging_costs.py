"""What a training script pays: import, init, a log call, and the processor time of a whole loop."""

from __future__ import annotations

import ctypes
import os
import resource
import statistics
import sys
import time
from pathlib import Path

from .line import Line, fresh

IMPORT = "import mlver_tui"
INIT = """
import json, time, mlver_tui as mlver
start = time.perf_counter()
run = mlver.init(project="benchmark", config={"lr": 0.1})
print(json.dumps(1e3 * (time.perf_counter() - start)), flush=True)
"""

LOG = """
import json, os, sys, time, mlver_tui as mlver
count, scratch = int(sys.argv[1]), sys.argv[2]
run = mlver.init(project="benchmark")
time.sleep(1)  # the snapshot is taken beside the loop: let it end
values = {f"metric/{i}": i * 1.1 for i in range(10)}
clock = time.perf_counter_ns

def empty(metrics, step=None): pass

def times(call):
    for step in range(1000): call(values, step=step)
    taken = []
    for step in range(count):
        start = clock(); call(values, step=step); taken.append(clock() - start)
    taken.sort()
    return [taken[count // 2] / 1e3, taken[count * 99 // 100] / 1e3]

def size():
    folder = os.path.join(os.environ["MLVER_HOME"], "journals")
    return sum(entry.stat().st_size for entry in os.scandir(folder))
run.log(values, step=0)  # defines the shape
before = size(); run.log(values, step=0); frame = size() - before
file = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
block = b"x" * frame

def write(metrics, step=None): os.write(file, block)

result = {"empty": times(empty), "write": times(write), "log": times(run.log)}
run.finish()
print(json.dumps({**result, "frame": frame}))
"""

LOOP = """
import sys, time
steps, logging = int(sys.argv[1]), sys.argv[2] == "log"
if logging:
    import mlver_tui as mlver
    run = mlver.init(project="benchmark")
values = {f"metric/{i}": i * 1.1 for i in range(10)}
for step in range(steps):
    time.sleep(0.001)
    if logging: run.log(values, step=step)
if logging: run.finish()
"""

MEMORY = """
import json, resource, sys
if sys.argv[1] == "log":
    import time, mlver_tui as mlver
    run = mlver.init(project="benchmark")
    time.sleep(1)
    for step in range(20_000): run.log({f"metric/{i}": i * 1.1 for i in range(10)}, step=step)
    run.finish()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps(peak / (1024 if sys.platform != "darwin" else 1024 * 1024)))
"""


def measure(scratch: Path, quick: bool) -> list[Line]:
    """All lines of this part; `scratch` is an empty folder."""
    return [
        _import(9 if quick else 31),
        *_init(scratch, 3 if quick else 9),
        *_log(scratch, 5_000 if quick else 100_000),
        _loop(scratch, 400 if quick else 2_000, 1 if quick else 7),
        _memory(scratch),
    ]


def _import(rounds: int) -> Line:
    bare, ours = [], []
    fresh(IMPORT)  # compiles
    for _ in range(rounds):
        bare.append(_wall_ms("pass"))
        ours.append(_wall_ms(IMPORT))
    floor = statistics.median(bare)
    added = statistics.median(ours) - floor
    return Line("import mlver_tui, over bare Python", added, "ms", floor, "python -c pass", "≤ 15 ms")


def _wall_ms(source: str) -> float:
    start = time.perf_counter()
    fresh(source)
    return 1e3 * (time.perf_counter() - start)


def _init(scratch: Path, rounds: int) -> list[Line]:
    homes = [_new(scratch, f"init-{number}") for number in range(rounds)]
    new = [fresh(INIT, home=home) for home in homes]
    known = [fresh(INIT, home=homes[0]) for _ in range(rounds)]
    packages = len({path.name for folder in sys.path for path in Path(folder or ".").glob("*.dist-info")})
    return [
        Line(f"init to ready, new home, {packages} packages", statistics.median(new), "ms", budget="≤ 150 ms (450)"),
        Line("init to ready, known environment", statistics.median(known), "ms", budget="≤ 50 ms"),
    ]


def _log(scratch: Path, count: int) -> list[Line]:
    result = fresh(LOG, count, scratch / "raw", home=_new(scratch, "log"))
    lines = []
    for place, name, budget in ((0, "p50", "≤ 5 µs"), (1, "p99", "≤ 20 µs")):
        value = result["log"][place]
        what = f"log of 10 numbers, {name}"
        lines.append(Line(what, value, "µs", result["write"][place], f"os.write of {result['frame']} B", budget))
        lines.append(Line(f"{what}, over a call", value, "µs", result["empty"][place], "an empty function", budget))
    return lines


def _loop(scratch: Path, steps: int, rounds: int) -> Line:
    """Processor time of the whole process tree, as the slope between a short and a long loop: no fixed costs."""
    adopts = _adopt_orphans()
    added = [
        _slope(scratch, f"{number}-log", steps, adopts) - _slope(scratch, f"{number}-bare", steps, adopts)
        for number in range(rounds)
    ]
    percent = 1e5 * statistics.median(added)  # from seconds per step of 1 ms
    helpers = "threads and helpers" if adopts else "threads"
    return Line(f"processor time added to a loop of 1 ms steps, {helpers}", percent, "%", budget="≤ 3 %")


def _slope(scratch: Path, name: str, steps: int, adopts: bool) -> float:
    """Processor seconds that one step of the loop costs."""
    few = steps // 4
    kind = name.partition("-")[2]
    short, long = (_cpu_of(_new(scratch, f"loop-{name}-{count}"), count, kind, adopts) for count in (few, steps))
    return (long - short) / (steps - few)


def _cpu_of(home: Path, steps: int, kind: str, adopts: bool) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    fresh(LOOP, steps, kind, home=home)
    while adopts:
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _adopt_orphans() -> bool:
    """Have detached grandchildren come to us, so that their processor time is counted (Linux only)."""
    if not sys.platform.startswith("linux"):
        return False
    set_child_subreaper = 36
    return bool(ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0) == 0)


def _memory(scratch: Path) -> Line:
    bare = fresh(MEMORY, "bare", home=_new(scratch, "memory-bare"))
    ours = fresh(MEMORY, "log", home=_new(scratch, "memory-log"))
    return Line("memory added to the training process, peak", ours - bare, "MB", bare, "bare Python", "≤ 15 MB")


def _new(scratch: Path, name: str) -> Path:
    folder = scratch / name
    folder.mkdir()
    return folder
