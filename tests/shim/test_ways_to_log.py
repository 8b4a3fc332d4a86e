"""Logging from where it is awkward: children of all kinds, handlers, finalizers, the last moment of a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mlver_tui as mlver

ROOT = Path(__file__).parents[2]
HEAD = "import atexit, os, signal, sys, threading, time\nimport mlver_tui as mlver\n"


def run_script(source: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run a training script to its end; it must not hang."""
    script = tmp_path / "training_script.py"
    script.write_text(HEAD + source)
    variables = {**os.environ, "MLVER_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        # Python 3.13 warns of our thread, which stands still while the process forks, because it counts afterwards
        [sys.executable, "-W", "ignore:This process", script],
        env=variables, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def counts(tmp_path: Path, run: str = "r") -> dict[str, int]:
    with mlver.open(tmp_path / "home") as store:
        found = store.run(run)
        for key, metric in found.metrics.items():
            assert list(store.series(found, key).step) == list(range(metric.count))
        return {key: metric.count for key, metric in found.metrics.items()}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_with_runs_of_their_own(tmp_path: Path, method: str) -> None:
    source = f"""
import multiprocessing
def work(name):
    run = mlver.init(name=name, capture=False)
    for step in range(200): run.log({{"x": step}})
    run.finish()
if __name__ == "__main__":
    context = multiprocessing.get_context("{method}")
    children = [context.Process(target=work, args=(f"c{{n}}",)) for n in range(3)]
    for child in children: child.start()
    for child in children: child.join()
    assert [child.exitcode for child in children] == [0, 0, 0]
"""
    done = run_script(source, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(counts(tmp_path, f"c{number}") == {"x": 200} for number in range(3))


def test_workers_of_a_pool_that_is_terminated(tmp_path: Path) -> None:
    source = """
import multiprocessing
run = mlver.init(name="r", capture=False)
def work(n):
    for step in range(50): run.log({f"w{n}": step}, step=step)
    return os.getpid()
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(3) as pool:  # leaving the block terminates the workers
        pool.map(work, range(6), chunksize=1)
    run.log({"main": 0}, step=0)
"""
    done = run_script(source, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert counts(tmp_path) == {**{f"w{n}": 50 for n in range(6)}, "main": 1}


def test_a_child_forked_while_the_snapshot_is_taken_can_import_what_it_wants(tmp_path: Path) -> None:
    source = """
import mlver_tui.capture.take as take
def slow(folder):
    __import__("slow_to_import")
    raise OSError("enough")
take.take_snapshot = slow
run = mlver.init(name="r")
time.sleep(0.2)  # the run's thread is inside the import
child = os.fork()
if not child:
    signal.alarm(20)
    import slow_to_import
    run.log({"child": 0}, step=0)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
    (tmp_path / "slow_to_import.py").write_text("import time\ntime.sleep(0.8)\n")
    done = run_script(source, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert counts(tmp_path) == {"child": 1}


def test_a_fork_in_the_midst_of_threads_that_log(tmp_path: Path) -> None:
    source = """
run = mlver.init(name="r", capture=False)
going = True
def work(n):
    step = 0
    while going:
        run.log({f"t{n}": step, f"shape{n}/{step % 7}": 1.0} if step % 5 else {f"t{n}": step}, step=step)
        step += 1
threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
for thread in threads: thread.start()
children = []
for number in range(10):
    child = os.fork()
    if not child:
        signal.alarm(20)
        for step in range(20): run.log({f"c{number}": step, "new/" + str(number): 1.0}, step=step)
        os._exit(0)
    children.append(child)
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 10
going = False
for thread in threads: thread.join()
"""
    done = run_script(source, tmp_path)
    assert done.returncode == 0, done.stderr
    with mlver.open(tmp_path / "home") as store:
        run = store.run("r")
        for number in range(10):
            assert list(store.series(run, f"c{number}").value) == list(range(20))
        for number in range(3):
            assert list(store.series(run, f"t{number}").value) == list(range(run.metrics[f"t{number}"].count))
        assert run.warnings == ()


def test_tasks_of_asyncio(tmp_path: Path) -> None:
    source = """
import asyncio
async def work(run, n):
    for step in range(100):
        run.log({f"a{n}": step}, step=step)
        await asyncio.sleep(0)
async def main():
    with mlver.init(name="r", capture=False) as run:
        await asyncio.gather(*(work(run, n) for n in range(4)))
asyncio.run(main())
"""
    done = run_script(source, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert counts(tmp_path) == {f"a{n}": 100 for n in range(4)}


def test_a_signal_handler_that_logs_new_names_between_any_two_lines(tmp_path: Path) -> None:
    source = """
run = mlver.init(name="r", capture=False)
fired = 0
def handler(number, frame):
    global fired
    turn, fired = fired, fired + 1  # the next signal may come while this one is handled
    run.log({f"h{turn % 50}": float(turn // 50)}, step=turn // 50)
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
for step in range(4000): run.log({f"m{step % 40}": float(step // 40)}, step=step // 40)
signal.setitimer(signal.ITIMER_REAL, 0)
print(fired)
"""
    done = run_script(source, tmp_path)
    assert done.returncode == 0, done.stderr
    fired = int(done.stdout)
    assert fired > 10
    with mlver.open(tmp_path / "home") as store:
        run = store.run("r")
        for key, metric in run.metrics.items():
            series = store.series(run, key)
            assert list(series.value) == list(series.step), key
            assert sorted(series.step) == list(range(metric.count)), key
        assert sum(metric.count for metric in run.metrics.values()) == 4000 + fired
        assert run.warnings == ()


def test_finalizers_and_the_last_moment_of_a_process(tmp_path: Path) -> None:
    source = """
class Owner:
    def __del__(self): run.log({"del": 0.0, "n": {"ested": 1}}, step=0)
def late(): run.log({"atexit": 0.0}, step=0)
atexit.register(late)  # runs after ours, which was registered later, ended the run
run = mlver.init(name="r", capture=False)
sys.modules["keeps"] = kept = Owner()
kept.itself = kept
run.log({"x": 0.0}, step=0)
"""
    done = run_script(source, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    found = counts(tmp_path)
    assert found.pop("atexit") == 1
    assert found["x"] == 1


def test_a_run_begun_and_ended_while_the_interpreter_ends(tmp_path: Path) -> None:
    source = """
import mlver_tui.shim.session
def late():
    with mlver.init(name="r", config={"lr": 1}) as run:
        run.log({"x": 0.0}, step=0)
atexit.register(late)
"""
    done = run_script(source, tmp_path)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert counts(tmp_path) == {"x": 1}


def test_no_thread_to_be_had_is_no_reason_to_fail(tmp_path: Path) -> None:
    source = """
def refuse(*_, **__): raise RuntimeError("can't start new thread")
threading.Thread.start = refuse
run = mlver.init(name="r", config={"lr": 1})
run.log({"x": 0.0}, step=0)
"""
    done = run_script(source, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert counts(tmp_path) == {"x": 1}
    with mlver.open(tmp_path / "home") as store:
        assert "environment" in {missing.part for missing in store.run("r").missing}


def test_a_daemon_thread_that_logs_into_the_end(tmp_path: Path) -> None:
    source = """
run = mlver.init(name="r", capture=False)
def work():
    step = 0
    while True:
        run.log({"x": step, f"k{step % 100}": 1.0}, step=step)
        step += 1
threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)
"""
    done = run_script(source, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    with mlver.open(tmp_path / "home") as store:
        run = store.run("r")
        assert list(store.series(run, "x").value) == list(range(run.metrics["x"].count))
        assert run.warnings == ()
        assert run.status == "finished"


def test_a_child_that_logs_gets_a_thread_that_syncs_and_one_that_does_not_has_none(tmp_path: Path) -> None:
    source = """
run = mlver.init(name="r", capture=False)
def names(): return [thread.name for thread in threading.enumerate()].count("mlver-tui")
child = os.fork()
if not child:
    before = names()
    run.log({"x": 0.0}, step=0)
    os._exit(0 if (before, names()) == (0, 1) else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    done = run_script(source, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("ending", "code", "status", "failure"),
    [
        ("sys.exit(3)", 3, "finished", None),
        ("raise SystemExit('no')", 1, "finished", None),
        ("raise KeyboardInterrupt", -signal.SIGINT, "killed", "KeyboardInterrupt"),
        ("os.kill(os.getpid(), signal.SIGINT); time.sleep(5)", -signal.SIGINT, "killed", "KeyboardInterrupt"),
        ("with run: sys.exit(3)", 3, "failed", "SystemExit: 3"),
        ("with run: raise KeyboardInterrupt", -signal.SIGINT, "killed", "KeyboardInterrupt"),
        ("os.kill(os.getpid(), signal.SIGHUP); time.sleep(5)", -signal.SIGHUP, "killed", None),
        ("os.kill(os.getpid(), signal.SIGKILL); time.sleep(5)", -signal.SIGKILL, "killed", None),
        ("os.abort()", -signal.SIGABRT, "killed", None),
        ("os.execv('/bin/true', ['true'])", 0, "killed", None),
        ("os._exit(0)", 0, "killed", None),
        ("1 / 0", 1, "failed", "ZeroDivisionError"),
    ],
)
def test_ways_out(tmp_path: Path, ending: str, code: int, status: str, failure: str | None) -> None:
    source = f"run = mlver.init(name='r', capture=False)\nfor step in range(50): run.log({{'x': step}})\n{ending}\n"
    done = run_script(source, tmp_path)
    assert done.returncode == code
    assert counts(tmp_path) == {"x": 50}
    with mlver.open(tmp_path / "home") as store:
        run = store.run("r")
    assert run.status == status
    assert (failure in run.failure) if failure and run.failure else run.failure is failure


def test_a_stopped_writer_holds_nobody_up(tmp_path: Path) -> None:
    source = """
run = mlver.init(name="r", capture=False)
run.log({"x": 0.0}, step=0)
print("ready", flush=True)
time.sleep(60)
"""
    script = tmp_path / "stopped.py"
    script.write_text(HEAD + source)
    variables = {**os.environ, "MLVER_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, script], env=variables, stdout=subprocess.PIPE) as stopped:
        assert stopped.stdout is not None
        stopped.stdout.readline()
        stopped.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        with mlver.init(name="other", home=tmp_path / "home", capture=False) as run:
            run.log({"x": 0.0}, step=0)
        assert counts(tmp_path) == counts(tmp_path, "other") == {"x": 1}
        with mlver.open(tmp_path / "home") as store:
            assert store.run("r").status == "running"
        stopped.kill()
