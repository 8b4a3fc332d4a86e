"""The journal, its folder or the home goes away under a run: what was acknowledged is readable where it belongs."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mlver_tui as mlver
from mlver_tui.errors import MlverError

ROOT = Path(__file__).parents[2]
SCRIPT = """
import os, sys, mlver_tui as mlver
run = mlver.init(name="r", capture=False)
step = 0
for line in sys.stdin:
    count = int(line)
    for _ in range(count):
        run.log({"x": step * 0.5}, step=step)
        step += 1
    if not count: run._writer.sync()
    print(step, flush=True)
if len(sys.argv) > 1: os.kill(os.getpid(), 9)
run.finish()
"""


class Training:
    """A script that logs as many points as it is told to."""

    def __init__(self, home: Path, *arguments: str) -> None:
        variables = {**os.environ, "MLVER_HOME": str(home), "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *arguments],
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def log(self, count: int) -> int:
        """Steps logged so far. A count of 0 is a tick: what the run's thread does once a second."""
        sink, source = self.process.stdin, self.process.stdout
        assert sink is not None
        assert source is not None
        sink.write(f"{count}\n")
        sink.flush()
        return int(source.readline())

    def end(self) -> str:
        _, errors = self.process.communicate(timeout=60)
        return errors


Train = Callable[..., Training]


@pytest.fixture
def train(tmp_path: Path) -> Iterator[Train]:
    running: list[Training] = []

    def begin(*arguments: str) -> Training:
        running.append(Training(tmp_path / "home", *arguments))
        return running[-1]

    yield begin
    for training in running:
        if training.process.poll() is None:
            training.process.kill()
            training.process.communicate()


def points(home: Path) -> dict[int, float]:
    with mlver.open(home) as store:
        series = store.series("r", "x")
    assert len(set(series.step)) == len(series.step), "a point was doubled"
    return dict(zip(series.step, series.value, strict=True))


def expected(steps: int) -> dict[int, float]:
    return {step: step * 0.5 for step in range(steps)}


def remove_journals(home: Path) -> None:
    for path in (home / "journals").iterdir():
        path.unlink()


def remove_home(home: Path) -> None:
    shutil.rmtree(home)


def move_home(home: Path) -> None:
    home.rename(home.with_name("moved"))


def replace_home(home: Path) -> None:
    copy = home.with_name("copy")
    shutil.copytree(home, copy)
    shutil.rmtree(home)
    copy.rename(home)


def truncate_copy(home: Path) -> None:
    """An editor or a sync tool writes an older, shorter copy in its place."""
    for path in list((home / "journals").iterdir()):
        older = path.with_suffix(".older")
        older.write_bytes(path.read_bytes()[:-40])
        older.rename(path)


FAULTS = [remove_journals, remove_home, move_home, replace_home, truncate_copy]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("folded", [False, True])
def test_all_is_there_again_after_a_tick(
    train: Train, tmp_path: Path, fault: Callable[[Path], None], folded: bool
) -> None:
    training, home = train(), tmp_path / "home"
    training.log(100)
    if folded:
        assert points(home) == expected(100)
        training.log(50)
    fault(home)
    steps = training.log(100)
    training.log(0)
    assert points(home) == expected(steps)
    training.log(50)
    assert "put back" in training.end()
    assert training.process.returncode == 0
    assert points(home) == expected(steps + 50)
    with mlver.open(home) as store:
        assert store.run("r").status == "finished"
    assert home.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_finish_brings_all_back(train: Train, tmp_path: Path, fault: Callable[[Path], None]) -> None:
    training = train()
    steps = training.log(100)
    fault(tmp_path / "home")
    training.end()
    assert points(tmp_path / "home") == expected(steps)


def test_the_thread_of_the_run_notices_by_itself(train: Train, tmp_path: Path) -> None:
    training = train("kill")
    steps = training.log(100)
    remove_home(tmp_path / "home")
    errors = training.process.stderr
    assert errors is not None
    assert "put back" in errors.readline()
    training.end()
    assert points(tmp_path / "home") == expected(steps)


def test_a_database_that_is_moved_away_gets_no_journal_removed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with mlver.open(mlver.init(name="old", home=home, capture=False).home.root) as store:
        for suffix in ("", "-wal", "-shm"):
            shutil.move(home / f"runs.db{suffix}", home / f"elsewhere.db{suffix}")
        with mlver.init(name="r", home=home, capture=False) as run:
            for step in range(10):
                run.log({"x": step * 0.5}, step=step)
        with contextlib.suppress(MlverError):  # it may say so
            store.refresh()
    assert points(home) == expected(10)
