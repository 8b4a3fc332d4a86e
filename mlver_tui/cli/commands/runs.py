"""`mlver-tui runs`: the table of runs, as text for people or JSON for scripts."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from ... import units
from ...clock import now_ms
from ...query.views import RunRow, Scalar
from ..describe import STATUS_STYLE, status_word
from ..output import Terminal, note, terminal_of, write_json, write_lines
from ..store import reading
from ..table import Cell, Column, lay_out, natural_width

_ON_TERMINAL = 20
_MOST_CHOSEN = 3
_CONSIDERED = 40
"""Keys of each kind that are looked at when nobody says which columns to show."""
_FIXED = [
    Column("name", gives_way=1, least=12),
    Column("id"),
    Column("status"),
    Column("project", gives_way=2, least=7),
    Column("age", right=True),
]


def register(parser: argparse.ArgumentParser) -> None:
    """Options of `runs`."""
    parser.add_argument("filter", nargs="*", metavar="FILTER", help="such as 'lr < 0.01 and status = finished'")
    parser.add_argument("--sort", metavar="KEY", help="a key or -key, such as -min(val/loss); default: newest first")
    parser.add_argument("--columns", metavar="A,B,…", help="params, metrics or expressions to show")
    parser.add_argument("--limit", type=_count, metavar="N", help=f"at most N; 0 is all ({_ON_TERMINAL} on a terminal)")
    parser.add_argument("--json", action="store_true", help="the run objects of `export`, without points")


def run(arguments: argparse.Namespace) -> int:
    """List runs."""
    terminal = terminal_of(arguments)
    text = " ".join(arguments.filter)
    with reading(arguments.home, terminal) as opened:
        if arguments.json:
            _write_objects(opened.connection, arguments, text)
        else:
            _write_table(opened.connection, arguments, text, terminal)
    return 0


def _write_objects(connection: sqlite3.Connection, arguments: argparse.Namespace, text: str) -> None:
    from ...interop.extract import run_object

    rows = _rows(connection, arguments, text, (), arguments.limit or None)
    write_json({"schema": 1, "runs": [run_object(connection, row.pk, points=False) for row in rows]})


def _write_table(connection: sqlite3.Connection, arguments: argparse.Namespace, text: str, terminal: Terminal) -> None:
    limit = arguments.limit if arguments.limit is not None else (_ON_TERMINAL if terminal.width else 0)
    titles, rows = _chosen(connection, arguments, text, limit or None)
    if not rows:
        why = (
            "no run fits the filter"
            if text
            else "no runs yet; `mlver-tui demo` makes some, three lines in a script too"
        )
        return note(terminal, why)
    write_lines(terminal, _table(titles, rows, arguments.columns is None, terminal.width), terminal.width)
    sys.stdout.flush()
    _say_rest(connection, text, len(rows), limit, terminal)
    return None


def _table(titles: list[str], rows: list[RunRow], may_drop: bool, width: int | None) -> list[list[Cell]]:
    """Header and rows. On a narrow terminal columns that nobody asked for go, the least telling first."""
    while True:
        columns = [*_FIXED, *(Column(title, right=True) for title in titles)]
        cells = [_line(row, width) for row in rows]
        if width is None or not may_drop or len(titles) < 2 or natural_width(columns, cells) <= width:
            return lay_out(columns, cells, width)
        titles, rows = titles[:-1], [replace(row, values=row.values[:-1]) for row in rows]


def _chosen(
    connection: sqlite3.Connection, arguments: argparse.Namespace, text: str, limit: int | None
) -> tuple[list[str], list[RunRow]]:
    """The columns to show, and the rows with their values."""
    if arguments.columns is not None:
        titles = _split_columns(arguments.columns)
        return titles, _rows(connection, arguments, text, titles, limit)
    keys, operands, params = _candidates(connection)
    rows = _rows(connection, arguments, text, operands, limit)
    kept = _telling(rows, keys, params)
    return [keys[index] for index in kept], [_with_values(row, kept) for row in rows]


def _candidates(connection: sqlite3.Connection) -> tuple[list[str], list[str], int]:
    """Keys that may become columns, how the language writes each, and how many of them are params."""
    from ...query.runs import known_keys
    from ...query.scanner import quote

    params, metrics = (keys[:_CONSIDERED] for keys in known_keys(connection))
    operands = [f"params.{quote(key)}" for key in params] + [f"metrics.{quote(key)}" for key in metrics]
    return [*params, *metrics], operands, len(params)


def _telling(rows: list[RunRow], keys: list[str], params: int) -> list[int]:
    """Places of the params that vary most and the metrics that most of these runs have, by turns, best first."""
    varied = {place: len({repr(row.values[place]) for row in rows} - {"None"}) for place in range(params)}
    logged = {place: sum(row.values[place] is not None for row in rows) for place in range(params, len(keys))}
    best_params = sorted((place for place in varied if varied[place] > 1), key=lambda place: -varied[place])
    best_metrics = sorted(
        (place for place in logged if logged[place]), key=lambda place: (-logged[place], -_interest(keys[place]))
    )
    turns = zip_longest(best_metrics[:_MOST_CHOSEN], best_params[:_MOST_CHOSEN])
    return [place for turn in turns for place in turn if place is not None]


def _interest(key: str) -> int:
    """What people look at first, where as many runs have one metric as another."""
    return sum(word in key.lower() for word in ("val", "loss", "acc", "score", "error"))


def _with_values(row: RunRow, kept: list[int]) -> RunRow:
    return replace(row, values=tuple(row.values[place] for place in kept))


def _rows(
    connection: sqlite3.Connection,
    arguments: argparse.Namespace,
    text: str,
    columns: Sequence[str],
    limit: int | None,
) -> list[RunRow]:
    from ...query.runs import list_runs

    return list_runs(connection, text, arguments.sort or "-started", columns=columns, limit=limit)


def _line(row: RunRow, width: int | None) -> list[Cell]:
    word = status_word(row.status, row.stalled)
    return [
        Cell(row.name, "bold"),
        Cell(row.id[-6:], "dim"),
        Cell(word, STATUS_STYLE.get(word, "")),
        Cell(row.project),
        Cell(units.age(now_ms() - row.start_ms), "dim"),
        *(Cell(_value(value, width)) for value in row.values),
    ]


def _value(value: Scalar, width: int | None) -> str:
    return units.exact(value) if width is None else units.number(value, 8)


def _say_rest(connection: sqlite3.Connection, text: str, shown: int, limit: int, terminal: Terminal) -> None:
    if not limit or shown < limit:
        return
    from ...query.runs import count_runs

    total = count_runs(connection, text)
    if total > shown:
        note(terminal, f"{shown} of {total:,} runs; --limit 0 shows all")


def _split_columns(text: str) -> list[str]:
    """Split at commas, but not inside `at(loss, 100)` or quotes."""
    parts, depth, quoted = [""], 0, ""
    for character in text:
        quoted = "" if character == quoted else quoted or (character if character in "\"'" else "")
        depth += (not quoted) * ((character == "(") - (character == ")"))
        if character == "," and not quoted and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 12:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of runs")
    return int(text)
