"""`mlver-tui note`: the free text of a run."""

from __future__ import annotations

import argparse

from ...errors import UsageError
from ..output import terminal_of, write_json, write_line
from ..store import find_any_run, writing
from ..table import Cell


def register(parser: argparse.ArgumentParser) -> None:
    """Options of `note`."""
    parser.add_argument("ref", metavar="REF", help="a run")
    parser.add_argument("text", nargs="+", metavar="TEXT", help='replaces the note; "" takes it away')
    parser.add_argument("--json", action="store_true", help='{"run": {"id", "name", "notes"}}')


def run(arguments: argparse.Namespace) -> int:
    """Replace the note."""
    from ...store.connection import transaction
    from ...store.runs import set_notes

    text = _valid(" ".join(arguments.text))
    with writing(arguments.home) as opened:
        found = find_any_run(opened.connection, arguments.ref)
        with transaction(opened.connection, opened.home):
            set_notes(opened.connection, found.pk, text)
    if arguments.json:
        write_json({"schema": 1, "run": {"id": found.id, "name": found.name, "notes": text}})
    else:
        write_line(terminal_of(arguments), [Cell(found.name, "bold"), Cell("  "), Cell(text)])
    return 0


def _valid(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError("the note is not valid text", "use characters that UTF-8 has") from None
    return text
