"""The way in and out: no app without a terminal, and a terminal given back whatever ends the app."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

from mlver_tui.errors import UsageError
from mlver_tui.home import Home
from mlver_tui.store.connection import close, open_writer
from mlver_tui.tui import start

PRIVATE = re.compile(rb"\x1b\[[<>?=][0-9;]*[a-zA-Z$]+|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""What pyte would show as letters."""

LEFT_ALTERNATE_SCREEN = b"\x1b[?1049l"
BARE = "import sys; from mlver_tui.cli.main import main; sys.exit(main(['--home', sys.argv[1]]))"
CRASHES = """
import sys, mlver_tui.tui.app as module
from mlver_tui.cli.main import main
def broken(self, backend): raise RuntimeError("a mistake of ours")
module.MlverApp.__init__ = broken
sys.exit(main(["--home", sys.argv[1]]))
"""
CRASHES_LATER = """
import sys, mlver_tui.tui.screens.runs as module
from mlver_tui.cli.main import main
def broken(self): raise RuntimeError("a mistake of ours")
module.RunsScreen.on_mount = broken
sys.exit(main(["--home", sys.argv[1]]))
"""
SUSPENDS = """
import sys, os, mlver_tui.tui.app as module
from mlver_tui.cli.main import main
async def quit(self):
    with self.suspend():
        os.write(1, b"<an editor>")
module.MlverApp.action_quit = quit
sys.exit(main(["--home", sys.argv[1]]))
"""

LOADS_SLOWLY = """
import os, sys, time, mlver_tui.tui.start as module
from mlver_tui.cli.main import main
soon = module.run_app
def later(*all):
    while not os.path.exists(sys.argv[1] + "/go"): time.sleep(0.01)
    return soon(*all)
module.run_app = later
sys.exit(main(["--home", sys.argv[1]]))
"""


class Terminal:
    """The app in a real pseudo terminal."""

    def __init__(self, home: Path, script: str = BARE, typed: bytes = b"", **variables: str) -> None:
        self.master, self.slave = pty.openpty()
        self.settings = termios.tcgetattr(self.slave)
        os.write(self.master, typed)
        environment = {**os.environ, "TERM": "xterm-256color", "LINES": "24", "COLUMNS": "80", "PYTHONUTF8": "1"}
        environment |= {"MLVER_THEME": "dark", "COLORTERM": "truecolor", **variables}
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, str(home)],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env=environment,
            start_new_session=True,
        )
        self.seen = b""

    @property
    def text(self) -> str:
        """What the terminal shows."""
        screen = pyte.Screen(80, 24)
        pyte.ByteStream(screen).feed(PRIVATE.sub(b"", self.seen))
        return "\n".join(screen.display)

    def wait_to_show(self, text: str) -> None:
        self.wait_until(lambda: text in self.text)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, f"it never came:\n{self.text}"
            assert self.pump(), f"the terminal closed before:\n{self.text}"

    def given_back(self) -> bool:
        """Own settings, own screen, own colours, visible cursor."""
        at_end = self.seen[self.seen.rindex(b"\x1b[?1049") :]
        left = at_end.startswith(LEFT_ALTERNATE_SCREEN) and b"\x1b[?25h" in at_end
        return left and termios.tcgetattr(self.slave) == self.settings

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
def open_terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """`open_terminal(script, typed)` starts the app on a home."""
    opened: list[Terminal] = []

    def start_one(script: str = BARE, typed: bytes = b"", home: Path | None = None, **variables: str) -> Terminal:
        opened.append(Terminal(home or tmp_path / "home", script, typed, **variables))
        return opened[-1]

    (tmp_path / "home").mkdir()
    close(open_writer(Home(tmp_path / "home")), Home(tmp_path / "home"))
    yield start_one
    for terminal in opened:
        if terminal.process.poll() is None:
            terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.master)
        os.close(terminal.slave)


