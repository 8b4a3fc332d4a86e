"""A comparison of runs as text, Markdown or HTML. Knows the read model only: no stream, no database."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Sequence

from ..query.views import Diff, DiffRow, RunRow
from ..sanitize import clean
from .table import Cell, Column, Style, lay_out

ABSENT = "–"
UNKNOWN = "unknown"
MARKS = {"differs": " ", "same": "=", "unknown": "?"}
NOTHING = "nothing differs in what was recorded and chosen"


def as_text(diff: Diff, rows: Sequence[DiffRow], width: int | None) -> Iterator[list[Cell]]:
    """One line of cells per row, under a heading per section; cut to `width` columns if given."""
    if rows:
        runs = (Column(name, gives_way=1, least=10) for name in run_titles(diff))
        columns = [Column("", gives_way=1, least=16), *runs, Column("note", gives_way=2, least=10)]
        yield from _without_blank_note(lay_out(columns, list(_with_headings(rows, len(diff.runs))), width))
    else:
        yield [Cell(NOTHING, "dim")]
    marks = {"unknown": "? cannot be told", "same": "= same"}
    legend = [text for state, text in marks.items() if any(row.state == state for row in rows)]
    if legend:
        yield from ([], [Cell("  ".join(legend), "dim")])
    if diff.unknown:
        yield []
        yield [Cell("not compared", "bold")]
        yield from ([Cell(f"  {text}", "warn")] for text in diff.unknown)


def as_markdown(diff: Diff, rows: Sequence[DiffRow]) -> Iterator[str]:
    """Lines of Markdown: a table per section, every recorded text inert."""
    yield f"# {' · '.join(_inert(name) for name in run_titles(diff))}"
    for section in dict.fromkeys(row.section for row in rows):
        yield f"\n## {section}\n"
        yield f"| key | {' | '.join(_inert(name) for name in run_titles(diff))} | note |"
        yield f"|{'---|' * (len(diff.runs) + 2)}"
        for row in rows:
            if row.section == section:
                yield f"| {' | '.join(_inert(text) for text in (row.key, *_cells(row), row.note))} |"
    if not rows:
        yield f"\n{NOTHING}"
    if diff.unknown:
        yield "\n## not compared\n"
        yield from (f"- {_inert(text)}" for text in diff.unknown)


def as_html(diff: Diff, rows: Sequence[DiffRow]) -> Iterator[str]:
    """Lines of one self-contained HTML page without scripts, every recorded text escaped."""
    names = run_titles(diff)
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>'
    yield f"{_escaped(' · '.join(names))}</title><style>{_STYLE}</style></head><body><table>"
    yield _html_row("th", ["", *names, "note"])
    section = ""
    for row in rows:
        if row.section != section:
            section = row.section
            yield f'<tr><th colspan="{len(names) + 2}">{_escaped(section)}</th></tr>'
        yield _html_row("td", [row.key, *_cells(row), row.note], row.state)
    yield "</table>"
    yield "" if rows else f"<p>{NOTHING}</p>"
    yield "".join(f"<p>not compared: {_escaped(text)}</p>" for text in diff.unknown)
    yield "</body></html>"


def run_titles(diff: Diff) -> list[str]:
    """What to call each run: its name, with its short id where two runs share one."""
    shared = Counter(row.name for row in diff.runs)
    return [_title(row, shared[row.name] > 1) for row in diff.runs]


_STYLE = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:2em}table{border-collapse:collapse}th{text-align:left}"
    "td,th{padding:.2em 1em .2em 0;vertical-align:top;white-space:pre-wrap}td{font-family:monospace}"
    ".unknown td{color:#8a5a00}.same td{color:#777}"
)


def _title(row: RunRow, shared: bool) -> str:
    return f"{row.name} {row.id[-6:]}" if shared else row.name


def _with_headings(rows: Sequence[DiffRow], runs: int) -> Iterator[list[Cell]]:
    section = ""
    for row in rows:
        if row.section != section:
            section = row.section
            yield [Cell(section, "bold"), *([Cell("")] * (runs + 1))]
        style: Style = "dim" if row.state == "same" else "warn" if row.state == "unknown" else ""
        note = row.note or (UNKNOWN if row.state == "unknown" else "")
        yield [Cell(f"{MARKS[row.state]} {row.key}"), *(Cell(text, style) for text in _cells(row)), Cell(note, "dim")]


def _without_blank_note(lines: list[list[Cell]]) -> list[list[Cell]]:
    """The last column has a title only so that the layout has one; it is not worth a word of its own."""
    return [[*lines[0][:-1]], *lines[1:]]


def _cells(row: DiffRow) -> list[str]:
    blank = UNKNOWN if row.state == "unknown" else ABSENT
    return [blank if cell is None else cell for cell in row.cells]


def _inert(text: str) -> str:
    """A text that Markdown shows as it is: every sign that could mean something is escaped."""
    return "".join(_MARKDOWN.get(sign, sign) for sign in clean(text))


_MARKDOWN = {"<": "&lt;", ">": "&gt;", "&": "&amp;", ":": "&#58;", **{sign: f"\\{sign}" for sign in "\\`*_{}[]()#|~!@"}}


def _escaped(text: str) -> str:
    return html.escape(clean(text))


def _html_row(tag: str, texts: Sequence[str], state: str = "") -> str:
    cells = "".join(f"<{tag}>{_escaped(text)}</{tag}>" for text in texts)
    return f'<tr class="{state}">{cells}</tr>' if state else f"<tr>{cells}</tr>"
