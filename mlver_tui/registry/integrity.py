"""Whether the tables still hold what was folded into them: pages, schema, runs, environments. Never raises on damage.

It compares the store with itself; what a version promised is checked in `verify`.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator

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
    yield from _check_code(connection, pk)
    rows = connection.execute("SELECT id, section, key FROM series WHERE run = ? ORDER BY section, key", (pk,))
    for series, section, key in rows.fetchall():
        problems = check_series(connection, series) or list(_check_summary(connection, pk, series, section, key))
        yield from (f"{section} {key!r}: {problem}" for problem in problems)


def _check_values(connection: sqlite3.Connection, table: str, pk: int) -> Iterator[str]:
    for key, kind, number, text in connection.execute(f"SELECT key, kind, num, text FROM {table} WHERE run = ?", (pk,)):
        if Value(kind, text).number != number:
            yield f"table {table}, key {key!r}: num is {number!r}, but its text is {text[:40]!r}"


def _check_code(connection: sqlite3.Connection, pk: int) -> Iterator[str]:
    code, *columns = connection.execute(
        "SELECT code, git_commit, git_branch, git_dirty FROM run WHERE pk = ?", (pk,)
    ).fetchone()
    record = json.loads(code) if code else {}
    for name, column in zip(("commit", "branch", "dirty"), columns, strict=True):
        if record.get(name) != column:
            yield f"table run: git_{name} is {column!r}, but the recorded {name} is {record.get(name)!r}"


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
