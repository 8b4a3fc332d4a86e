"""`mlver-tui show`: everything about one run, or one version of a model."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from ...clock import now_ms
from ...names import VersionRef, parse_ref
from ...query.views import RunView
from ..child import CONSOLE
from ..describe import describe_run, describe_version
from ..output import Terminal, terminal_of, write_json, write_lines
from ..store import Opened, reading


def register(parser: argparse.ArgumentParser) -> None:
    """Options of `show`."""
    parser.add_argument("ref", metavar="REF", help="a run or a version")
    parser.add_argument(
        "--json", action="store_true", help="a run: the object of `export`, points too; a version: its record"
    )


def run(arguments: argparse.Namespace) -> int:
    """Show one thing."""
    terminal = terminal_of(arguments)
    is_version = isinstance(parse_ref(arguments.ref), VersionRef)
    with reading(arguments.home, terminal) as opened:
        show = _show_version if is_version else _show_run
        show(opened, arguments, terminal)
    return 0


def _show_run(opened: Opened, arguments: argparse.Namespace, terminal: Terminal) -> None:
    from ...query.runs import find_run

    found = find_run(opened.connection, arguments.ref)
    if not arguments.json:
        return _write_run(opened, found, terminal)
    from ...interop.extract import run_object

    write_json({"schema": 1, "runs": [run_object(opened.connection, found.pk, points=True)]})
    return None


def _write_run(opened: Opened, found: RunView, terminal: Terminal) -> None:
    from ...query.snapshots import environment_of, list_restores

    environment = environment_of(opened.connection, found.environment_id)
    restores = list_restores(opened.connection, found.id)
    console = opened.home.runs / found.id / CONSOLE
    lines = describe_run(
        found,
        environment,
        restores,
        console=str(console) if console.exists() else "",
        now_ms=now_ms(),
        width=terminal.width,
    )
    write_lines(terminal, lines)


def _show_version(opened: Opened, arguments: argparse.Namespace, terminal: Terminal) -> None:
    from ...query.registry import find_version

    version = find_version(opened.connection, arguments.ref)
    if arguments.json:
        write_json({"schema": 1, "version": asdict(version)})
    else:
        write_lines(terminal, describe_version(version))
