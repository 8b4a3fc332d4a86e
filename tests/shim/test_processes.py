"""Real processes: kills, forks, exits and threads lose no logged point."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mlver_tui as mlver

ROOT = Path(__file__).parents[2]


def start(script: str, home: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "MLVER_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


TIGHT_LOOP = """
import os, mlver_tui as mlver
run = mlver.init(name="victim", capture=False)
step = 0
while True:
    run.log({"loss": step * 0.5, "acc": -step}, step=step)
    os.write(1, b"%d\\n" % step)
    step += 1
"""


def kill_in_the_loop(home: Path, after_s: float) -> int:
    """Kill -9 a tight loop; the last step whose log call returned."""
    training = start(TIGHT_LOOP, home)
    assert training.stdout is not None
    first = training.stdout.readline()
    assert first, training.communicate()[1]
    chunks = [first]
    deadline = time.monotonic() + after_s
    while time.monotonic() < deadline:
        chunks.append(training.stdout.readline())
    training.kill()
    rest, _ = training.communicate()
    return int(("".join(chunks) + rest).rsplit("\n", 2)[-2])


@pytest.mark.parametrize("attempt", range(3))
def test_kill_9_loses_nothing_that_was_logged(tmp_path: Path, attempt: int) -> None:
    last = kill_in_the_loop(tmp_path / "home", random.Random(attempt).uniform(0.02, 0.2))
    with mlver.open(tmp_path / "home") as store:
        run = store.run("victim")
        series = store.series(run, "loss")
    assert run.status == "killed"
    assert len(series.step) >= last + 1
    assert list(series.step) == list(range(len(series.step)))
    assert list(series.value) == [step * 0.5 for step in series.step]


@pytest.mark.parametrize(
    ("ending", "code", "status"),
    [
        ("pass", 0, "finished"),
        ("raise ValueError('no')", 1, "failed"),
        ("os._exit(7)", 7, "killed"),
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, "killed"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV, "killed"),
    ],
)
def test_ways_out_keep_every_point_and_the_exit_code(tmp_path: Path, ending: str, code: int, status: str) -> None:
    script = f"""
import os, signal, mlver_tui as mlver
run = mlver.init(name="r", capture=False)
for step in range(500): run.log({{"x": step}})
{ending}
"""
    training = start(script, tmp_path / "home")
    training.communicate(timeout=60)
    assert training.returncode == code
    with mlver.open(tmp_path / "home") as store:
        run = store.run("r")
        assert list(store.series(run, "x").value) == list(range(500))
    assert run.status == status


def test_a_forked_child_logs_to_the_same_run_and_does_not_end_it(tmp_path: Path) -> None:
    script = """
import os, sys, mlver_tui as mlver
run = mlver.init(name="r", capture=False)
for step in range(100): run.log({"parent": step})
child = os.fork()
for step in range(100): run.log({"child" if child == 0 else "after": step, "both": step})
if child == 0: sys.exit(0)
os.waitpid(child, 0)
"""
    training = start(script, tmp_path / "home")
    _, errors = training.communicate(timeout=60)
    assert training.returncode == 0, errors
    with mlver.open(tmp_path / "home") as store:
        run = store.run("r")
        counts = {key: metric.count for key, metric in run.metrics.items()}
    assert counts == {"parent": 100, "child": 100, "after": 100, "both": 200}
    assert run.status == "finished"


def test_threads_log_at_once(tmp_path: Path) -> None:
    script = """
import threading, mlver_tui as mlver
run = mlver.init(name="r", capture=False)
def work(name):
    for step in range(2000): run.log({name: step, "shared": step}, step=step)
threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    training = start(script, tmp_path / "home")
    training.communicate(timeout=60)
    with mlver.open(tmp_path / "home") as store:
        run = store.run("r")
        for name in ("t0", "t1", "t2", "t3"):
            assert list(store.series(run, name).step) == list(range(2000))
    assert run.metrics["shared"].count == 8000


def test_a_run_is_live_while_it_logs(tmp_path: Path) -> None:
    training = start(TIGHT_LOOP, tmp_path / "home")
    assert training.stdout is not None
    training.stdout.readline()
    with mlver.open(tmp_path / "home") as store:
        run = store.run("victim")
        assert run.status == "running"
        assert run.metrics["loss"].count >= 1
        training.kill()
        training.communicate()
        store.refresh()
        assert store.run("victim").status == "killed"


def test_a_plain_sqlite_reader_sees_a_finished_run_without_anybody_opening_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLVER_FOLDING", "on")
    script = "import mlver_tui as m\nwith m.init(name='r', capture=False) as r: r.log({'x': 1.5})"
    training = start(script, tmp_path / "home")
    training.communicate(timeout=60)
    deadline = time.monotonic() + 30
    rows: list[tuple[str, float]] = []
    while not rows and time.monotonic() < deadline:
        time.sleep(0.1)
        if (tmp_path / "home" / "runs.db").exists():
            with (
                contextlib.suppress(sqlite3.OperationalError),
                sqlite3.connect(tmp_path / "home" / "runs.db") as reader,
            ):
                rows = reader.execute("SELECT run_name, last FROM summary").fetchall()
    assert rows == [("r", 1.5)]
