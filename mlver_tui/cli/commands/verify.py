"""`mlver-tui verify`: is what was recorded still what is there?"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict

from ... import units
from ...errors import DiffersError, UsageError
from ...names import VersionRef, parse_ref
from ...query.views import Finding
from ..output import Progress, Terminal, terminal_of, write_json, write_lines
from ..store import Opened, reading
from ..table import Cell

DIFFERS = DiffersError.exit_code


def register(parser: argparse.ArgumentParser) -> None:
    """Options of `verify`."""
    parser.add_argument("ref", nargs="?", metavar="REF", help="a run or a version; without it, everything")
    parser.add_argument("--all", action="store_true", help="the whole store: pages, schema, history, versions, runs")
    parser.add_argument("--json", action="store_true", help='{"ok": …, "findings": [{"subject", "ok", "detail"}]}')


def run(arguments: argparse.Namespace) -> int:
    """Check; exit 4 if anything is not as recorded."""
    if arguments.ref and arguments.all:
        raise UsageError("a reference and --all cannot both be given", "leave one of them away")
    terminal = terminal_of(arguments)
    with reading(arguments.home, terminal, tolerant=True) as opened, Progress(terminal) as progress:
        findings = _findings(opened, arguments.ref, lambda done, total: progress.bar(done, total, "checked"))
    fine = all(finding.ok for finding in findings)
    if arguments.json:
        write_json({"schema": 1, "ok": fine, "findings": [asdict(finding) for finding in findings]})
    else:
        _write(findings, terminal)
    return 0 if fine else DIFFERS


def _findings(opened: Opened, ref: str | None, progress: Callable[[int, int], None]) -> list[Finding]:
    from ...registry.verify import verify_run, verify_store, verify_version

    if ref is None:
        return verify_store(opened.connection, opened.home, progress)
    if isinstance(parse_ref(ref), VersionRef):
        return verify_version(opened.connection, opened.home, ref)
    from ...query.runs import find_run

    return verify_run(opened.connection, opened.home, find_run(opened.connection, ref).id)


def _write(findings: Sequence[Finding], terminal: Terminal) -> None:
    bad = [finding for finding in findings if not finding.ok]
    write_lines(terminal, [_line(finding) for finding in findings])
    if bad:
        text = Cell(f"{units.plural(len(bad), 'finding')} of {len(findings):,} differ from the record", "bad")
    else:
        text = Cell(f"{units.plural(len(findings), 'check')}, all as recorded", "good")
    write_lines(terminal, [[text]])


def _line(finding: Finding) -> list[Cell]:
    mark = Cell("ok    ", "good") if finding.ok else Cell("DIFFER", "bad")
    return [mark, Cell(f"  {finding.subject}  "), Cell(finding.detail, "dim" if finding.ok else "")]
