"""The door from the command line into the app: is this a terminal, does the store open, is all given back at the end.

The store opens in its own thread while Textual is being imported.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..home import Home
from .backend import Backend

if TYPE_CHECKING:
    from .app import MlverApp

HINT = "use `mlver-tui runs` there"


def run_app(home: Home) -> int:
    """Open the app on a home; returns the exit status. Raises MlverError when there is no terminal or no store."""
    check_terminal()
    backend = Backend(home)
    opening = backend.open_soon()
    from .app import MlverApp  # 150 ms of imports, beside the opening of the store
    from .widgets.glyphs import GLYPHS

    opening.result()
    GLYPHS.choose(ascii_only=not _speaks_utf8())
    return asyncio.run(_run(MlverApp(backend), backend))


def check_terminal() -> None:
    """Raises UsageError where an app cannot be drawn."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the app needs a terminal for its input and output", HINT)
    if os.environ.get("TERM", "") in ("", "dumb"):
        raise UsageError(
            f"the terminal calls itself {os.environ.get('TERM') or 'nothing'}: it cannot draw the app", HINT
        )


async def _run(app: MlverApp, backend: Backend) -> int:
    stop_on_signals(app)
    try:
        status = await app.run_async(mouse=False)
    finally:
        await backend.close()
    return app.return_code or status or 0


def stop_on_signals(app: MlverApp) -> None:
    """A polite end for SIGTERM and SIGHUP, so that the terminal is not left in the app's state."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, app.exit, 128 + number)


def _speaks_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
