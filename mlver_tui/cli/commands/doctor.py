"""`mlver-tui doctor`: one line per finding, with the way out; `--rebuild` makes a damaged database anew."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict

from ... import units
from ...errors import DiffersError, RefusedError, UsageError
from ...home import FOLDER_NAME, HOME_VARIABLE, Home, find_home
from ...registry.doctor import Remark, examine, plan_rebuild
from ..machine import look_around
from ..output import Terminal, terminal_of, write_json, write_lines
from ..table import Cell, Style

DIFFERS = DiffersError.exit_code
_MARKS: dict[str, Style] = {"ok": "good", "warn": "warn", "bad": "bad"}


def register(parser: argparse.ArgumentParser) -> None:
    """Options of `doctor`."""
    parser.add_argument("--rebuild", action="store_true", help="make the database anew from journals and readable rows")
    parser.add_argument("--yes", action="store_true", help="with --rebuild: do not ask")
    parser.add_argument(
        "--json", action="store_true", help='{"ok", "findings": [{"word", "subject", "detail", "hint"}]}'
    )


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 if nothing is bad, 1 if the home cannot be used, 4 if the store is damaged."""
    if arguments.yes and not arguments.rebuild:
        raise UsageError("--yes goes with --rebuild", "mlver-tui doctor --help shows how")
    terminal = terminal_of(arguments)
    home, why = find_home(arguments.home), _why(arguments.home)
    done: list[str] = []
    if arguments.rebuild:
        done = _rebuild(home.check(), terminal, ask=not arguments.yes)
    remarks = [*examine(home, why), *look_around()]
    if arguments.json:
        fine = not any(remark.word == "bad" for remark in remarks)
        write_json({"schema": 1, "ok": fine, "rebuilt": done, "findings": [asdict(remark) for remark in remarks]})
    else:
        write_lines(terminal, [[Cell("rebuilt  ", "bold"), Cell(line)] for line in done])
        _write(remarks, terminal)
    return _status(remarks)


def _status(remarks: Sequence[Remark]) -> int:
    bad = {remark.subject for remark in remarks if remark.word == "bad"}
    if not bad:
        return 0
    return 1 if bad <= {"home", "lock"} else DIFFERS


def _why(given: str | None) -> str:
    if given is not None:
        return "given with --home"
    if os.environ.get(HOME_VARIABLE):
        return f"from {HOME_VARIABLE}"
    if find_home().root.name == FOLDER_NAME:
        return f"the nearest {FOLDER_NAME} upward from here"
    return f"the usual place: no --home, no {HOME_VARIABLE}, no {FOLDER_NAME} upward from here"


def _rebuild(home: Home, terminal: Terminal, *, ask: bool) -> list[str]:
    from ...store.rebuild import rebuild

    if ask:
        needed = any(remark.word == "bad" for remark in examine(home, ""))
        doubt = [] if needed else ["nothing was found to be damaged: a rebuild is not needed"]
        write_lines(terminal, [[Cell("plan     ", "bold"), Cell(line)] for line in [*plan_rebuild(home), *doubt]])
        if not sys.stdin.isatty():
            raise UsageError("nobody is there to agree to a rebuild", "look at the plan above, then add --yes")
        print("Rebuild now? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise RefusedError("nothing was changed", "answer y to rebuild")
    return rebuild(home)


def _write(remarks: Sequence[Remark], terminal: Terminal) -> None:
    wide = max(len(remark.subject) for remark in remarks)
    for remark in remarks:
        mark = Cell(f"{remark.word:<4}  ", _MARKS[remark.word])
        write_lines(terminal, [[mark, Cell(f"{remark.subject:<{wide}}  ", "dim"), Cell(remark.detail)]])
        if remark.hint and remark.word != "ok":
            write_lines(terminal, [[Cell(f"{'':<{wide + 8}}{remark.hint}", "accent")]])
    write_lines(terminal, [[_verdict(remarks)]])


def _verdict(remarks: Sequence[Remark]) -> Cell:
    bad = sum(remark.word == "bad" for remark in remarks)
    warned = sum(remark.word == "warn" for remark in remarks)
    if bad:
        return Cell(f"{units.plural(bad, 'problem')}, {units.plural(warned, 'warning')}", "bad")
    return Cell(f"nothing is wrong, {units.plural(warned, 'warning')}", "warn" if warned else "good")
