"""The door from the command line into the app: is this a terminal, does the store open, is all given back at the end.

The store opens in its own thread while Textual is being imported; the first rows may be on the terminal already.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from concurrent.futures import Future
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..home import Home
from .backend import Backend

if TYPE_CHECKING:
    from .app import MlverApp
    from .prepaint import FirstSight

SWITCH_S = 0.001
"""A thread that wants to run waits so long for one that does: the store's answer and the terminal's bytes go first."""
HINT = "use `mlver-tui runs` there"


def run_app(home: Home, first: FirstSight | None = None) -> int:
    """Open the app on a home, over what is painted already; returns the exit status.

    Raises MlverError when there is no terminal or no store.
    """
    check_terminal()
    gc.disable()  # what is made now stays; the app collects again once it shows its first rows
    backend = Backend(home)
    opening = backend.open_soon()
    from .app import MlverApp  # 150 ms of imports, beside the opening of the store
    from .driver import CellDriver
    from .first_theme import ascii_wanted
    from .terminal.facts import encoding
    from .widgets.glyphs import GLYPHS

    sys.setswitchinterval(SWITCH_S)
    if opening.done():
        opening.result()
    GLYPHS.choose(ascii_only=ascii_wanted(encoding()))
    CellDriver.first = first
    return asyncio.run(_run(MlverApp(backend), backend, opening))


def check_terminal() -> None:
    """Raises UsageError where an app cannot be drawn."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the app needs a terminal for its input and output", HINT)
    if os.environ.get("TERM", "") in ("", "dumb"):
        raise UsageError(
            f"the terminal calls itself {os.environ.get('TERM') or 'nothing'}: it cannot draw the app", HINT
        )


async def _run(app: MlverApp, backend: Backend, opening: Future[None]) -> int:
    stop_on_signals(app)
    leave_if_closed(app, opening)
    try:
        status = await app.run_async(mouse=False)
    finally:
        await backend.close()
    if opening.done():
        opening.result()
    return app.return_code or status or 0


def stop_on_signals(app: MlverApp) -> None:
    """A polite end for SIGTERM and SIGHUP, so that the terminal is not left in the app's state."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, app.exit, 128 + number)


def leave_if_closed(app: MlverApp, opening: Future[None]) -> None:
    """A store that turns out not to open ends the app; the error is for the command line to say."""
    loop = asyncio.get_running_loop()

    def opened(done: Future[None]) -> None:
        if done.exception() is not None:
            loop.call_soon_threadsafe(app.exit, 1)

    opening.add_done_callback(opened)
