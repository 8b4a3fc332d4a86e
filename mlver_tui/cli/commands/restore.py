"""`mlver-tui restore`: plan, rebuild, and say how the result compares with the record."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from ... import units
from ...errors import DiffersError, RefusedError, RestoreError
from ...query.views import PackageVerdict, RestorePart, RestorePlan, RestoreVerdict
from ..output import Progress, Terminal, say_error, terminal_of, write_json, write_lines
from ..store import Opened, find_any_run, writing
from ..table import Cell, Column, Style, lay_out

DIFFERS = DiffersError.exit_code
_PARTS = {"env": "environment", "code": "code", "data": "data"}
_AS_RECORDED = ("exact", "same files, other origin")
_STYLES: dict[str, Style] = {"exact": "good", "same files, other origin": "good", "missing": "bad"}
Lines = list[list[Cell]]
_PACKAGE_COLUMNS = [
    Column("package", gives_way=1, least=16),
    Column("recorded"),
    Column("found"),
    Column("verdict"),
    Column("why", gives_way=2, least=20),
]


def register(parser: argparse.ArgumentParser) -> None:
    """Options of `restore`."""
    parser.add_argument("ref", metavar="REF", help="a run, or a version: the run it was made from")
    parser.add_argument("--to", required=True, metavar="DIR", help="a new or empty folder")
    for flag, part in _PARTS.items():
        parser.add_argument(f"--{flag}", action="store_true", help=f"the {part} only; default: every part")
    parser.add_argument("--lock-only", action="store_true", help="write the lock file, install nothing")
    parser.add_argument("--dry-run", action="store_true", help="print the plan, write nothing")
    parser.add_argument("--json", action="store_true", help='{"plan": …} and, if it was done, {"verdict": …}')


def run(arguments: argparse.Namespace) -> int:
    """Plan, do it unless it is a dry run; exit 4 when the result is not as recorded."""
    from ...restore.plan import make_plan

    terminal = terminal_of(arguments)
    with writing(arguments.home) as opened:
        chosen = find_any_run(opened.connection, arguments.ref)
        plan = make_plan(opened.connection, opened.home, chosen.id, Path(arguments.to).expanduser().absolute())
        _check_parts(plan, arguments)
        if not arguments.json:
            write_lines(terminal, describe_plan(plan))
            sys.stdout.flush()
        verdict = None if arguments.dry_run else _restore(opened, plan, arguments, terminal)
    if arguments.json:
        done = {} if verdict is None else {"verdict": asdict(verdict)}
        write_json({"schema": 1, "plan": asdict(plan), **done})
    elif verdict is not None:
        write_lines(terminal, describe_verdict(verdict, terminal.width))
    return 0 if verdict is None or arguments.lock_only or verdict.word in _AS_RECORDED else DIFFERS


def _check_parts(plan: RestorePlan, arguments: argparse.Namespace) -> None:
    """Code and data alone cannot be brought back yet: say where they are instead of doing something else."""
    asked = [part for flag, part in _PARTS.items() if getattr(arguments, flag)]
    if not asked or "environment" in asked:
        return
    ways = [part.detail for part in plan.parts if part.part in asked]
    raise RefusedError(f"the {' and the '.join(asked)} of {plan.run_name} cannot be restored yet", "; ".join(ways))


def _restore(opened: Opened, plan: RestorePlan, arguments: argparse.Namespace, terminal: Terminal) -> RestoreVerdict:
    from ...restore.apply import restore

    with Progress(terminal) as progress, _signals_cancel() as signals:
        try:
            return restore(
                opened.connection,
                opened.home,
                plan,
                progress=progress.show,
                cancelled=lambda: bool(signals),
                lock_only=arguments.lock_only,
            )
        except RestoreError as error:
            if signals:
                raise SystemExit(_say_cancelled(error, signals[0], progress)) from error
            raise


@contextlib.contextmanager
def _signals_cancel() -> Iterator[list[int]]:
    """Signals that came: the first one lets the restore clean up after itself, a second one ends it at once."""
    came: list[int] = []

    def take(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        if len(came) > 1:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, take) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say_cancelled(error: RestoreError, number: int, progress: Progress) -> int:
    progress.clear()
    say_error(error.message, error.hint)
    return 128 + number


def describe_plan(plan: RestorePlan) -> Lines:
    """What will be done, before it is done."""
    facts = [
        ("to", plan.target),
        ("python", plan.python or "none that fits was found"),
        ("installer", plan.installer or "none was found"),
        ("lock file", f"{plan.lock_name}: {plan.lock_reason}"),
        ("packages", f"{plan.packages:,}"),
    ]
    columns = [Column("part"), Column("expected"), Column("source"), Column("bytes", right=True)]
    rows = [_part(part) for part in plan.parts]
    if all(part.bytes is None for part in plan.parts):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return [
        [Cell("restore "), Cell(plan.run_name, "bold"), Cell(f"  {plan.run_id}", "dim")],
        *([Cell(f"  {name:<10}", "dim"), Cell(text)] for name, text in facts),
        [],
        *lay_out(columns, rows, None),
        [],
        *([Cell(f"  {part.part}: {part.detail}", "dim")] for part in plan.parts if part.detail),
        *([Cell(f"  note: {problem}", "warn")] for problem in plan.problems),
        [],
    ]


def describe_verdict(verdict: RestoreVerdict, width: int | None) -> Lines:
    """The result: every package that is not exactly as recorded, what was not compared, and one sentence."""
    off = [package for package in verdict.packages if package.word != "exact"]
    columns = [
        Column("package", gives_way=1, least=16),
        Column("recorded"),
        Column("found"),
        Column("verdict"),
        Column("why", gives_way=2, least=20),
    ]
    table = [*lay_out(columns, [_package(package) for package in off], width), []] if off else []
    return [
        *table,
        *([Cell(f"not compared: {text}", "warn")] for text in verdict.unchecked),
        *([[Cell(_counted(verdict, len(off)))]] if verdict.packages else []),
        [Cell(verdict.word, _style(verdict.word)), Cell(f"  {verdict.summary}")],
    ]


def _counted(verdict: RestoreVerdict, off: int) -> str:
    exact = f"{len(verdict.packages) - off:,} of {units.plural(len(verdict.packages), 'package')} exact"
    return f"{exact}, Python {verdict.python_recorded} recorded, {verdict.python_found} found"


def _package(package: PackageVerdict) -> list[Cell]:
    return [
        Cell(package.name),
        Cell(package.recorded or "–"),
        Cell(package.found or "–"),
        Cell(package.word, _style(package.word)),
        Cell(package.why, "dim"),
    ]


def _part(part: RestorePart) -> list[Cell]:
    expected = Cell(part.expected, _style(part.expected))
    return [Cell(f"  {part.part}"), expected, Cell(part.source), Cell(units.bytes_(part.bytes))]


def _style(word: str) -> Style:
    return _STYLES.get(word, "warn")
