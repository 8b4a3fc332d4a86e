"""A program on a pseudo terminal: what it sends, when, and what an eye would see of it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pyte

COLUMNS, ROWS = 120, 40
PATIENCE_S = 60.0
ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[()][A-Z0-9]|[=>78])")
PRIVATE = re.compile(rb"\x1b\[[<>?=][0-9;]*[a-zA-Z$]+|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
QUERIES = {  # what programs ask a terminal, and what xterm would say
    rb"\x1b\[0?c": b"\x1b[?62;22c",
    rb"\x1b\[\?2026\$p": b"\x1b[?2026;2$y",
    rb"\x1b\[\?2048\$p": b"\x1b[?2048;0$y",
    rb"\x1b\[6n": b"\x1b[1;1R",
    rb"\x1b\[\?u": b"\x1b[?0u",
}


@dataclass(slots=True)
class Terminal:
    """A program on a pseudo terminal, and all it has sent."""

    pid: int
    fd: int
    started: float
    sent: bytearray = field(default_factory=bytearray)
    parts: list[tuple[float, bytes]] = field(default_factory=list)
    """What came, with the seconds since exec."""

    def write(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.fd, keys)

    def type_slowly(self, keys: bytes) -> None:
        """Press keys one after another, with the pauses that a person makes."""
        for key in keys:
            self.write(bytes((key,)))
            self.settle(0.4, 2.0)

    def read(self, wait_s: float) -> int:
        """Take in what comes within `wait_s`, answer its queries; the number of bytes, 0 if nothing came."""
        if not select.select([self.fd], [], [], max(wait_s, 0))[0]:
            return 0
        try:
            chunk = os.read(self.fd, 65536)
        except OSError:  # the other side is gone
            return 0
        self.sent += chunk
        self.parts.append((time.perf_counter() - self.started, chunk))
        for query, answer in QUERIES.items():
            os.write(self.fd, answer * len(re.findall(query, chunk)))
        return len(chunk)

    def seconds_until(self, text: bytes) -> float:
        """From exec until the text has come."""
        while text not in ESCAPES.sub(b"", bytes(self.sent)):
            self._go_on(repr(text))
        return self.parts[-1][0]

    def seconds_until_shown(self, condition: Callable[[list[str]], bool]) -> float:
        """From exec until the lines of the screen fit. Looking takes long, so the time of arrival counts."""
        screen, stream = self._eye()
        seen = 0
        while True:
            while seen < len(self.parts):
                at, part = self.parts[seen]
                seen += 1
                stream.feed(PRIVATE.sub(b"", part))
                if condition(screen.display):
                    return at
            self._go_on("the screen")

    def _eye(self) -> tuple[pyte.Screen, pyte.ByteStream]:
        screen = pyte.Screen(COLUMNS, ROWS)
        return screen, pyte.ByteStream(screen)

    def _go_on(self, awaited: str) -> None:
        if time.perf_counter() - self.started > PATIENCE_S:
            raise TimeoutError(f"{awaited} was not shown; last: {bytes(self.sent[-500:])!r}")
        self.read(0.05)

    def burst(self, quiet_s: float, limit_s: float = 1.0) -> tuple[int, float, float]:
        """Bytes until nothing comes for a moment, and the seconds from now to the first and to the last of them."""
        start, count, first, last = time.perf_counter(), 0, 0.0, 0.0
        while (now := time.perf_counter() - start) < limit_s:
            came = self.read(quiet_s if count else limit_s - now)
            if not came:
                break
            count, last = count + came, time.perf_counter() - start
            first = first or last
        return count, first, last

    def settle(self, quiet_s: float = 0.3, limit_s: float = 3.0) -> None:
        """Wait until nothing comes for a moment, or the limit is reached."""
        give_up = time.perf_counter() + limit_s
        while self.read(quiet_s) and time.perf_counter() < give_up:
            continue

    def watch(self, seconds: float) -> int:
        """The number of bytes that come within so many seconds."""
        before, end = len(self.sent), time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)
        return len(self.sent) - before

    def memory_mb(self) -> float:
        """Resident memory of the program."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) / 1e3 for line in status if line.startswith("VmRSS"))


@contextlib.contextmanager
def on_a_terminal(command: Sequence[str], variables: dict[str, str]) -> Iterator[Terminal]:
    """Run a command on a pseudo terminal of COLUMNS x ROWS; it is ended afterwards."""
    own = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    own |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **variables}
    heard, said = os.pipe()
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.write(said, struct.pack("d", time.perf_counter()))  # the fork of this large process is not the program's
        os.execvpe(command[0], list(command), own)
    screen = Terminal(pid, fd, struct.unpack("d", os.read(heard, 8))[0])
    os.close(heard)
    os.close(said)
    try:
        yield screen
    finally:
        _end(screen)


def _end(screen: Terminal) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(screen.pid, number)
        screen.settle(0.5)
        if os.waitpid(screen.pid, os.WNOHANG)[0]:
            break
    else:
        os.waitpid(screen.pid, 0)
    os.close(screen.fd)
