"""`mlver-tui release`: tag a run as an immutable version of a model."""

from __future__ import annotations

import argparse
import getpass
import socket
from dataclasses import asdict

from ...query.views import ReleasePlan, VersionView
from ..output import Terminal, note, terminal_of, write_json, write_lines
from ..store import find_any_run, writing
from ..table import Cell


def register(parser: argparse.ArgumentParser) -> None:
    """Options of `release`."""
    parser.add_argument("ref", metavar="RUN", help="the run to release")
    parser.add_argument("model", metavar="MODEL", help="name of the model, such as digits")
    number = parser.add_mutually_exclusive_group()
    number.add_argument("--bump", choices=("major", "minor", "patch"), help="raise this part of the newest number")
    number.add_argument("--version", metavar="X.Y.Z", help="the number itself; default: patch, or 0.1.0 at first")
    parser.add_argument("-m", "--message", required=True, metavar="MESSAGE", help="why, in a sentence")
    parser.add_argument("--dry-run", action="store_true", help="say what would be released, and do nothing")
    parser.add_argument("--json", action="store_true", help='{"plan": …} and, if it was done, {"version": …}')


def run(arguments: argparse.Namespace) -> int:
    """Plan, then do it unless it is a dry run."""
    from ...registry.versions import plan_release, release

    terminal = terminal_of(arguments)
    with writing(arguments.home) as opened:
        chosen = find_any_run(opened.connection, arguments.ref)
        number = {"bump": arguments.bump, "version": arguments.version, "message": arguments.message}
        plan = plan_release(opened.connection, opened.home, chosen.id, arguments.model, **number)
        for warning in plan.warnings:
            note(terminal, f"warning: {warning}")
        version = None if arguments.dry_run else release(opened.connection, opened.home, plan, _author())
    _write(plan, version, arguments.json, terminal)
    return 0


def _write(plan: ReleasePlan, version: VersionView | None, as_json: bool, terminal: Terminal) -> None:
    if as_json:
        done = {} if version is None else {"version": asdict(version)}
        return write_json({"schema": 1, "plan": asdict(plan), **done})
    verb = "would tag" if version is None else "tagged"
    after = f", after {plan.previous}" if plan.previous else ", the first version"
    head = [Cell(f"{verb} "), Cell(f"{plan.model}:{plan.semver}", "bold"), Cell(f" (v{plan.seq}{after})")]
    lines = [head, [Cell(f"  run     {plan.run_name}  {plan.run_id}")], [Cell(f"  digest  sha256:{plan.digest}")]]
    return write_lines(terminal, lines)


def _author() -> str:
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return f"unknown@{socket.gethostname()}"
