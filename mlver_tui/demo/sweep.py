"""Fill a home with a dozen really trained runs, each a process of its own, two at a time.

Nothing here knows how runs are stored: it starts `train.py` as a person would, reads what it prints, and kills one
training halfway, because that happens too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

SIDE_BY_SIDE = 2
FOLDER = Path(__file__).resolve().parent
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One run of the sweep: options of `train.py`. With `kill_at`, it is killed when it reports that epoch."""

    options: str
    labels: str
    kill_at: int | None = None


# Most jobs differ from the first in exactly one option, the seeds among themselves too: a comparison has one cause.
JOBS = (
    Job("--lr 0.05", "--group lr --tag baseline"),
    Job("--lr 0.005", "--group lr"),
    Job("--lr 0.5", "--group lr"),  # collapses: it ends up guessing
    Job("--lr 50", "--group lr --tag diverged"),  # the loss overflows to infinity, then becomes NaN
    Job("--hidden 64", "--group width", kill_at=40),  # SIGKILL, as the kernel sends it when memory runs out
    Job("--hidden 32", "--group width"),
    Job("--hidden 2", "--group width"),
    Job("--momentum 0", "--group momentum"),
    Job("--hidden 8 --seed 1", "--group seeds --tag candidate"),
    Job("--hidden 8 --seed 2", "--group seeds"),
    Job("--hidden 8 --seed 3", "--group seeds"),
    Job("--hidden 8 --seed 4", "--group seeds"),
)


class SweepError(RuntimeError):
    """A training ended in a way that the sweep does not foresee; the message has its last words."""


@dataclass(slots=True)
class _Training:
    """One process under way; its thread puts what it prints into `news`, and None once it has printed all."""

    job: Job
    process: subprocess.Popen[str]
    news: SimpleQueue[tuple[_Training, str | None]]
    thread: threading.Thread | None = None
    last: str = ""

    def listen(self) -> None:
        """Start the thread."""
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def end(self) -> int:
        """Kill the process if it still runs, and leave nothing of it behind. Returns its exit status."""
        self.process.kill()
        if self.thread is not None:
            self.thread.join()
        return self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.news.put((self, line.strip()))
        self.process.wait()
        self.news.put((self, None))


def run_demo(home_path: str | os.PathLike[str], progress: Progress) -> None:
    """Train every job into the home, for about ten seconds.

    `progress(runs done, runs in all, latest line)` is called in this thread as it goes. Raises SweepError if a
    training fails. No training outlives this call, however it ends.
    """
    variables, waiting = _variables(Path(home_path)), list(JOBS)
    running: list[_Training] = []
    news: SimpleQueue[tuple[_Training, str | None]] = SimpleQueue()
    try:
        while waiting or running:
            if waiting and len(running) < SIDE_BY_SIDE:
                running.append(_start(waiting.pop(0), variables, news))
                continue
            training, line = news.get()
            said = _finish(training, running) if line is None else _hear(training, line)
            progress(len(JOBS) - len(waiting) - len(running), len(JOBS), f"{training.job.options}: {said}")
    finally:
        for training in running:
            training.end()


def _start(job: Job, variables: dict[str, str], news: SimpleQueue[tuple[_Training, str | None]]) -> _Training:
    process = subprocess.Popen(
        [sys.executable, "train.py", *job.options.split(), *job.labels.split()],
        cwd=FOLDER,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # ctrl-c reaches only us: a training has no say in when it ends
    )
    training = _Training(job, process, news)
    training.listen()
    return training


def _hear(training: _Training, line: str) -> str:
    training.last = line
    if line.startswith(f"epoch {training.job.kill_at}/"):
        training.process.kill()
    return line


def _finish(training: _Training, running: list[_Training]) -> str:
    running.remove(training)
    status, foreseen = training.end(), -9 if training.job.kill_at else 0
    if status != foreseen:
        raise SweepError(f"train.py {training.job.options} ended with {status}: {training.last}")
    return "killed" if status else "finished"


def _variables(home: Path) -> dict[str, str]:
    """Our own environment variables, with the home, and with the package findable when it is not installed."""
    inherited = {key: value for key, value in os.environ.items() if key != "MLVER_RUN"}
    root = FOLDER.parents[1]
    if str(root) not in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        inherited["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    return {**inherited, "MLVER_HOME": str(home.absolute()), "MLVER_MODE": "on"}
