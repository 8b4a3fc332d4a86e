"""Where the value of an operand lies in the database: each source is a SELECT of (run, kind, num, text).

`kind` is as in `param.kind`; a float whose `num` is NULL is NaN. A run without the value has no row. Keys are always
parameters, never SQL text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .terms import Aggregate, Operand

Style = Literal["typed", "number", "version", "text"]
_STALE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and the values for its question marks."""

    text: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One place that may hold the value; `style` says how its rows compare."""

    select: Sql
    style: Style
    shared: Sql | None = None
    """The same per environment, as (environment, text): a few rows that many runs share, so conditions run there."""
    unless: Sql = Sql("1")
    """With `shared`: the runs `r` that take the value from there."""


_COLUMNS: dict[Aggregate, str] = {
    "last": "last",
    "first": "first",
    "min": "vmin",
    "max": "vmax",
    "mean": "vsum / (n - nans)",
    "count": "n",
}
_NO_PARAM = "NOT EXISTS (SELECT 1 FROM param AS p WHERE p.run = {0}.run AND p.key = {0}.key)"
_NO_METRIC = "NOT EXISTS (SELECT 1 FROM series AS s WHERE s.run = {0}.run AND s.section = 'metric' AND s.key = {0}.key)"
_POINTS = """SELECT s.run AS run, (SELECT v FROM (
        SELECT seq, mlver_point(n, first_step, stride, steps, vals, ?) AS v FROM chunk
        WHERE series = s.id AND step_min <= ? AND step_max >= ?) WHERE v IS NOT NULL ORDER BY seq DESC LIMIT 1) AS v
    FROM series AS s WHERE s.section = 'metric' AND s.key = ?"""
_PYTHON = "SELECT id AS environment, json_extract(record, '$.interpreter.version') AS text FROM environment"
_PACKAGE = "SELECT environment, version AS text FROM package WHERE name = ?"
_NO_ENV_PARAM = "NOT EXISTS (SELECT 1 FROM param AS p WHERE p.run = r.pk AND p.key = ?)"
_TAGS = Source(Sql("SELECT run, 'str' AS kind, NULL AS num, name AS text FROM tag"), "text")

FIELD_COLUMNS: dict[str, tuple[str, bool]] = {
    "id": ("run.id", False),
    "name": ("run.name", False),
    "project": ("run.project", False),
    "group": ("run.grp", True),
    "job_type": ("run.job_type", True),
    "status": ("run.status", False),
    "started": ("run.start_ms", False),
    "ended": ("run.end_ms", True),
    "host": ("run.host", True),
    "notes": ("nullif(run.notes, '')", True),
    "parent": ("run.parent", True),
    "git.commit": ("run.git_commit", True),
    "git.branch": ("run.git_branch", True),
    "git.dirty": ("run.git_dirty", True),
}
"""SQL expression of a field, and whether it can be unknown (NULL)."""


def field_column(key: str, now_ms: int) -> tuple[Sql, bool]:
    """The expression of a field over `run`, and whether it can be NULL. Durations are in milliseconds."""
    if key == "duration":
        alive = "CASE WHEN run.status = 'running' THEN ? END"
        return Sql(f"(coalesce(run.end_ms, {alive}) - run.start_ms)", (now_ms,)), True
    text, nullable = FIELD_COLUMNS.get(key, ("NULL", True))
    return Sql(text), nullable


def stalled(now_ms: int) -> Sql:
    """True for a run that says running, but has not been heard of for a minute."""
    return Sql("(run.status = 'running' AND ifnull(run.heartbeat_ms < ?, 0))", (now_ms - _STALE_MS,))


def is_stalled(status: str, heartbeat_ms: int | None, now_ms: int) -> bool:
    """The same over values; no heartbeat at all is no proof of anything."""
    return status == "running" and heartbeat_ms is not None and heartbeat_ms < now_ms - _STALE_MS


def sources(operand: Operand) -> list[Source]:
    """The places of an operand that is not a plain field; a run has a value in at most one of them."""
    if operand.scope == "field":
        return [_TAGS] if operand.key == "tags" else []
    if operand.scope == "bare":
        return [_leaf("param", operand.key), _metric(operand, bare=True), _final_behind(operand.key)]
    if operand.scope == "metrics":
        return [_metric(operand)]
    if operand.scope == "env":
        return [_leaf("param", f"env.{operand.key}"), _package(operand.key)]
    if operand.scope == "python":
        return [_environment(Sql(_PYTHON), Sql("1"))]
    return [_leaf("param" if operand.scope == "params" else "final", operand.key)]


def _leaf(table: Literal["param", "final"], key: str) -> Source:
    return Source(Sql(f"SELECT run, kind, num, text FROM {table} WHERE key = ?", (key,)), "typed")


def _final_behind(key: str) -> Source:
    nowhere_else = f"{_NO_PARAM.format('final')} AND {_NO_METRIC.format('final')}"
    return Source(Sql(f"SELECT run, kind, num, text FROM final WHERE key = ? AND {nowhere_else}", (key,)), "typed")


def _metric(operand: Operand, *, bare: bool = False) -> Source:
    if operand.aggregate == "at":
        step = operand.step
        points = Sql(
            f"SELECT run, 'float' AS kind, nullif(v, 'nan') AS num, NULL AS text FROM ({_POINTS}) WHERE v IS NOT NULL",
            (step, step, step, operand.key),
        )
        return Source(points, "number")
    kind = "int" if operand.aggregate == "count" else "float"
    # No extremes without a real point; no mean of +inf and -inf either, as in MetricSummary
    real = {"min": " AND n > nans", "max": " AND n > nans", "mean": " AND n > nans AND vsum IS NOT NULL"}
    behind = f" AND {_NO_PARAM.format('series')}" if bare else ""
    select = f"""SELECT run, '{kind}' AS kind, {_COLUMNS[operand.aggregate]} AS num, NULL AS text FROM series
        WHERE section = 'metric' AND key = ? AND n > 0{real.get(operand.aggregate, "")}{behind}"""
    return Source(Sql(select, (operand.key,)), "number")


def _package(name: str) -> Source:
    normal = re.sub(r"[-_.]+", "-", name).lower()
    return _environment(Sql(_PACKAGE, (normal,)), Sql(_NO_ENV_PARAM, (f"env.{name}",)))


def _environment(shared: Sql, unless: Sql) -> Source:
    select = f"""SELECT r.pk AS run, 'str' AS kind, NULL AS num, e.text AS text
        FROM run AS r JOIN ({shared.text}) AS e ON e.environment = r.environment WHERE {unless.text}"""
    return Source(Sql(select, shared.values + unless.values), "version", shared, unless)
