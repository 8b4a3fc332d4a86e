"""Many processes log to one home at once, with readers folding on top: nothing lost, no errors, nobody waits."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Start = Callable[..., subprocess.Popen[str]]
Read = Callable[[Path], dict[str, dict[str, dict[int, float]]]]

WRITER = """
import json, sys, time, mlver_tui as mlver
name, steps = sys.argv[1], int(sys.argv[2])
run = mlver.init(name=name, capture=False)
taken = []
for step in range(steps):
    start = time.perf_counter()
    run.log({"x": step * 0.5, "y": -step}, step=step)
    taken.append(time.perf_counter() - start)
    if step % 200 == 0: time.sleep(0.005)
run.finish()
taken.sort()
print(json.dumps([taken[len(taken) // 2], taken[-1]]))
"""

READER = """
import json, sys, time, mlver_tui as mlver
longest, rounds = 0.0, 0
with mlver.open() as store:
    while not sys.stdin.closed and rounds < int(sys.argv[1]):
        start = time.perf_counter(); store.refresh(); longest = max(longest, time.perf_counter() - start)
        for run in store.runs(limit=3):
            for key, metric in run.metrics.items():
                assert len(store.series(run, key)) >= metric.count
        rounds += 1
        time.sleep(0.02)
print(json.dumps([longest, rounds]))
"""


def write_at_once(start: Start, home: Path, writers: int, steps: int, readers: int) -> list[float]:
    """Longest log call of each writer, seconds."""
    running = [start(WRITER, f"w{number}", steps, home=home) for number in range(writers)]
    reading = [start(READER, 20, home=home) for _ in range(readers)]
    longest = []
    for process in [*running, *reading]:
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        assert errors == ""
        if process in running:
            longest.append(json.loads(out)[1])
    return longest


def check(read_all: Read, home: Path, writers: int, steps: int) -> None:
    found = read_all(home)
    assert found.keys() == {f"w{number}" for number in range(writers)}
    for series in found.values():
        assert series["x"] == {step: step * 0.5 for step in range(steps)}
        assert series["y"] == {step: -step for step in range(steps)}


def test_a_few_writers_and_a_reader(start: Start, read_all: Read, tmp_path: Path) -> None:
    write_at_once(start, tmp_path, writers=3, steps=2000, readers=1)
    check(read_all, tmp_path, 3, 2000)


@pytest.mark.slow
@pytest.mark.parametrize(("writers", "readers"), [(32, 0), (64, 0), (32, 4)])
def test_many_writers_at_once(start: Start, read_all: Read, tmp_path: Path, writers: int, readers: int) -> None:
    longest = write_at_once(start, tmp_path, writers, 5000, readers)
    check(read_all, tmp_path, writers, 5000)
    print(f"{writers} writers, {readers} readers: longest log call {max(longest) * 1e3:.1f} ms")
    assert max(longest) < 2.0  # a machine with few cores suspends a process for longer than the call takes


@pytest.mark.slow
def test_many_processes_log_to_one_run_through_forks(start: Start, read_all: Read, tmp_path: Path) -> None:
    script = """
import os, mlver_tui as mlver
run = mlver.init(name="r", capture=False)
run.log({"parent": 0.0}, step=0)
children = []
for number in range(32):
    child = os.fork()
    if not child:
        for step in range(1000): run.log({f"c{number}": step * 0.5}, step=step)
        os._exit(0)
    children.append(child)
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
run.finish()
"""
    process = start(script, home=tmp_path)
    _, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    found = read_all(tmp_path)["r"]
    assert all(found[f"c{number}"] == {step: step * 0.5 for step in range(1000)} for number in range(32))


def test_helpers_started_at_once_fold_once_and_end(start: Start, read_all: Read, tmp_path: Path) -> None:
    write_at_once(start, tmp_path, writers=2, steps=500, readers=0)
    source = "import sys; from mlver_tui.store.fold import main; sys.exit(main(sys.argv[1]))"
    helpers = [start(source, tmp_path, home=tmp_path) for _ in range(3)]
    assert [helper.wait(60) for helper in helpers] == [0, 0, 0]
    assert not list((tmp_path / "journals").iterdir())
    check(read_all, tmp_path, 2, 500)
