"""A sort to SQL: numbers first, then texts, then NaN and none, then runs without the value, in both directions.

Only the first two turn round with the direction. Ties are broken by the text, such as 1 and 1.0, then by age, so that
pages never overlap or skip.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from .sources import Source, Sql, field_column, sources
from .terms import Operand, Scope, Sort

_HOLDERS: tuple[tuple[Scope, str], ...] = (
    ("params", "SELECT EXISTS (SELECT 1 FROM param WHERE key = ?)"),
    ("metrics", "SELECT EXISTS (SELECT 1 FROM series WHERE section = 'metric' AND key = ?)"),
    ("summary", "SELECT EXISTS (SELECT 1 FROM final WHERE key = ?)"),
)


@dataclass(frozen=True, slots=True)
class Leading:
    """Runs that stand together in an order, read from an index in that order."""

    rows: Sql
    """FROM and WHERE over the index; `run` is the column with the run."""
    by: str


@dataclass(frozen=True, slots=True)
class Order:
    """What stands between SELECT and WHERE, and in ORDER BY; values in the order of the question marks."""

    table: Sql
    by: Sql
    leading: tuple[Leading, ...] = ()
    """The runs that come first, group after group, each straight from an index."""


def compile_sort(connection: sqlite3.Connection, sort: Sort, now_ms: int) -> Order:
    """The order over `run`; a bare key that only one table knows is looked up there alone."""
    direction = "DESC" if sort.descending else "ASC"
    operand = narrowed(connection, sort.operand)
    if operand.scope == "field" and operand.key != "tags":
        return _by_field(operand, direction, now_ms)
    return _by_source(operand, direction)


def narrowed(connection: sqlite3.Connection, operand: Operand) -> Operand:
    """A bare key as what it stands for in this store, if it stands for one thing."""
    if operand.scope != "bare":
        return operand
    holders = [scope for scope, probe in _HOLDERS if connection.execute(probe, (operand.key,)).fetchone()[0]]
    if len(holders) > 1:
        return operand
    return replace(operand, scope=holders[0] if holders else "params")


def _by_field(operand: Operand, direction: str, now_ms: int) -> Order:
    column, nullable = field_column(operand.key, now_ms)
    missing = f"{column.text} IS NULL, " if nullable else ""
    by = f"{missing}{column.text} {direction}, run.pk {direction}"
    return Order(Sql("FROM run"), Sql(by, column.values * (2 if nullable else 1)))


def _by_source(operand: Operand, direction: str) -> Order:
    relation = _one_row_a_run(operand)
    rank = """CASE WHEN v.num IS NOT NULL THEN 0 WHEN v.kind IN ('str', 'list', 'other') THEN 1
        WHEN v.run IS NOT NULL THEN 2 ELSE 3 END"""
    by = f"{rank}, v.num {direction}, v.text {direction}, run.pk {direction}"
    # In order of pk: SQLite would else walk some index on run, and look each value up at a random place
    join = f"FROM run NOT INDEXED LEFT JOIN ({relation.text}) AS v ON v.run = run.pk"
    return Order(Sql(join, relation.values), Sql(by), _leading(operand, direction))


def _leading(operand: Operand, direction: str) -> tuple[Leading, ...]:
    if operand.aggregate != "last":  # no index has them in order
        return ()
    if operand.scope == "metrics":
        rows = Sql("series WHERE section = 'metric' AND key = ? AND n > 0 AND last IS NOT NULL", (operand.key,))
        return (Leading(rows, f"last {direction}, run {direction}"),)
    if operand.scope not in ("params", "summary"):
        return ()
    table = "param" if operand.scope == "params" else "final"
    numbers = Sql(f"{table} WHERE key = ? AND num IS NOT NULL", (operand.key,))
    texts = Sql(f"{table} WHERE key = ? AND num IS NULL AND kind IN ('str', 'list', 'other')", (operand.key,))
    return (
        Leading(numbers, f"num {direction}, text {direction}, run {direction}"),
        Leading(texts, f"text {direction}, run {direction}"),
    )


def _one_row_a_run(operand: Operand) -> Sql:
    selects = [_sortable(place) for place in sources(operand)]
    text = " UNION ALL ".join(select.text for select in selects)
    if operand.scope == "field":  # tags: the first one
        text = f"SELECT run, kind, num, min(text) AS text FROM ({text}) GROUP BY run"
    return Sql(text, tuple(value for select in selects for value in select.values))


def _sortable(place: Source) -> Sql:
    """Versions as texts that sort so; of two versions of a package in an environment, the lower counts."""
    if place.shared is None:
        return place.select
    keys = f"""SELECT environment, min(ifnull(mlver_version(text), text)) AS text FROM ({place.shared.text})
        GROUP BY environment"""
    text = f"""SELECT r.pk AS run, 'str' AS kind, NULL AS num, e.text AS text
        FROM run AS r JOIN ({keys}) AS e ON e.environment = r.environment WHERE {place.unless.text}"""
    return Sql(text, place.shared.values + place.unless.values)
