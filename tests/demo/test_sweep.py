"""The sweep fills a home with real runs, one killed and one diverged, and leaves no process behind."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import mlver_tui as mlver
from mlver_tui.demo import sweep

ROOT = Path(__file__).resolve().parents[2]
QUICK = (
    sweep.Job("--lr 0.05 --epochs 10 --hidden 2", "--group lr --tag baseline"),
    sweep.Job("--lr 50 --epochs 10", "--group lr --tag diverged"),
    sweep.Job("--hidden 64 --epochs 5000", "--group width", kill_at=10),
)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "JOBS", QUICK)


def trainings_of(home: Path) -> list[psutil.Process]:
    """Training processes that write into this home, whoever started them."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        try:
            if "train.py" in (process.info["cmdline"] or []) and process.environ().get("MLVER_HOME") == str(home):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


@pytest.mark.usefixtures("quick")
def test_the_sweep_fills_a_home(tmp_path: Path) -> None:
    heard: list[tuple[int, int, str]] = []
    sweep.run_demo(tmp_path, lambda done, total, line: heard.append((done, total, line)))
    assert heard[-1][:2] == (3, 3)
    assert [done for done, _, _ in heard] == sorted(done for done, _, _ in heard)
    with mlver.open(tmp_path) as store:
        assert sorted(run.status for run in store.runs()) == ["finished", "finished", "killed"]
        (baseline,), (diverged,), (killed,) = (store.runs(text) for text in ("lr=0.05 hidden=2", "lr=50", "hidden=64"))
        assert len(store.series(baseline, "val/acc").value) == 10
        assert math.isnan(store.series(diverged, "train/loss").value[-1])
        assert killed.status == "killed"
        assert len(store.series(killed, "val/acc").value) >= 10
        assert (baseline.project, baseline.group, baseline.tags) == ("penguins", "lr", ("baseline",))
    assert trainings_of(tmp_path) == []


def test_a_failing_training_is_an_error_with_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "JOBS", (sweep.Job("--epochs 5000", ""), sweep.Job("--no-such-option", "")))
    with pytest.raises(sweep.SweepError, match="no-such-option"):
        sweep.run_demo(tmp_path, lambda *_: None)
    assert trainings_of(tmp_path) == []


def test_an_error_in_the_progress_call_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "JOBS", (sweep.Job("--epochs 5000", ""),) * 3)

    def stop(done: int, total: int, line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep.run_demo(tmp_path, stop)
    assert trainings_of(tmp_path) == []


LONG = """
import sys
from mlver_tui.demo import sweep
sweep.JOBS = (sweep.Job("--epochs 5000", ""),) * 3
sweep.run_demo(sys.argv[1], lambda done, total, line: print(line, flush=True))
"""


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_training_outlives_the_sweep(tmp_path: Path, blow: signal.Signals) -> None:
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", LONG, str(tmp_path)], env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        assert b"epoch" in process.stdout.readline()
        assert trainings_of(tmp_path)
        process.send_signal(blow)
        process.wait(20)
    for _ in range(200):
        if not trainings_of(tmp_path):
            return
        time.sleep(0.1)
    pytest.fail(f"still running: {trainings_of(tmp_path)}")


def test_jobs_differ_from_the_first_in_one_option() -> None:
    base = {"--lr": "0.05", "--hidden": "16", "--momentum": "0.9", "--seed": "1"}
    for job in sweep.JOBS:
        words = job.options.split()
        options = {**base, **dict(zip(words[::2], words[1::2], strict=True))}
        changed = {key for key in base if options[key] != base[key]}
        assert len(changed - {"--seed"}) <= 1
    assert sum(job.kill_at is not None for job in sweep.JOBS) == 1
