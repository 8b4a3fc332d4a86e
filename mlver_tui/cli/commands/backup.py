"""`mlver-tui backup FILE`: everything that was logged until now, in one file that opens as a home's database."""

from __future__ import annotations

import argparse
from pathlib import Path

from ... import units
from ..output import Progress, note, terminal_of, write_json
from ..store import reading


def register(parser: argparse.ArgumentParser) -> None:
    """Options of `backup`."""
    parser.add_argument("file", metavar="FILE", help="where to; must not exist yet")
    parser.add_argument("--json", action="store_true", help='{"file", "bytes", "runs"}')


def run(arguments: argparse.Namespace) -> int:
    """Fold, copy, prove the copy; nothing is left behind if that fails."""
    from ...query.runs import count_runs
    from ...store.backup import backup

    terminal = terminal_of(arguments)
    target = Path(arguments.file).expanduser().absolute()
    with reading(arguments.home, terminal) as opened, Progress(terminal) as progress:
        size = backup(opened.connection, target, lambda done, total: progress.bar(done, total, "pages copied"))
        runs = count_runs(opened.connection) + count_runs(opened.connection, deleted=True)
    if arguments.json:
        write_json({"schema": 1, "file": str(target), "bytes": size, "runs": runs})
    else:
        note(terminal, f"{units.plural(runs, 'run')} in {target} ({units.bytes_(size)}), copied and checked")
        note(terminal, "to use it: put it into an empty folder as runs.db, and give that folder with --home")
    return 0
