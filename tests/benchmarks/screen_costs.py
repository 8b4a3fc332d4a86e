"""What a person at the terminal waits for: exec to the first rows, against a bare Textual app, and bytes sent."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .line import ROOT, Line, fresh

COLUMNS, ROWS = 120, 40
PATIENCE_S = 30.0
IDLE_S = 2.0
ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[()][A-Z0-9]|[=>78])")
QUERIES = {  # what programs ask a terminal, and what xterm would say
    rb"\x1b\[0?c": b"\x1b[?62;22c",
    rb"\x1b\[\?2026\$p": b"\x1b[?2026;2$y",
    rb"\x1b\[\?2048\$p": b"\x1b[?2048;0$y",
    rb"\x1b\[6n": b"\x1b[1;1R",
    rb"\x1b\[\?u": b"\x1b[?0u",
}
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    ENABLE_COMMAND_PALETTE = False
    def compose(self): yield Static("READY")
Bare().run(mouse=False)
"""
FILL = """
import mlver_tui as mlver
for number in range(40):
    run = mlver.init(project="benchmark", name=f"run-number-{number:03}", config={"lr": number / 100})
    for step in range(50): run.log({"loss": 1 / (step + 1)}, step=step)
    run.finish()
with mlver.open() as store: list(store.runs())
"""


@dataclass(slots=True)
class Screen:
    """A program on a pseudo terminal, and all it has sent."""

    pid: int
    fd: int
    started: float
    sent: bytearray = field(default_factory=bytearray)

    def read(self, wait_s: float) -> bool:
        """Take in what comes within `wait_s`, answer its queries. False if nothing came."""
        if not select.select([self.fd], [], [], wait_s)[0]:
            return False
        try:
            chunk = os.read(self.fd, 65536)
        except OSError:  # the other side is gone
            return False
        self.sent += chunk
        for query, answer in QUERIES.items():
            os.write(self.fd, answer * len(re.findall(query, chunk)))
        return bool(chunk)

    def seconds_until(self, text: bytes) -> float:
        """From exec until the text is on the screen."""
        while text not in ESCAPES.sub(b"", bytes(self.sent)):
            if time.perf_counter() - self.started > PATIENCE_S:
                raise TimeoutError(f"{text!r} was not shown; last: {bytes(self.sent[-500:])!r}")
            self.read(0.05)
        return time.perf_counter() - self.started

    def settle(self, quiet_s: float = 0.15, limit_s: float = 1.0) -> int:
        """Wait until nothing comes for a moment, or the limit is reached; the number of bytes sent so far."""
        give_up = time.perf_counter() + limit_s
        while self.read(quiet_s) and time.perf_counter() < give_up:
            continue
        return len(self.sent)

    def watch(self, seconds: float) -> int:
        """The number of bytes that come within so many seconds."""
        before, end = len(self.sent), time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)
        return len(self.sent) - before


@contextlib.contextmanager
def on_a_terminal(command: Sequence[str], variables: dict[str, str]) -> Iterator[Screen]:
    """Run a command on a pseudo terminal of COLUMNS x ROWS; it is ended afterwards."""
    started = time.perf_counter()
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.execvpe(command[0], list(command), {**os.environ, "TERM": "xterm-256color", **variables})
    screen = Screen(pid, fd, started)
    try:
        yield screen
    finally:
        os.kill(pid, signal.SIGTERM)
        screen.settle(1.0)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)


def measure(scratch: Path, quick: bool) -> list[Line]:
    """All lines of this part; `scratch` is an empty folder."""
    home = scratch / "shown"
    home.mkdir()
    fresh(FILL, home=home)
    ours = [sys.executable, "-m", "mlver_tui", "--home", str(home)]
    bare, first, sizes, keys, idle = [], [], [], [], []
    for _ in range(3 if quick else 9):
        with on_a_terminal([sys.executable, "-c", BARE], {}) as screen:
            bare.append(1e3 * screen.seconds_until(b"READY"))
        with on_a_terminal(ours, {"PYTHONPATH": str(ROOT)}) as screen:
            first.append(1e3 * screen.seconds_until(b"run-number-039"))
            sizes.append(screen.settle() / 1e3)
            idle.append(screen.watch(IDLE_S) / IDLE_S)
            before = screen.settle()
            os.write(screen.fd, b"j")
            keys.append(screen.settle() - before)
    return [
        Line("exec to first rows, p50", _mid(first), "ms", _mid(bare), "bare Textual app", "≤ 350 ms, alive"),
        Line(f"first screen at {COLUMNS}x{ROWS}", _mid(sizes), "KB", budget="≤ 8 KB"),
        Line("one key (j), with what it previews", _mid(keys), "B", budget="≤ 200 B"),
        Line("nobody does anything, no run is live", _mid(idle), "B/s", budget="0"),
    ]


def _mid(values: Sequence[float]) -> float:
    return statistics.median(values)
