"""`mlver-tui tag`: the free labels of runs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ...errors import UsageError
from ...query.views import RunView
from ..output import Terminal, terminal_of, write_json, write_line
from ..store import Opened, find_any_run, reading, writing
from ..table import Cell


def register(parser: argparse.ArgumentParser) -> None:
    """Options of `tag`."""
    parser.add_argument("refs", nargs="+", metavar="REF", help="runs")
    parser.add_argument("--add", action="append", default=[], metavar="TAG", help="label them; may be repeated")
    parser.add_argument(
        "--remove", action="append", default=[], metavar="TAG", help="take a label off; may be repeated"
    )
    parser.add_argument("--json", action="store_true", help='{"runs": [{"id", "name", "tags"}]}')


def run(arguments: argparse.Namespace) -> int:
    """Change tags, then say what they are; without --add and --remove only the second."""
    terminal = terminal_of(arguments)
    _check(arguments.add)
    changes = bool(arguments.add or arguments.remove)
    with writing(arguments.home) if changes else reading(arguments.home, terminal) as opened:
        runs = [find_any_run(opened.connection, ref) for ref in arguments.refs]
        if changes:
            runs = _change(opened, runs, arguments)
    _write(runs, arguments.json, terminal)
    return 0


def _check(tags: Sequence[str]) -> None:
    for tag in tags:
        if not tag.strip() or len(tag) > 250:
            raise UsageError("a tag is 1 to 250 characters", "write --add baseline")
        try:
            tag.encode("utf-8")
        except UnicodeEncodeError:
            raise UsageError("the tag is not valid text", "use characters that UTF-8 has") from None


def _change(opened: Opened, runs: Sequence[RunView], arguments: argparse.Namespace) -> list[RunView]:
    from ...query.runs import read_run
    from ...store.connection import transaction
    from ...store.runs import set_tags

    with transaction(opened.connection, opened.home):
        for found in runs:
            set_tags(opened.connection, found.pk, add=arguments.add, remove=arguments.remove)
    return [read_run(opened.connection, found.pk) for found in runs]


def _write(runs: Sequence[RunView], as_json: bool, terminal: Terminal) -> None:
    if as_json:
        objects = [{"id": found.id, "name": found.name, "tags": list(found.tags)} for found in runs]
        return write_json({"schema": 1, "runs": objects})
    for found in runs:
        tags = Cell(", ".join(found.tags)) if found.tags else Cell("no tags", "dim")
        write_line(terminal, [Cell(found.name, "bold"), Cell("  "), tags])
    return None
