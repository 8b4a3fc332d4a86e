"""Runs as rows. A page is first a list of keys, then its columns: what is not on the page is not read."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence

from .. import clock
from .find import find_run, read_run
from .functions import register_functions
from .language import parse_filter, parse_operand, parse_sort
from .order import Leading, Order, compile_sort
from .sources import Sql, field_column, is_stalled, sources
from .terms import Operand
from .views import RunRow, Scalar
from .where import compile_text

__all__ = ["check_filter", "count_runs", "find_run", "known_keys", "list_runs", "read_run"]

_ROW = "pk, id, name, project, grp, status, heartbeat_ms, start_ms, end_ms"
_PAGE = "(SELECT value FROM json_each(?))"
_NOT_DELETED = Sql("run NOT IN (SELECT pk FROM run WHERE deleted = 1)")  # the trash is small, and read once


def check_filter(text: str) -> None:
    """Raises FilterError if the filter cannot be read."""
    parse_filter(text)


def list_runs(
    connection: sqlite3.Connection,
    filter: str = "",  # noqa: A002  the word of the API
    sort: str = "-started",
    columns: Sequence[str] = (),
    limit: int | None = 100,
    offset: int = 0,
    deleted: bool = False,
    project: str | None = None,
) -> list[RunRow]:
    """One page of runs; `values` has one entry per column. Raises FilterError for a filter, sort or column.

    Columns are operands of the filter language; times are unix milliseconds, `duration` seconds, tags and booleans
    text. `deleted` lists what lies in the trash instead. Runs without the sort value come last in both directions.
    """
    operands = [parse_operand(column) for column in columns]
    order, now_ms = parse_sort(sort), clock.now_ms()
    where = _condition(connection, filter, deleted, project, now_ms)
    ordered = compile_sort(connection, order, now_ms)
    everything = not (filter.strip() or project or deleted)
    keys = _leading_page(connection, ordered.leading, _NOT_DELETED if everything else _within(where), limit, offset)
    if not keys:
        keys = _page(connection, where, ordered, limit, offset)
    return _rows(connection, keys, operands, now_ms)


def count_runs(
    connection: sqlite3.Connection,
    filter: str = "",  # noqa: A002
    deleted: bool = False,
    project: str | None = None,
) -> int:
    """How many runs the filter matches. Raises FilterError."""
    where = _condition(connection, filter, deleted, project, clock.now_ms())
    return _count(connection, Sql(f"FROM run WHERE {where.text}", where.values))


def known_keys(connection: sqlite3.Connection) -> tuple[list[str], list[str]]:
    """Keys of params and of metrics that any run has, sorted."""
    return _distinct(connection, "param", "1"), _distinct(connection, "series", "section = 'metric'")


def _condition(connection: sqlite3.Connection, text: str, deleted: bool, project: str | None, now_ms: int) -> Sql:
    register_functions(connection)
    where = compile_text(text, now_ms)
    own = "" if project is None else " AND run.project = ?"
    return Sql(
        f"run.deleted = {int(deleted)}{own} AND {where.text}", (() if project is None else (project,)) + where.values
    )


def _leading_page(
    connection: sqlite3.Connection, groups: Sequence[Leading], within: Sql, limit: int | None, offset: int
) -> list[int]:
    """A full page of the runs that come first, group after group; empty if they do not fill it."""
    if limit is None:
        return []
    page: list[int] = []
    for group in groups:
        rows = Sql(f"FROM {group.rows.text} AND {within.text}", group.rows.values + within.values)
        text = f"SELECT run {rows.text} ORDER BY {group.by} LIMIT ? OFFSET ?"
        found = [pk for (pk,) in connection.execute(text, (*rows.values, limit - len(page), offset))]
        page += found
        if len(page) == limit:
            return page
        skipped = _count(connection, rows) if offset and not found else offset
        offset -= skipped
    return []


def _within(where: Sql) -> Sql:
    """The plus keeps the index in order: SQLite would else look up each run that fits, and sort them."""
    return Sql(f"+run IN (SELECT run.pk FROM run WHERE {where.text})", where.values)


def _count(connection: sqlite3.Connection, rows: Sql) -> int:
    (count,) = connection.execute(f"SELECT count(*) {rows.text}", rows.values).fetchone()
    return int(count)


def _page(connection: sqlite3.Connection, where: Sql, order: Order, limit: int | None, offset: int) -> list[int]:
    rows = connection.execute(
        f"SELECT run.pk {order.table.text} WHERE {where.text} ORDER BY {order.by.text} LIMIT ? OFFSET ?",
        (*order.table.values, *where.values, *order.by.values, -1 if limit is None else limit, offset),
    )
    return [pk for (pk,) in rows]


def _rows(connection: sqlite3.Connection, keys: list[int], operands: Sequence[Operand], now_ms: int) -> list[RunRow]:
    page = json.dumps(keys)
    tags = _tags(connection, page)
    columns = [_column(connection, page, operand, now_ms) for operand in operands]
    found = {row[0]: row for row in connection.execute(f"SELECT {_ROW} FROM run WHERE pk IN {_PAGE}", (page,))}
    rows = []
    for pk in (pk for pk in keys if pk in found):  # a run may be collected between two statements
        _, run_id, name, project, group, status, heartbeat, start, end = found[pk]
        stalled = is_stalled(status, heartbeat, now_ms)
        values = tuple(column.get(pk) for column in columns)
        rows.append(RunRow(pk, run_id, name, project, group, status, stalled, start, end, tuple(tags[pk]), values))
    return rows


def _tags(connection: sqlite3.Connection, page: str) -> defaultdict[int, list[str]]:
    tags = defaultdict(list)
    for pk, name in connection.execute(f"SELECT run, name FROM tag WHERE run IN {_PAGE} ORDER BY run, name", (page,)):
        tags[pk].append(name)
    return tags


def _column(connection: sqlite3.Connection, page: str, operand: Operand, now_ms: int) -> dict[int, Scalar]:
    if operand.scope == "field":
        return _field(connection, page, operand.key, now_ms)
    column: dict[int, Scalar] = {}
    for place in sources(operand):
        # CROSS JOIN: from the page to its values; SQLite would else read the values of all runs
        rows = connection.execute(
            f"""SELECT v.run, v.kind, v.num, v.text
                FROM json_each(?) AS page CROSS JOIN ({place.select.text}) AS v ON v.run = page.value""",
            (page, *place.select.values),
        )
        column.update((pk, _scalar(kind, number, text)) for pk, kind, number, text in rows)
    return column


def _field(connection: sqlite3.Connection, page: str, key: str, now_ms: int) -> dict[int, Scalar]:
    if key == "tags":
        return {pk: ", ".join(names) for pk, names in _tags(connection, page).items()}
    column, _ = field_column(key, now_ms)
    rows = connection.execute(f"SELECT pk, {column.text} FROM run WHERE pk IN {_PAGE}", (*column.values, page))
    return {pk: _shown(key, value) for pk, value in rows}


def _shown(key: str, value: Scalar) -> Scalar:
    if key == "duration" and isinstance(value, int):
        return value / 1000
    if key == "git.dirty" and value is not None:
        return "true" if value else "false"
    return value


def _scalar(kind: str, number: float | None, text: str | None) -> Scalar:
    """A recorded value for a table: exact numbers, NaN as nan, the rest as text; never None, which means absent."""
    if kind == "int":
        return _whole(number, text)
    if kind == "float":
        return float("nan") if number is None else number
    return "none" if kind == "none" else text or ""


def _whole(number: float | None, text: str | None) -> Scalar:
    if text is None:
        return None if number is None else int(number)
    try:
        return int(text)
    except ValueError:  # more digits than Python reads
        return text


def _distinct(connection: sqlite3.Connection, table: str, condition: str) -> list[str]:
    """Keys of a table, hopping from key to key in its index instead of reading a row per run."""
    rows = connection.execute(
        f"""WITH RECURSIVE hop(key) AS (
            SELECT min(key) FROM {table} WHERE {condition}
            UNION ALL SELECT (SELECT min(key) FROM {table} WHERE key > hop.key AND {condition})
            FROM hop WHERE hop.key IS NOT NULL)
        SELECT key FROM hop WHERE key IS NOT NULL"""
    )
    return [key for (key,) in rows]
