"""What a person at the terminal waits for, and what a slow link has to carry.

Exec to the first rows and to the first answered key, bytes and milliseconds per key, beside a bare Textual app and
beside Textual's stock driver, in a store of 100,000 runs (a small one with --quick).
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlver_tui.home import Home

from .line import ROOT, Line, fresh, started
from .scale import fill_runs
from .terminal import COLUMNS, ROWS, Terminal, on_a_terminal

RUNS, FEW_RUNS = 100_000, 500
SHOWN = 60
"""Runs with points, the newest: those that are on the screen."""
IDLE_S, LIVE_S = 3.0, 6.0
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    ENABLE_COMMAND_PALETTE = False
    def compose(self): yield Static("READY")
Bare().run(mouse=False)
"""
STOCK = """
import sys
from textual.drivers.linux_driver import LinuxDriver
from mlver_tui.home import Home
from mlver_tui.tui import app, start
from pathlib import Path
ours = app.MlverApp.__init__
def stock(self, backend):
    ours(self, backend)
    self.driver_class = LinuxDriver
app.MlverApp.__init__ = stock
sys.exit(start.run_app(Home(Path(sys.argv[1]))))
"""
FILL = """
import math, sys, time
import mlver_tui as mlver
for number in range(int(sys.argv[1])):
    config = {f"layer{n // 10}.param{n}": (number * 7919 + n) % 1009 / 1e3 for n in range(10)}
    run = mlver.init(project="benchmark", name=f"run-number-{number:03}", config={"lr": number / 100, **config})
    for step in range(150):
        run.log({"train/loss": 2 * math.exp(-step / (30 + number)), "val/acc": 1 - math.exp(-step / 40)}, step=step)
    run.finish()
named = 0
while named < int(sys.argv[1]):
    time.sleep(0.2)
    with mlver.open() as store: named = len(list(store.runs("name ~ /run-number/")))
"""
LIVE = """
import math, sys, time
import mlver_tui as mlver
run = mlver.init(project="benchmark", name="live-" + sys.argv[1])
for step in range(200):
    run.log({"loss": 2 * math.exp(-step / 60) + 0.01 * math.sin(step)}, step=step)
    if step >= 120: time.sleep(1)
"""


@dataclass(slots=True)
class Keys:
    """One kind of key: bytes of the first answer and of all that follows, seconds to its first and last byte."""

    answer: list[int]
    all: list[int]
    first_s: list[float]
    last_s: list[float]


@dataclass(slots=True)
class Opened:
    """One opening of the app."""

    rows_s: float
    answered_s: float
    first_bytes: int
    idle: float
    memory: float


def measure(scratch: Path, quick: bool) -> list[Line]:
    """All lines of this part; `scratch` is an empty folder."""
    home = scratch / "shown"
    fill_runs(Home(home), FEW_RUNS if quick else RUNS)
    fresh(FILL, SHOWN, home=home)
    ours = [sys.executable, "-m", "mlver_tui", "--home", str(home)]
    rounds = 3 if quick else 9
    python, bare, opened = [], [], []
    for _ in range(rounds):
        python.append(_exec_s([sys.executable, "-c", "print('READY')"]))
        bare.append(_exec_s([sys.executable, "-c", BARE]))
        opened.append(_opened(ours))
    return [
        *_start_lines(opened, python, bare),
        *_key_lines(ours, [sys.executable, "-c", STOCK, str(home)], 6 if quick else 30),
        _live_line(home, ours),
    ]


def _start_lines(opened: Sequence[Opened], python: Sequence[float], bare: Sequence[float]) -> list[Line]:
    rows = [1e3 * each.rows_s for each in opened]
    textual, interpreter = 1e3 * _mid(bare), 1e3 * _mid(python)
    answered = _mid([1e3 * each.answered_s for each in opened])
    return [
        Line("exec to first rows, p50", _mid(rows), "ms", interpreter, "Python that prints", "≤ 60 ms"),
        Line("exec to first rows, p95", _high(rows), "ms", interpreter, "Python that prints", "≤ 60 ms"),
        Line("exec to a key answered that was typed ahead", answered, "ms", textual, "bare Textual app", "≤ 350 ms"),
        Line("memory", _mid([each.memory for each in opened]), "MB", budget="≤ 55 MB"),
        Line(
            f"first screen at {COLUMNS}x{ROWS}", _mid([each.first_bytes / 1e3 for each in opened]), "KB", budget="≤ 8"
        ),
        Line("nobody does anything, no run is live", _mid([each.idle for each in opened]), "B/s", budget="0"),
    ]


