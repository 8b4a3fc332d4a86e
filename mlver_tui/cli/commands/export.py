"""`mlver-tui export`: runs as one JSON document, streamed, so that many runs need little memory."""

from __future__ import annotations

import argparse
import contextlib
import sqlite3
from collections.abc import Iterator, Sequence

from ... import units
from ...query.views import RunRow
from ..output import Progress, note, terminal_of, write_document
from ..store import reading


def register(parser: argparse.ArgumentParser) -> None:
    """Options of `export`."""
    parser.add_argument("filter", nargs="*", metavar="FILTER", help="only runs that fit, such as 'project = digits'")
    parser.add_argument("--format", choices=("json",), default="json", help="json is the only one so far")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there, whole or not at all; default: stdout")


def run(arguments: argparse.Namespace) -> int:
    """Write the document."""
    from ...interop.extract import export_document
    from ...query.runs import list_runs

    terminal = terminal_of(arguments)
    with reading(arguments.home, terminal) as opened, _one_moment(opened.connection):
        rows = list_runs(opened.connection, " ".join(arguments.filter), "started", limit=None)
        with Progress(terminal) as progress:
            write_document(arguments.output, export_document(opened.connection, _counted(rows, progress)))
    if arguments.output:
        note(terminal, f"{units.plural(len(rows), 'run')} written to {arguments.output}")
    return 0


@contextlib.contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Read everything as it is now, whatever others write meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def _counted(rows: Sequence[RunRow], progress: Progress) -> Iterator[int]:
    for number, row in enumerate(rows):
        progress.bar(number, len(rows), row.name)
        yield row.pk
