"""What a training script pays: import, init, a log call, the processor time of a whole loop, memory and threads."""

from __future__ import annotations

import os
import resource
import statistics
import time
from pathlib import Path

from .line import ROOT, Line, adopt_orphans, fresh, new_folder, settle

PACKAGES = 450
IMPORT = "import mlver_tui"
INIT = """
import json, time, mlver_tui as mlver
start = time.perf_counter()
run = mlver.init(project="benchmark", config={"lr": 0.1})
print(json.dumps(1e3 * (time.perf_counter() - start)), flush=True)
"""

ENVIRONMENT = """
import glob, json, sys, time
from mlver_tui.capture.environment import fingerprint, read_environment
files = [name for kind in ("METADATA", "RECORD") for name in glob.glob(f"{sys.argv[1]}/*.dist-info/{kind}")]
clock = time.perf_counter

def read():
    for name in files:
        with open(name, "rb") as file: file.read()

def milliseconds(call):
    taken = []
    for _ in range(5):
        start = clock(); call(); taken.append(1e3 * (clock() - start))
    return sorted(taken)[2]
print(json.dumps([milliseconds(call) for call in (read_environment, fingerprint, read)]))
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
import json, os, resource, sys, threading
threads = 0

def peak_mb():
    if os.path.exists("/proc/self/status"):  # there, ru_maxrss begins with the peak of the parent
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
if sys.argv[1] == "log":
    import time, mlver_tui as mlver
    run = mlver.init(project="benchmark")
    time.sleep(1)
    for step in range(20_000): run.log({f"metric/{i}": i * 1.1 for i in range(10)}, step=step)
    threads = threading.active_count() - 1
    run.finish()
print(json.dumps([peak_mb(), threads]))
"""


def measure(scratch: Path, quick: bool) -> list[Line]:
    """All lines of this part; `scratch` is an empty folder."""
    site = _site(new_folder(scratch, "site"))
    return [
        _import(9 if quick else 31),
        *_init(scratch, site, 3 if quick else 9),
        *_environment(site),
        *_log(scratch, 5_000 if quick else 100_000),
        _loop(scratch, 600 if quick else 1_500, 3 if quick else 5),
        *_memory(scratch),
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


def _site(folder: Path) -> Path:
    """A folder with so many installed packages, as an installer would leave them."""
    for number in range(PACKAGES):
        package = new_folder(folder, f"package_{number}-1.{number}.dist-info")
        facts = f"Metadata-Version: 2.1\nName: package-{number}\nVersion: 1.{number}\n"
        (package / "METADATA").write_text(facts + "Classifier: Topic\n" * 40 + "\n" + "words of a README\n" * 100)
        rows = (f"package_{number}/module_{i}.py,sha256={i * number:043d},1234\n" for i in range(60))
        (package / "RECORD").write_text("".join(rows))
        (package / "INSTALLER").write_text("pip\n")
        (package / "WHEEL").write_text("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    return folder


def _init(scratch: Path, site: Path, rounds: int) -> list[Line]:
    path = os.pathsep.join((str(ROOT), str(site)))
    homes = [new_folder(scratch, f"init-{number}") for number in range(rounds)]
    new = [_settled(fresh(INIT, home=home, PYTHONPATH=path)) for home in homes]
    known = [_settled(fresh(INIT, home=homes[0], PYTHONPATH=path)) for _ in range(rounds)]
    return [
        Line(f"init to ready, new home, {PACKAGES} packages", statistics.median(new), "ms", budget="≤ 150 ms"),
        Line("init to ready, known environment", statistics.median(known), "ms", budget="≤ 50 ms"),
    ]


def _settled(value: float) -> float:
    settle()
    return value


def _environment(site: Path) -> list[Line]:
    new, known, raw = fresh(ENVIRONMENT, site, PYTHONPATH=os.pathsep.join((str(ROOT), str(site))))
    floor = (raw, "reading METADATA and RECORD")
    return [
        Line(f"environment record, {PACKAGES} packages, new", new, "ms", *floor, "≤ 60 ms"),
        Line("environment record, seen before", known, "ms", *floor, "≤ 3 ms"),
    ]


def _log(scratch: Path, count: int) -> list[Line]:
    result = fresh(LOG, count, scratch / "raw", home=new_folder(scratch, "log"))
    settle()
    lines = []
    for place, name, budget in ((0, "p50", "≤ 5 µs"), (1, "p99", "≤ 20 µs")):
        value = result["log"][place]
        what = f"log of 10 numbers, {name}"
        lines.append(Line(what, value, "µs", result["write"][place], f"os.write of {result['frame']} B", budget))
        lines.append(Line(f"{what}, over a call", value, "µs", result["empty"][place], "an empty function", budget))
    return lines


def _loop(scratch: Path, steps: int, rounds: int) -> Line:
    """Processor time of the whole process tree, as the slope between a short and a long loop: no fixed costs."""
    added = [
        _slope(scratch, f"{number}-log", steps) - _slope(scratch, f"{number}-bare", steps) for number in range(rounds)
    ]
    percent = 1e5 * statistics.median(added)  # from seconds per step of 1 ms
    helpers = "threads and helpers" if adopt_orphans() else "threads"
    return Line(f"processor time added to a loop of 1 ms steps, {helpers}", percent, "%", budget="≤ 3 %")


def _slope(scratch: Path, name: str, steps: int) -> float:
    """Processor seconds that one step of the loop costs."""
    few = steps // 4
    kind = name.partition("-")[2]
    short, long = (_cpu_of(new_folder(scratch, f"loop-{name}-{count}"), count, kind) for count in (few, steps))
    return (long - short) / (steps - few)


def _cpu_of(home: Path, steps: int, kind: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    fresh(LOOP, steps, kind, home=home)
    settle()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _memory(scratch: Path) -> list[Line]:
    bare, _ = fresh(MEMORY, "bare", home=new_folder(scratch, "memory-bare"))
    ours, threads = fresh(MEMORY, "log", home=new_folder(scratch, "memory-log"))
    settle()
    return [
        Line("memory added to the training process, peak", ours - bare, "MB", bare, "bare Python", "≤ 15 MB"),
        Line("threads added", threads, "threads", budget="1"),
    ]