@pytest.fixture
def terminal(open_terminal: Callable[..., Terminal]) -> Terminal:
    return open_terminal()


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A home with runs."""
    home = Home(tmp_path / "filled")
    connection = open_writer(home)
    for n in range(40):
        connection.execute(
            "INSERT INTO run (id, name, project, status, start_ms) VALUES (?, ?, 'p', 'finished', ?)",
            (f"01k6{n:022d}", f"heron-{n:02d}", 1000 + n),
        )
    close(connection, home)
    return home.root


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
    terminal.wait_to_show("No runs yet")
    assert b"\x1b[?1000h" not in terminal.seen, "the mouse stays the terminal's"
    assert b"\x1b]" not in terminal.seen, "what is not known is not sent"
    os.write(terminal.master, b"q")
    assert terminal.ended() == 0
    assert terminal.given_back()


SIGNALS = [signal.SIGTERM, *(pytest.param(number, marks=pytest.mark.slow) for number in (signal.SIGHUP, signal.SIGINT))]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_gives_the_terminal_back(terminal: Terminal, number: signal.Signals) -> None:
    terminal.wait_to_show("No runs yet")
    terminal.process.send_signal(number)
    status = terminal.ended()
    assert terminal.given_back()
    assert b"Traceback" not in terminal.seen
    assert status == 128 + number


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_before_textual_gives_the_terminal_back(
    open_terminal: Callable[..., Terminal], filled: Path, number: signal.Signals
) -> None:
    terminal = open_terminal(home=filled)
    terminal.wait_for(b"heron-39")
    terminal.process.send_signal(number)
    assert terminal.ended() == 128 + number
    assert terminal.given_back()
    assert b"Traceback" not in terminal.seen


@pytest.mark.parametrize("script", [CRASHES, CRASHES_LATER], ids=["before", "after"])
def test_a_mistake_gives_the_terminal_back_and_is_told(
    open_terminal: Callable[..., Terminal], filled: Path, script: str
) -> None:
    terminal = open_terminal(script, home=filled)
    assert terminal.ended() != 0
    assert terminal.given_back()
    assert b"a mistake of ours" in terminal.seen[terminal.seen.rindex(LEFT_ALTERNATE_SCREEN) :]


def test_the_first_rows_stay_and_nothing_is_sent_twice(open_terminal: Callable[..., Terminal], filled: Path) -> None:
    terminal = open_terminal(home=filled)
    terminal.wait_for(b"heron-39")
    assert b"[?2004h" not in terminal.seen, "Textual was up before the rows"
    terminal.wait_to_show("this run has logged no metric yet")
    terminal.wait_to_show("heron-36")
    assert terminal.seen.count(b"heron-3") == len([n for n in range(30, 40) if f"heron-{n}" in terminal.text])
    assert terminal.seen.count(b"\x1b[?1049h") == 1


def test_what_is_typed_ahead_is_kept_and_not_echoed(open_terminal: Callable[..., Terminal], filled: Path) -> None:
    terminal = open_terminal(home=filled)
    terminal.wait_for(b"heron-39")
    os.write(terminal.master, b"jj/heron-3\r")
    terminal.wait_to_show("10 of 40 runs")
    terminal.wait_until(lambda: "▌   heron-37" in terminal.text)
    assert "/heron" not in terminal.text
    os.write(terminal.master, b"q")
    assert terminal.ended() == 0
    assert terminal.given_back()


@pytest.mark.parametrize(("keys", "run"), [(b"jjj\x1b[Akj", 37), (b"jjGk", 1), (b"jj\x1b", 37), (b"kkj", 38)])
def test_keys_are_answered_before_textual_is_loaded(
    open_terminal: Callable[..., Terminal], filled: Path, keys: bytes, run: int
) -> None:
    terminal = open_terminal(LOADS_SLOWLY, home=filled)
    terminal.wait_to_show("▌   heron-39")
    for key in re.findall(rb"\x1b\[A|.", keys, re.DOTALL):
        os.write(terminal.master, key)
    known = re.match(rb"(?:[jk]|\x1b\[A)*", keys)
    assert known is not None
    if keys == known[0] and not keys.startswith(b"k"):  # at the first other key the rest waits
        terminal.wait_to_show(f"▌   heron-{run:02d}")
    (filled / "go").touch()
    terminal.wait_until(lambda: f"▌   heron-{run:02d}" in terminal.text and "no metric yet" in terminal.text)
    os.write(terminal.master, b"\r")
    terminal.wait_until(lambda: f"heron-{run:02d}" in terminal.text and "▌   heron" not in terminal.text)
    os.write(terminal.master, b"q")
    assert terminal.ended() == 0
    assert terminal.given_back()


def test_an_editor_gets_the_terminal_as_it_was(open_terminal: Callable[..., Terminal], filled: Path) -> None:
    terminal = open_terminal(SUSPENDS, home=filled)
    terminal.wait_to_show("this run has logged no metric yet")
    before = terminal.text
    os.write(terminal.master, b"q")
    terminal.wait_for(b"<an editor>")
    left = terminal.seen.index(LEFT_ALTERNATE_SCREEN)
    assert left < terminal.seen.index(b"<an editor>")
    terminal.wait_until(lambda: terminal.text == before)


def test_redraw_sends_the_whole_screen(open_terminal: Callable[..., Terminal], filled: Path) -> None:
    terminal = open_terminal(home=filled)
    terminal.wait_to_show("this run has logged no metric yet")
    before, shown = len(terminal.seen), terminal.text
    os.write(terminal.slave, b"\x1b[2Jsomebody else wrote this")
    os.write(terminal.master, b"\x0c")
    terminal.wait_until(lambda: b"heron-39" in terminal.seen[before:] and terminal.text == shown)
    assert terminal.seen[before:].count(b"heron-39") == 1


def test_a_resized_terminal_is_drawn_anew(open_terminal: Callable[..., Terminal], filled: Path) -> None:
    terminal = open_terminal(home=filled, LINES="", COLUMNS="")
    fcntl.ioctl(terminal.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    terminal.wait_to_show("heron-39")
    terminal.wait_for(b"[?2004h")
    before = len(terminal.seen)
    fcntl.ioctl(terminal.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 60, 0, 0))
    terminal.process.send_signal(signal.SIGWINCH)
    deadline = time.monotonic() + 30
    while b"heron-39" not in terminal.seen[before:]:
        assert time.monotonic() < deadline
        terminal.pump()
    fcntl.ioctl(terminal.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 1, 1, 0, 0))
    terminal.process.send_signal(signal.SIGWINCH)
    os.write(terminal.master, b"q")
    assert terminal.ended() == 0


def test_no_colour_and_ascii_only(open_terminal: Callable[..., Terminal], filled: Path) -> None:
    terminal = open_terminal(home=filled, NO_COLOR="1", MLVER_ASCII="1")
    terminal.wait_to_show("this run has logged no metric yet")
    assert not re.search(rb"\x1b\[[0-9;]*[34]8;|\x1b\[(?:\d+;)*[349][0-7]m", terminal.seen)
    assert terminal.text.isascii()


def test_a_terminal_of_other_letters_gets_ascii(open_terminal: Callable[..., Terminal], filled: Path) -> None:
    terminal = open_terminal(home=filled, PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONCOERCECLOCALE="0")
    terminal.wait_to_show("this run has logged no metric yet")
    assert terminal.seen.isascii()
    assert "+ finished" in terminal.text
