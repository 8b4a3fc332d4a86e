"""Whether the tables still hold what was folded into them: pages, schema, runs, environments. Never raises on damage.

It compares the store with itself; what a version promised is checked in `verify`.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

from ..packing import SPANS
from ..query.series import read_series
from ..query.views import Finding
from ..records import Value, environment_from_json
from ..store.metrics import check_series
from ..store.registry import expected_schema, stored_schema

Check = Callable[[], Iterator[str]]
DAMAGE = (
    sqlite3.Error,
    sqlite3.Warning,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
)
"""What reading a damaged or forged store may raise: from SQLite, or from the text and bytes in its cells."""
_MAX_PROBLEMS = 100
_STORED_SPANS = """SELECT seq, n, step_min, step_max, nans, vmin, vmax, first, last, vsum
    FROM span WHERE series = :series AND size = :size"""
_RIGHT_SPANS = """SELECT start, n, step_min, step_max, nans, vmin, vmax,
        (SELECT first FROM chunk WHERE series = :series AND seq = start),
        (SELECT last FROM chunk WHERE series = :series AND seq = latest), vsum
    FROM (SELECT min(seq) AS start, max(seq) AS latest, sum(n) AS n, min(step_min) AS step_min,
            max(step_max) AS step_max, sum(nans) AS nans, min(vmin) AS vmin, max(vmax) AS vmax,
            CASE WHEN count(vsum) = count(*) THEN sum(vsum) END AS vsum
        FROM chunk WHERE series = :series AND seq < :end GROUP BY seq / :size)"""


def judge(connection: sqlite3.Connection, subject: str, fine: str, check: Check) -> list[Finding]:
    """Run a check that yields problems: a finding for each, or one that says `fine`. An exception is a finding too."""
    problems: list[Finding] = []
    try:
        with one_moment(connection):
            problems.extend(Finding(subject, False, problem) for problem in check())
    except DAMAGE as error:
        problems.append(Finding(subject, False, f"cannot be read: {error or type(error).__name__}"))
    return problems or [Finding(subject, True, fine)]


@contextlib.contextmanager
def one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Read everything as of one moment, so that a fold in between is not taken for damage."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def check_pages(connection: sqlite3.Connection) -> Iterator[str]:
    """Problems of `PRAGMA integrity_check`, and rows that point at rows which are not there."""
    for (line,) in connection.execute(f"PRAGMA integrity_check({_MAX_PROBLEMS})"):
        if line != "ok":
            yield str(line)
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(_MAX_PROBLEMS):
        yield f"table {table}, row {row}: its {parent} is missing"


def check_schema(connection: sqlite3.Connection) -> Iterator[str]:
    """Tables, indexes, triggers and views that are gone or changed, and triggers that are not ours."""
    expected, stored = expected_schema(), stored_schema(connection)
    for (kind, name), sql in expected.items():
        if (kind, name) not in stored:
            yield f"{kind} {name} is gone"
        elif _body(kind, stored[kind, name]) != _body(kind, sql):
            yield f"{kind} {name} is not as it was made"
    for kind, name in stored:
        if kind == "trigger" and (kind, name) not in expected:
            yield f"trigger {name} was added"


def _body(kind: str, sql: str) -> str:
    """What must be equal, to the letter; not the name of a view, which sqlite-utils may quote in more than one way."""
    return sql.partition(" AS ")[2].strip() if kind == "view" else sql


def check_environment(connection: sqlite3.Connection, identity: str) -> Iterator[str]:
    """Whether the record of an environment and its package rows say the same."""
    row = connection.execute("SELECT record FROM environment WHERE id = ?", (identity,)).fetchone()
    if row is None:
        yield "its row in table environment is missing"
        return
    environment = environment_from_json(json.loads(row[0]))
    if environment.id != identity:
        yield f"its record names another id, {environment.id}"
    recorded = {(package.name, package.version, str(package.origin)) for package in environment.packages}
    rows = connection.execute("SELECT name, version, origin FROM package WHERE environment = ?", (identity,))
    listed = {(name, version, origin) for name, version, origin in rows}
    for name, version, _ in sorted(recorded - listed):
        yield f"table package: {name} {version} is missing or changed"
    for name, version, _ in sorted(listed - recorded):
        yield f"table package: {name} {version} is not in the record"


def check_run(connection: sqlite3.Connection, pk: int) -> Iterator[str]:
    """Whether the rows of one run fit each other: values and their numbers, code columns, series and their chunks."""
    yield from _check_values(connection, "param", pk)
    yield from _check_values(connection, "final", pk)
    yield from _check_snapshot(connection, pk)
    yield from _check_code(connection, pk)
    rows = connection.execute("SELECT id, section, key FROM series WHERE run = ? ORDER BY section, key", (pk,))
    for series, section, key in rows.fetchall():
        problems = check_series(connection, series) or [
            *_check_summary(connection, pk, series, section, key),
            *_check_spans(connection, series),
        ]
        yield from (f"{section} {key!r}: {problem}" for problem in problems)


def _check_values(connection: sqlite3.Connection, table: str, pk: int) -> Iterator[str]:
    for key, kind, number, text in connection.execute(f"SELECT key, kind, num, text FROM {table} WHERE run = ?", (pk,)):
        if Value(kind, text).number != number:
            yield f"table {table}, key {key!r}: num is {number!r}, but its text is {text[:40]!r}"


def _check_snapshot(connection: sqlite3.Connection, pk: int) -> Iterator[str]:
    parts = ("process", "command", "code", "hardware", "missing", "warnings")
    row = connection.execute(f"SELECT {', '.join(parts)} FROM snapshot WHERE run = ?", (pk,)).fetchone()
    for part, text in zip(parts, row or (), strict=False):
        try:
            json.loads(text or "{}")
        except (ValueError, TypeError, RecursionError):
            yield f"table snapshot, {part}: cannot be read as JSON"


def _check_code(connection: sqlite3.Connection, pk: int) -> Iterator[str]:
    code, *columns = connection.execute(
        """SELECT code, git_commit, git_branch, git_dirty FROM run LEFT JOIN snapshot ON snapshot.run = run.pk
            WHERE pk = ?""",
        (pk,),
    ).fetchone()
    record = json.loads(code) if code else {}
    for name, column in zip(("commit", "branch", "dirty"), columns, strict=True):
        if record.get(name) != column:
            yield f"table run: git_{name} is {column!r}, but the recorded {name} is {record.get(name)!r}"


def _check_spans(connection: sqlite3.Connection, series: int) -> Iterator[str]:
    """Whether the levels above the chunks say what the chunks say, and whether all are there. Sums may be rounded."""
    (count,) = connection.execute("SELECT n FROM series WHERE id = ?", (series,)).fetchone()
    for size in SPANS:
        stored = dict(_summaries(connection, _STORED_SPANS, {"series": series, "size": size}))
        right = dict(
            _summaries(connection, _RIGHT_SPANS, {"series": series, "size": size, "end": count // size * size})
        )
        for seq in sorted(stored.keys() | right.keys()):
            if not _same_summary(stored.get(seq), right.get(seq)):
                yield f"series {series}: its summary of {size:,} points from {seq:,} on does not fit its chunks"


def _summaries(
    connection: sqlite3.Connection, query: str, values: dict[str, int]
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    for seq, *rest in connection.execute(query, values).fetchall():
        yield seq, tuple(rest)


def _same_summary(stored: tuple[Any, ...] | None, right: tuple[Any, ...] | None) -> bool:
    if stored is None or right is None or stored[:-1] != right[:-1]:
        return False
    n, _, _, _, low, high = right[:6]
    bound = 1e-9 * n * max(abs(low or 0.0), abs(high or 0.0))
    found, total = stored[-1], right[-1]
    return bool(found == total or (None not in (found, total) and abs(found - total) <= bound))


def _check_summary(connection: sqlite3.Connection, pk: int, series: int, section: str, key: str) -> Iterator[str]:
    """What `check_series` leaves open: first, last and the steps of the extremes."""
    stored = connection.execute(
        "SELECT first_step, last_step, first, last, vmin, vmin_step, vmax, vmax_step FROM series WHERE id = ?",
        (series,),
    ).fetchone()
    steps, values, _ = read_series(connection, pk, key, section=section)
    low, high = stored[4], stored[6]
    expected = (
        *(steps[0], steps[-1], _real(values[0]), _real(values[-1])),
        *(low, None if low is None else steps[values.index(low)]),
        *(high, None if high is None else steps[values.index(high)]),
    )
    names = ("first_step", "last_step", "first", "last", "min", "min_step", "max", "max_step")
    for name, found, right in zip(names, stored, expected, strict=True):
        if found != right:
            yield f"series {series}: {name} is {found!r}, but its points say {right!r}"


def _real(value: float) -> float | None:
    return None if value != value else value
