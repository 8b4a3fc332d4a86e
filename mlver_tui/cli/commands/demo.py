"""`mlver-tui demo`: a throw-away home, filled by training for real, and the app on it."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from ...errors import MlverError, UsageError
from ...home import Home
from ..output import Progress, note, terminal_of


def register(parser: argparse.ArgumentParser) -> None:
    """Options of `demo`."""
    parser.description = f"{parser.description} Without --home it lands in the temporary folder."
    parser.add_argument("--no-app", action="store_true", help="train, print the home on stdout, and end")


def run(arguments: argparse.Namespace) -> int:
    """Train, then open the app; or only print where the home is."""
    from ...demo.sweep import SweepError, run_demo

    terminal = terminal_of(arguments)
    if not arguments.no_app:
        _check_terminal()
    home = _new_home(arguments.home)
    with Progress(terminal) as progress:
        note(terminal, "training a dozen small networks on the Palmer penguins, about ten seconds …")
        try:
            run_demo(home.root, progress.bar)
        except SweepError as error:
            raise MlverError(f"the demo could not be trained: {error}", "its words are above") from error
    if arguments.no_app:
        print(home.root)
        return 0
    from ...tui.start import run_app

    status = run_app(home)
    note(terminal, f"the demo's home stays at {home.root}; open it again with: mlver-tui {home.root}")
    return status


def _check_terminal() -> None:
    """Say at once, not after ten seconds of training, that there is no terminal to show the app on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the app needs a terminal", "mlver-tui demo --no-app trains and prints the home")


def _new_home(folder: str | None) -> Home:
    if folder is None:
        return Home(Path(tempfile.mkdtemp(prefix="mlver-"), "demo")).create()
    home = Home(Path(os.path.abspath(os.path.expanduser(folder))))
    return home.create()
