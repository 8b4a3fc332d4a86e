"""Textual's driver, but only cells that changed are sent; modes once, unknown escapes never.

It keeps the picture of the terminal, and the terminal's own settings to give back. What is drawn is Textual's.
"""

from __future__ import annotations

import re
import sys
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.message import Message

from .messages import KeyAnswered
from .terminal import facts
from .terminal.frames import paint
from .terminal.grid import CellGrid
from .terminal.pens import Pens

if TYPE_CHECKING:
    from textual.app import App

    from .prepaint import FirstSight

SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
LARGE = 1500
"""A frame of more bytes than this is shown at once by terminals that can; smaller ones arrive in one piece."""
ALTERNATE, ALTERNATE_OFF = "\x1b[?1049h", "\x1b[?1049l"
KEY_WAIT_S, READ_WAIT_S = 0.25, 1.0
"""So long a key is waited for at most, and the first rows before it."""
_FRAME = re.compile(r"\x1b\[\d+;\d+H|[^\x1b]")
_MODE = re.compile(
    r"\x1b\[\?(?P<mode>\d+)(?P<state>[hl])"  # switches
    r"|\x1b\[[<>=]?\d*u"  # kitty keys
    r"|\x1b\[\?\d+\$p"  # questions about modes
    r"|\x1b\]52;c;[A-Za-z0-9+/=]*(?:\x07|\x1b\\)"  # the clipboard
    r"|\x1b\[\d* q"  # shape of the cursor
    r"|\x07"
)
_MOUSE = frozenset(("1000", "1002", "1003", "1006", "1015", "1016"))


class CellDriver(LinuxDriver):
    """Sends differences. `first` is what was painted before Textual was loaded, if anything was."""

    first: ClassVar[FirstSight | None] = None

    def __init__(self, app: App[Any], *, debug: bool, mouse: bool, size: tuple[int, int] | None) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._file = sys.__stdout__  # a person may send stderr to a file
        self._answered, self._read = Event(), Event()
        self._modes: dict[str, str] = {}
        self._first: FirstSight | None = None
        self._sync = self._started = self._held = False
        self._cursor = (0, 0)
        self._again = b""
        self.grid = self._take_over()

    def _take_over(self) -> CellGrid:
        first, CellDriver.first = CellDriver.first, None
        if first is None or first.grid is None:
            return new_grid()
        self._first, self._held = first, True
        self._modes = {"1049": "h", "25": "l"}
        return first.grid

    # the terminal

    def start_application_mode(self) -> None:
        if self._first is not None:
            self._again = self._first.stop_keys()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._first is not None:
            self.attrs_before, self._first.taken, self._first = self._first.settings, True, None
        if self._started:  # back from a suspension
            self.redraw()
        self._started = True

    def stop_application_mode(self) -> None:
        super().write(self.grid.reset_pen())
        super().stop_application_mode()
        self._modes.clear()

    def disable_input(self) -> None:
        self._answered.set()  # nobody answers keys any more
        self._read.set()
        super().disable_input()

    def redraw(self) -> None:
        """Send the whole screen again: nothing is known about what the terminal shows."""
        self.grid.forget()
        self._send(self._cursor)

    def release(self) -> None:
        """Show what was painted. Until then the first rows stay: an app that has read nothing yet is empty."""
        self.take_keys()
        if self._held:
            self._held = False
            self._send(self._cursor)

    # keys

    def take_keys(self) -> None:
        """There are rows now: keys typed ahead mean them."""
        self._read.set()

    @property
    def repeats(self) -> bool:
        """True while keys that were answered before the app stood are done again, for it to know of them."""
        return bool(self._again)

    def run_input_thread(self) -> None:
        for event in XTermParser(False).feed(self._again.decode("utf-8", "replace")):
            self.process_message(event)
        self._again = b""
        super().run_input_thread()

    def process_message(self, message: Message) -> None:
        """Runs in the input thread. The next key waits until this one was answered, so that what a key opens gets the
        keys after it, however fast they come."""
        if isinstance(message, Key):
            self._read.wait(READ_WAIT_S)  # a key typed ahead is meant for the rows, not for an empty table
        super().process_message(message)
        if isinstance(message, Key):
            self._answered.clear()
            self._loop.call_soon_threadsafe(self._app.call_later, self._ask_for_answer)
            self._answered.wait(KEY_WAIT_S)

    def _ask_for_answer(self) -> None:
        """Send a message after the key, on the way that keys take."""
        (self._app.focused or self._app.screen).post_message(KeyAnswered(self._answered.set))

    # what Textual sends

    def write(self, data: str) -> None:
        if data in (SYNC_START, SYNC_END):
            self._sync = True
        elif _FRAME.match(data):
            self._paint(data)
        else:
            self._pass_on(data)

    def _pass_on(self, data: str) -> None:
        """One escape that is no frame; it goes to the terminal if it is known and changes anything."""
        match = _MODE.fullmatch(data)
        if match is None:
            return
        mode, state = match["mode"], match["state"]
        if mode is not None and (self._modes.get(mode) == state or (mode in _MOUSE and not self._mouse)):
            return
        if mode is not None:
            self._modes[mode] = state
        super().write(data)

    def _paint(self, frame: str) -> None:
        size = facts.size()
        if size != (self.grid.columns, self.grid.rows):
            self.grid.resize(*size)
        cursor = paint(self.grid, frame)
        if not self._held:
            self._send(cursor)

    def _send(self, cursor: tuple[int, int]) -> None:
        out = self.grid.changes()
        if cursor != self._cursor:  # a person is typing there
            self._cursor = cursor
            out += self.grid.move(*cursor)
        if self._sync and len(out) > LARGE:
            out = f"{SYNC_START}{out}{SYNC_END}"
        if out:
            super().write(out)


def new_grid() -> CellGrid:
    """An empty picture of the terminal; nothing is known about what it shows."""
    return CellGrid(
        *facts.size(), Pens(colour=facts.has_colour()), erases=facts.fills_erased(), encoding=facts.lacking()
    )