def _key_lines(ours: Sequence[str], stock: Sequence[str], count: int) -> list[Line]:
    measured = {}
    for name, command in (("ours", ours), ("stock", stock)):
        with _ready(command) as screen:
            down, page = _press(screen, b"j", count), _press(screen, b"\x1b[6~", max(count // 3, 2))
            measured[name] = (down, page)
    (down, page), (stock_down, stock_page) = measured["ours"], measured["stock"]
    told = "Textual's own driver"
    return [
        Line("j, the list", _mid(down.answer), "B", _mid(stock_down.answer), told, "≤ 200 B"),
        Line("j, with the preview that follows", _mid(down.all), "B", _mid(stock_down.all), told, "≤ 1,200 B"),
        Line("j to first byte, p50", 1e3 * _mid(down.first_s), "ms", 1e3 * _mid(stock_down.first_s), told),
        Line("j to first byte, p95", 1e3 * _high(down.first_s), "ms", 1e3 * _high(stock_down.first_s), told, "≤ 10 ms"),
        Line("page, the list", _mid(page.answer), "B", _mid(stock_page.answer), told, "≤ 2,900 B"),
        Line("page to last byte, p95", 1e3 * _high(page.last_s), "ms", 1e3 * _high(stock_page.last_s), told, "≤ 25 ms"),
    ]


def _live_line(home: Path, ours: Sequence[str]) -> Line:
    """Four runs that log, four curves on the screen."""
    with _training(home), _ready(ours, b"live-3") as screen:
        screen.type_slowly(b"g    2")  # to the top: the cursor stays with its run when newer ones come
        screen.settle(1.5, 6.0)
        rate = screen.watch(LIVE_S) / LIVE_S
    return Line("four curves grow, one point and look a second", rate, "B/s", budget="≤ 400 B/s")


@contextlib.contextmanager
def _training(home: Path) -> Iterator[None]:
    runs: list[subprocess.Popen[str]] = []
    try:
        for n in range(4):
            runs.append(started(LIVE, n, home=home))
            time.sleep(0.5)
        yield
    finally:
        for run in runs:
            run.terminate()
            run.communicate()


def _opened(command: Sequence[str]) -> Opened:
    with on_a_terminal(command, {"PYTHONPATH": str(ROOT)}) as screen:
        rows = screen.seconds_until(f"run-number-{SHOWN - 1:03}".encode())
        screen.write(b"j")
        answered = screen.seconds_until_shown(lambda lines: lines[3][:1] == " " and "▌" in "".join(lines))
        screen.settle()
        total = len(screen.sent)
        return Opened(rows, answered, total, screen.watch(IDLE_S) / IDLE_S, screen.memory_mb())


def _exec_s(command: Sequence[str]) -> float:
    with on_a_terminal(command, {}) as screen:
        return screen.seconds_until(b"READY")


@contextlib.contextmanager
def _ready(command: Sequence[str], text: bytes = b"run-number") -> Iterator[Terminal]:
    # a second between looks, as over ssh
    with on_a_terminal(command, {"PYTHONPATH": str(ROOT), "SSH_CONNECTION": "1"}) as screen:
        screen.seconds_until(text)
        screen.seconds_until_shown(lambda lines: any("┤" in line for line in lines))
        screen.settle(0.6, 3.0)
        yield screen


def _press(screen: Terminal, key: bytes, count: int) -> Keys:
    keys = Keys([], [], [], [])
    for _ in range(count):
        screen.write(key)
        answer, first, last = screen.burst(0.03)
        more, _, _ = screen.burst(0.3)
        keys.answer.append(answer)
        keys.all.append(answer + more)
        keys.first_s.append(first)
        keys.last_s.append(last)
    return keys


def _mid(values: Sequence[float]) -> float:
    return statistics.median(values)


def _high(values: Sequence[float]) -> float:
    return sorted(values)[min(int(len(values) * 0.95), len(values) - 1)]


if __name__ == "__main__":
    import tempfile

    from .line import as_table

    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        print(as_table(measure(Path(folder), "--quick" in sys.argv)))
