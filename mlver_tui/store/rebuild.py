"""A new database from what is left: journals first, then every row that the damaged one still gives.

It decides nothing about what a run means: rows go over as they are, points are checked against their checksums.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..home import Home
from ..packing import checksum, read_chunk
from ..records import environment_from_json
from . import metrics
from .connection import close, locked, open_writer, transaction
from .fold import NONSENSE, fold, list_journals
from .snapshots import put_environment

_OF_A_RUN = ("snapshot", "param", "final", "tag")
_OF_THE_STORE = ("model", "version", "event", "restore")
_FURTHEST = 1 << 40
Row = dict[str, Any]


def rebuild(home: Home) -> list[str]:
    """Move `runs.db` aside, fold all journals anew and carry over what else can be read; what was done, line by line.

    Nothing is deleted. Raises HomeError or StoreError if the home cannot be written.
    """
    aside = _move_aside(home)
    connection = open_writer(home)
    told = [] if aside is None else [f"the damaged database is kept as {aside.name}"]
    try:
        if aside is not None:
            with contextlib.closing(_open_damaged(aside)) as old:
                told += _Salvage(old, connection, home).carry_over()
        while fold(connection, home):
            continue
        told.append(f"{connection.execute('SELECT count(*) FROM run').fetchone()[0]} runs are in the new database")
    finally:
        close(connection, home)
    return told


def _move_aside(home: Home) -> Path | None:
    """The damaged file under its new name, with its log, which may hold the newest rows."""
    with locked(home):
        if not home.database.exists():
            return None
        stamp = time.strftime("%Y%m%d-%H%M%S")
        number = next(n for n in range(1, 10_000) if not _aside(home, f"{stamp}-{n}").exists())
        target = _aside(home, f"{stamp}-{number}")
        for suffix in ("-wal", "-shm", ""):
            with contextlib.suppress(FileNotFoundError):
                (home.root / f"{home.database.name}{suffix}").rename(f"{target}{suffix}")
    return target


def _aside(home: Home, stamp: str) -> Path:
    return home.root / f"{home.database.name}.damaged-{stamp}"


def _open_damaged(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path))}", uri=True, isolation_level=None)
    connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "writable_schema = ON"):
        with contextlib.suppress(sqlite3.Error):
            connection.execute(f"PRAGMA {pragma}")
    return connection


class _Salvage:
    """Rows of a damaged database on their way into a new one."""

    def __init__(self, old: sqlite3.Connection, new: sqlite3.Connection, home: Home) -> None:
        self.old = old
        self.new = new
        self.home = home
        self.lost: dict[str, int] = {}
        """Table -> rows that could not be read or do not fit."""
        self.told: list[str] = []

    def carry_over(self) -> list[str]:
        """Everything that journals do not hold; what was lost, in plain words."""
        here = {path.name for path, _ in list_journals(self.home)}
        journals = list(self._rows("journal"))
        runs = {row["pk"]: row for row in self._rows("run") if self._is_sound("run", row, "id", "name", "status")}
        incomplete = {row["run"] for row in journals if row["name"] not in here}
        known = {row["run"] for row in journals} | {name.partition(".")[0] for name in here}
        carried = {pk for pk, row in runs.items() if row["id"] in incomplete or row["id"] not in known}
        with transaction(self.new, self.home):
            self._carry_runs(runs, carried)
            self._put_all("journal", (row for row in journals if row["run"] in {runs[pk]["id"] for pk in carried}))
            self._carry_environments()
            for table in _OF_THE_STORE:
                self._put_all(table, self._rows(table))
        while fold(self.new, self.home):
            continue
        with transaction(self.new, self.home):
            self._keep_edits(runs, carried)
        lost = [f"{count} rows of table {table} could not be carried over" for table, count in self.lost.items()]
        return [f"{len(carried)} runs were carried over from it", *lost, *self.told]

    def _carry_runs(self, runs: dict[int, Row], carried: set[int]) -> None:
        self._put_all("run", (runs[pk] for pk in sorted(carried)))
        for table in _OF_A_RUN:
            self._put_all(table, (row for row in self._rows(table) if row["run"] in carried))
        series = {row["id"]: row for row in self._rows("series") if row["run"] in carried}
        found: dict[int, dict[int, tuple[Any, ...]]] = {number: {} for number in series}
        for row in self._rows("chunk"):
            if row["series"] in found and (points := _points_of(row)) is not None:
                found[row["series"]][row["seq"]] = points
        for number, row in series.items():
            self._carry_series(row, [found[number][seq] for seq in sorted(found[number])], runs[row["run"]]["name"])

    def _carry_series(self, row: Row, chunks: list[tuple[Any, ...]], run_name: str) -> None:
        columns: tuple[Any, Any, Any] = array("q"), array("d"), array("d")
        for chunk in chunks:
            for column, more in zip(columns, chunk, strict=True):
                column.extend(more)
        try:
            metrics.append_points(self.new, row["run"], row["key"], *columns, row["section"])
        except NONSENSE:
            self._lose("series")
        if isinstance(row["n"], int) and row["n"] > len(columns[0]):
            self.told.append(f"run {run_name}, {row['key']}: {row['n'] - len(columns[0])} points are lost")

    def _carry_environments(self) -> None:
        """Packages are listed anew from the record, which names its own id."""
        for row in self._rows("environment"):
            if self._is_sound("environment", row, "id", "record"):
                try:
                    environment = environment_from_json(json.loads(row["record"]))
                    if environment.id == row["id"]:
                        put_environment(self.new, environment)
                except NONSENSE:
                    self._lose("environment")

    def _is_sound(self, table: str, row: Row, *texts: str) -> bool:
        """Whether these columns are text: a page that was exchanged for another shows its rows as if they were ours."""
        if all(isinstance(row.get(name), str) for name in texts):
            return True
        self._lose(table)
        return False

    def _lose(self, table: str) -> None:
        self.lost[table] = self.lost.get(table, 0) + 1

    def _keep_edits(self, runs: dict[int, Row], carried: set[int]) -> None:
        """Tags, notes and the trash of runs that came from journals: people change those in the database only."""
        numbers = {row["id"]: pk for pk, row in runs.items() if pk not in carried}
        new = {numbers[run_id]: pk for pk, run_id in self.new.execute("SELECT pk, id FROM run") if run_id in numbers}
        for old_pk, pk in new.items():
            row = runs[old_pk]
            with contextlib.suppress(*NONSENSE):
                self.new.execute(
                    "UPDATE run SET notes = ?, deleted = ?, name = ? WHERE pk = ?",
                    (row["notes"], row["deleted"], row["name"], pk),
                )
        self._put_all("tag", ({**row, "run": new[row["run"]]} for row in self._rows("tag") if row["run"] in new))

    def _put_all(self, table: str, rows: Iterator[Row]) -> None:
        known = {column[1] for column in self.new.execute(f"PRAGMA table_info({table})")}
        for row in rows:
            names = [name for name in row if name in known]
            marks = ", ".join("?" * len(names))
            try:
                self.new.execute(
                    f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})", [row[n] for n in names]
                )
            except NONSENSE:
                self._lose(table)

    def _rows(self, table: str) -> Iterator[Row]:
        """Rows of a table as far as they can be read, damaged stretches left out."""
        columns = [column[1] for column in self.new.execute(f"PRAGMA table_info({table})")]
        try:
            have = {column[1] for column in self.old.execute(f"PRAGMA table_info({table})")}
        except sqlite3.DatabaseError:
            have = set()
        names = [name for name in columns if name in have]
        if names:
            by_rowid = self._has_rowid(table)
            found = self._walk(table, names) if by_rowid else self._walk_both_ways(table, names)
            yield from (dict(zip(names, row, strict=True)) for row in found)
        else:
            self._lose(table)

    def _has_rowid(self, table: str) -> bool:
        sql = self.new.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
        return "WITHOUT ROWID" not in sql

    def _walk(self, table: str, names: list[str]) -> Iterator[tuple[Any, ...]]:
        """By row number; behind a row that cannot be read, the next that can."""
        last, step = -1, 1
        sql = f"SELECT rowid, {', '.join(names)} FROM {table} NOT INDEXED WHERE rowid > ? ORDER BY rowid"
        while step < _FURTHEST:
            try:
                for row in self.old.execute(sql, (last,)):
                    last, step = row[0], 1
                    yield row[1:]
                return
            except sqlite3.DatabaseError:
                self.lost[table] = self.lost.get(table, 0) + (step == 1)
                last, step = last + step, step * 2

    def _walk_both_ways(self, table: str, names: list[str]) -> Iterator[tuple[Any, ...]]:
        """From the front to the damage, then from the back to it."""
        seen = set()
        keys = [column[1] for column in self.new.execute(f"PRAGMA table_info({table})") if column[5]]
        for order in ("ASC", "DESC"):
            by = ", ".join(f"{key} {order}" for key in keys)
            try:
                for row in self.old.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY {by}"):
                    if row not in seen:
                        seen.add(row)
                        yield row
                return
            except sqlite3.DatabaseError:
                self.lost[table] = self.lost.get(table, 0) + (order == "ASC")


def _points_of(row: Row) -> tuple[Any, ...] | None:
    """(steps, values, times) of a chunk row whose checksum holds; None otherwise."""
    head = row["first_step"], row["stride"], row["first_time"]
    try:
        if checksum(*head, row["steps"], row["times"], row["vals"]) != row["crc"] or len(row["vals"]) != 8 * row["n"]:
            return None
        return read_chunk((row["n"], *head, row["steps"], row["times"], row["vals"]))
    except (*NONSENSE, MemoryError):
        return None
