"""The way in and out: no app without a terminal, and a terminal given back whatever ends the app."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlver_tui.errors import UsageError
from mlver_tui.tui import start

LEFT_ALTERNATE_SCREEN = b"\x1b[?1049l"
SCRIPT = """
import sys
from pathlib import Path
from mlver_tui.home import Home
from mlver_tui.tui.start import run_app
sys.exit(run_app(Home(Path(sys.argv[1]))))
"""


class Terminal:
    """The app in a real pseudo terminal."""

    def __init__(self, home: Path) -> None:
        self.master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", "LINES": "24", "COLUMNS": "80", "PYTHONUTF8": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(home)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = b""

    def wait_for(self, text: bytes) -> None:
        deadline = time.monotonic() + 60
        while text not in self.seen:
            assert time.monotonic() < deadline, f"{text!r} never came; the end was {self.seen[-300:]!r}"
            assert self.pump(), f"the terminal closed before {text!r}: {self.seen[-300:]!r}"

    def pump(self) -> bool:
        ready, _, _ = select.select([self.master], [], [], 0.2)
        if not ready:
            return True
        try:
            part = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += part
        return bool(part)

    def ended(self) -> int:
        deadline = time.monotonic() + 60
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "the app did not end"
            self.pump()
        while self.pump() and select.select([self.master], [], [], 0.1)[0]:
            continue
        return self.process.returncode


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path / "home")
    yield opened
    if opened.process.poll() is None:
        opened.process.kill()
    opened.process.wait()
    os.close(opened.master)


def test_no_app_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: SIM115
    with pytest.raises(UsageError, match="needs a terminal") as caught:
        start.check_terminal()
    assert caught.value.exit_code == 2
    assert "mlver-tui runs" in caught.value.hint


def test_no_app_on_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tty:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Tty())
    monkeypatch.setattr(sys, "stdout", Tty())
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(UsageError, match="dumb"):
        start.check_terminal()


def test_q_leaves_and_gives_the_terminal_back(terminal: Terminal) -> None:
    terminal.wait_for(b"No runs yet")
    os.write(terminal.master, b"q")
    assert terminal.ended() == 0
    assert LEFT_ALTERNATE_SCREEN in terminal.seen


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_gives_the_terminal_back(terminal: Terminal, number: signal.Signals) -> None:
    terminal.wait_for(b"No runs yet")
    terminal.process.send_signal(number)
    status = terminal.ended()
    assert LEFT_ALTERNATE_SCREEN in terminal.seen
    assert b"Traceback" not in terminal.seen
    assert status == 128 + number


def test_mouse_is_never_switched_on(terminal: Terminal) -> None:
    terminal.wait_for(b"No runs yet")
    assert b"\x1b[?1000h" not in terminal.seen
