"""`mlver-tui run`: record any command as a run."""

from __future__ import annotations

import argparse

from ...errors import UsageError
from ...home import find_home
from ..output import note, say_error, terminal_of


def register(parser: argparse.ArgumentParser) -> None:
    """Options of `run`."""
    parser.usage = "mlver-tui run [--name N] [--project P] -- CMD …"
    parser.description = (
        "Record any command as a run: code, environment, argv, console, exit status. "
        "What it reads and writes passes through unchanged."
    )
    parser.add_argument("--name", metavar="N", help="name of the run; default: one like brisk-otter-14")
    parser.add_argument("--project", metavar="P", help="project it stands under; default: the folder's name")


def run(arguments: argparse.Namespace) -> int:
    """Run the command; the exit status is the command's own."""
    from ..recording import record

    if not arguments.foreign:
        raise UsageError("the command to run is missing", "mlver-tui run -- python train.py --lr 0.01")
    for text in (arguments.name, arguments.project):
        _check(text)
    home = find_home(arguments.home).create()
    recorded = record(home, arguments.foreign, arguments.name, arguments.project)
    if recorded.failure and recorded.exit_code in (126, 127):
        say_error(recorded.failure, f"the failed run is kept as {recorded.name}")
    else:
        note(terminal_of(arguments), f"mlver-tui: recorded as {recorded.name} ({recorded.run_id[-6:]})")
    return recorded.exit_code


def _check(text: str | None) -> None:
    if text is not None and (not text.strip() or len(text) > 250):
        raise UsageError("a name is 1 to 250 characters", "leave it away to get one like brisk-otter-14")
