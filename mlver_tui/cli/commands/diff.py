"""`mlver-tui diff`: two or more runs side by side."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import get_args

from ...errors import UsageError
from ...query.views import Diff, DiffRow, DiffSection
from ..comparison import as_html, as_markdown, as_text
from ..output import Terminal, terminal_of, write_document, write_json, write_lines
from ..store import find_any_run, reading

_RECORDED: tuple[str, ...] = get_args(DiffSection)
_NOT_YET = ("data", "model")
_WORDS = {"code": "code", "env": "environment", "command": "command", "hardware": "hardware"}
"""How a part is called where it says that it was not recorded."""


def register(parser: argparse.ArgumentParser) -> None:
    """Options of `diff`."""
    parser.description = f"{parser.description} Differences are no failure: exit 0 either way."
    parser.add_argument("refs", nargs="+", metavar="REF", help="two runs or more; the first is the base")
    parser.add_argument("--only", metavar="PARTS", help=f"some of {','.join((*_RECORDED, *_NOT_YET))}")
    parser.add_argument("--format", choices=("text", "md", "json", "html"), default="text", help="default: text")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="short for --format json")
    parser.add_argument("--all", action="store_true", help="same values too, not only what differs or is unknown")


def run(arguments: argparse.Namespace) -> int:
    """Compare."""
    from ...query.diff import diff_runs

    terminal = terminal_of(arguments)
    sections = _sections(arguments.only)
    if len(arguments.refs) < 2:
        raise UsageError("a comparison needs two runs or more", "mlver-tui diff @-1 @-2 compares the two newest")
    with reading(arguments.home, terminal) as opened:
        runs = [find_any_run(opened.connection, ref) for ref in arguments.refs]
        diff = diff_runs(opened.connection, [found.id for found in runs])
    diff = replace(diff, unknown=_unknown(diff, sections))
    _write(diff, _chosen(diff, sections, arguments.all), arguments.format, terminal)
    return 0


def _sections(text: str | None) -> tuple[str, ...]:
    if text is None:
        return _RECORDED
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    wrong = [part for part in parts if part not in (*_RECORDED, *_NOT_YET)]
    if wrong or not parts:
        raise UsageError(f"{', '.join(wrong) or 'nothing'} is not a part of a run", f"parts: {', '.join(_RECORDED)}")
    return parts


def _unknown(diff: Diff, sections: Sequence[str]) -> tuple[str, ...]:
    """What could not be compared among the chosen parts."""
    left_out = tuple(f"{word} of " for section, word in _WORDS.items() if section not in sections)
    unrecorded = [f"{part} is not recorded yet" for part in _NOT_YET if part in sections]
    return (*(text for text in diff.unknown if not text.startswith(left_out)), *unrecorded)


def _chosen(diff: Diff, sections: Sequence[str], same_too: bool) -> list[DiffRow]:
    return [row for row in diff.rows if row.section in sections and (same_too or row.state != "same")]


def _write(diff: Diff, rows: list[DiffRow], form: str, terminal: Terminal) -> None:
    if form == "json":
        runs = [{"id": row.id, "name": row.name, "project": row.project} for row in diff.runs]
        write_json({"schema": 1, "runs": runs, "rows": [asdict(row) for row in rows], "unknown": diff.unknown})
    elif form == "text":
        write_lines(terminal, as_text(diff, rows, terminal.width))
    else:
        lines = as_markdown(diff, rows) if form == "md" else as_html(diff, rows)
        write_document(None, (f"{line}\n" for line in lines if line or form == "md"))
