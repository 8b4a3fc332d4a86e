"""The first page of the runs table by plain SQL: the newest runs, before the query floor or Textual is loaded.

A second, narrow door down beside `backend`: it reads one page in one order, and a test holds it to what the query
floor answers. Whatever it does not expect it leaves to the app.
"""

from __future__ import annotations

import sqlite3
import time

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from ..query.views import Scalar

    T = TypeVar("T")

APPLICATION_ID = 0x6D6C7672
SCHEMA_VERSION = 5
STALE_MS = 60_000
BUSY_S = 0.02
_RUNS = """SELECT pk, id, name, status, heartbeat_ms, start_ms FROM run WHERE deleted = 0
    ORDER BY start_ms DESC, pk DESC LIMIT ?"""
_KEYS = """WITH RECURSIVE hop(key) AS (SELECT min(key) FROM {0} WHERE {1}
    UNION ALL SELECT (SELECT min(key) FROM {0} WHERE key > hop.key AND {1}) FROM hop WHERE hop.key IS NOT NULL)
    SELECT key FROM hop WHERE key IS NOT NULL"""
# the plus keeps SQLite from reading a key of all runs
_PARAMS = "SELECT run, key, kind, num, text FROM param WHERE run IN ({0}) AND +key IN ({1})"
_METRICS = """SELECT run, key, 'float', last, NULL FROM series
    WHERE run IN ({0}) AND +section = 'metric' AND +key IN ({1}) AND n > 0"""


class FirstRow:
    """One run as the table's cells want it."""

    __slots__ = ("id", "name", "pk", "stalled", "start_ms", "status", "tags", "values")

    def __init__(self, pk: int, run_id: str, name: str, status: str, stalled: bool, start_ms: int) -> None:
        self.pk = pk
        self.id = run_id
        self.name = name
        self.status = status
        self.stalled = stalled
        self.start_ms = start_ms
        self.tags: tuple[str, ...] = ()
        self.values: tuple[Scalar, ...] = ()


def read_first(database: str, ask: Callable[[FirstPage], T]) -> T | None:
    """What `ask` reads, all of it as of one moment; None for a store that is not known here, or cannot be read now."""
    quoted = database.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    try:
        db = sqlite3.connect(f"file:{quoted}?mode=ro", uri=True, timeout=BUSY_S, isolation_level=None)
    except sqlite3.Error:
        return None
    try:
        return ask(FirstPage(db)) if _is_known(db) else None
    except sqlite3.Error:
        return None
    finally:
        db.close()


def _is_known(db: sqlite3.Connection) -> bool:
    marks = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    db.execute("BEGIN")
    return marks == [APPLICATION_ID, SCHEMA_VERSION]


class FirstPage:
    """The newest runs of a store."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def count(self) -> int:
        """How many runs there are."""
        return int(self._db.execute("SELECT count(*) FROM run WHERE deleted = 0").fetchone()[0])

    def rows(self, limit: int) -> list[FirstRow]:
        """The newest runs with their tags, without values."""
        stale = int(time.time() * 1000) - STALE_MS
        found = [
            FirstRow(pk, run_id, name, status, status == "running" and beat is not None and beat < stale, start)
            for pk, run_id, name, status, beat, start in self._db.execute(_RUNS, (limit,))
        ]
        tags: dict[int, list[str]] = {}
        for pk, tag in self._db.execute(
            f"SELECT run, name FROM tag WHERE run IN ({_listed(found)}) ORDER BY run, name"
        ):
            tags.setdefault(pk, []).append(tag)
        for row in found:
            row.tags = tuple(tags.get(row.pk, ()))
        return found

    def keys(self) -> tuple[list[str], list[str]]:
        """Names of all params, and of all metrics."""
        params, metrics = _KEYS.format("param", "1"), _KEYS.format("series", "section = 'metric'")
        return [key for (key,) in self._db.execute(params)], [key for (key,) in self._db.execute(metrics)]

    def fill(self, rows: Sequence[FirstRow], params: Sequence[str], metrics: Sequence[str]) -> None:
        """Give the rows the values of these metrics and then of these params."""
        points = self._values(_METRICS, metrics, rows)
        given = self._values(_PARAMS, params, rows)
        for row in rows:
            row.values = tuple(
                [points.get((row.pk, key)) for key in metrics] + [given.get((row.pk, key)) for key in params]
            )

    def _values(self, select: str, keys: Sequence[str], rows: Sequence[FirstRow]) -> dict[tuple[int, str], Scalar]:
        found = self._db.execute(select.format(_listed(rows), ",".join("?" * len(keys))), tuple(keys))
        return {(pk, key): _scalar(kind, number, text) for pk, key, kind, number, text in found}


def _listed(rows: Sequence[FirstRow]) -> str:
    return ",".join(str(row.pk) for row in rows)


def _scalar(kind: str, number: float | None, text: str | None) -> Scalar:
    """As the query floor shows a recorded value."""
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
