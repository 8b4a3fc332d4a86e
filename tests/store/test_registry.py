"""Rows of versions and events, and the anchor: what a kill leaves is repaired, what a forger leaves is refused."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlver_tui.errors import DiffersError
from mlver_tui.home import Home
from mlver_tui.store.connection import close, open_writer, transaction
from mlver_tui.store.registry import (
    GENESIS,
    EventRecord,
    VersionRecord,
    anchor_events,
    append_event,
    append_version,
    chain_head,
    expected_schema,
    read_anchor,
    stored_schema,
)

RECORD = VersionRecord("digits", 1, "0.1.0", "d" * 64, "run1", "first", "ada", 1000, "{}")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def db(home: Home) -> Iterator[sqlite3.Connection]:
    connection = open_writer(home)
    yield connection
    close(connection, home)


def add_event(db: sqlite3.Connection, home: Home, subject: str = "digits:0.1.0") -> str:
    with transaction(db, home):
        return append_event(db, "ada", "release", subject, {"b": 1, "a": [1.5, None]})


def test_versions_of_two_models_count_separately(db: sqlite3.Connection, home: Home) -> None:
    with transaction(db, home):
        append_version(db, RECORD)
        append_version(db, dataclasses.replace(RECORD, model="penguins"))
        append_version(db, dataclasses.replace(RECORD, seq=2, semver="0.1.1"))
    rows = db.execute("SELECT model, seq, semver FROM versions ORDER BY model, seq").fetchall()
    assert rows == [("digits", 1, "0.1.0"), ("digits", 2, "0.1.1"), ("penguins", 1, "0.1.0")]


def test_nothing_is_committed_by_the_store_itself(db: sqlite3.Connection, home: Home) -> None:
    with contextlib.suppress(ZeroDivisionError), transaction(db, home):
        append_version(db, RECORD)
        append_event(db, "ada", "release", "digits:0.1.0", {})
        raise ZeroDivisionError
    assert db.execute("SELECT count(*) FROM version").fetchone() == (0,)
    assert chain_head(db) == (0, GENESIS)
    assert not home.anchor.exists()


def test_each_event_carries_the_hash_of_the_one_before(db: sqlite3.Connection, home: Home) -> None:
    first, second = add_event(db, home), add_event(db, home)
    rows = db.execute("SELECT id, at_ms, actor, kind, subject, body, prev, hash FROM event ORDER BY id").fetchall()
    assert [row[6] for row in rows] == [GENESIS, first]
    assert [row[7] for row in rows] == [first, second]
    assert all(EventRecord(*row[:7]).digest() == row[7] for row in rows)
    assert rows[0][5] == '{"a":[1.5,null],"b":1}'


@pytest.mark.parametrize("column", ["id", "at_ms", "actor", "kind", "subject", "body", "prev"])
def test_every_column_of_an_event_counts_in_its_hash(column: str) -> None:
    event = EventRecord(1, 2, "a", "k", "s", "{}", GENESIS)
    other: Any = 9 if column in ("id", "at_ms") else "other"
    assert dataclasses.replace(event, **{column: other}).digest() != event.digest()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE version SET message = 'better'",
        "UPDATE version SET digest = 'x' WHERE seq = 1",
        "DELETE FROM version",
        "INSERT OR REPLACE INTO version SELECT * FROM version",
        "REPLACE INTO version (model, seq, semver, digest, run, message, author, created_ms, manifest) "
        "SELECT model, 7, semver, 'x', run, message, author, created_ms, manifest FROM version",
        "UPDATE OR REPLACE version SET seq = 2",
        "INSERT INTO version (model, seq, semver, digest, run, message, author, created_ms, manifest) "
        "SELECT model, seq, semver, 'x', run, 'm', 'a', 1, '{}' FROM version "
        "WHERE true ON CONFLICT (model, seq) DO UPDATE SET digest = 'x'",
        "UPDATE event SET body = '{}'",
        "DELETE FROM event WHERE id = 1",
        "INSERT OR REPLACE INTO event SELECT id, at_ms, actor, kind, subject, '{}', prev, hash FROM event",
    ],
)
def test_the_sqlite3_shell_cannot_change_what_was_released(db: sqlite3.Connection, home: Home, statement: str) -> None:
    if not shutil.which("sqlite3"):
        pytest.skip("no sqlite3 shell here")
    with transaction(db, home):
        append_version(db, RECORD)
        append_event(db, "ada", "release", "digits:0.1.0", {"semver": "0.1.0"})
    before = db.execute("SELECT * FROM version").fetchall(), db.execute("SELECT * FROM event").fetchall()
    done = subprocess.run(["sqlite3", str(home.database), statement], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "immutable" in done.stderr
    assert before == (db.execute("SELECT * FROM version").fetchall(), db.execute("SELECT * FROM event").fetchall())


def test_the_anchor_has_a_line_per_event(db: sqlite3.Connection, home: Home) -> None:
    first = add_event(db, home)
    anchor_events(db, home)
    second = add_event(db, home)
    anchor_events(db, home)
    anchor_events(db, home)
    assert home.anchor.read_text() == f"1 {first}\n2 {second}\n"
    assert home.anchor.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("left", [0, 1, 20, 66])
def test_a_line_cut_by_a_kill_is_written_again(db: sqlite3.Connection, home: Home, left: int) -> None:
    first = add_event(db, home)
    anchor_events(db, home)
    second = add_event(db, home)
    home.anchor.write_text(f"1 {first}\n" + f"2 {second}\n"[:left])
    anchor_events(db, home)
    last = read_anchor(home).last()
    assert last is not None
    assert (last.event, last.hash) == (2, second)
    assert read_anchor(home).torn == b""


def test_an_absent_anchor_is_made_anew(db: sqlite3.Connection, home: Home) -> None:
    hashes = [add_event(db, home) for _ in range(3)]
    anchor_events(db, home)
    assert [line.hash for line in read_anchor(home).lines] == hashes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5 " + "a" * 64 + "\n", "ends at 3"),
        ("3 " + "a" * 64 + "\n", "not the one"),
        ("", "goes on to 3"),
        ("garbage\n", "goes on to 3"),
    ],
)
def test_nothing_is_built_on_a_history_that_its_anchor_denies(
    db: sqlite3.Connection, home: Home, text: str, reason: str
) -> None:
    for _ in range(3):
        add_event(db, home)
    home.anchor.write_text(text)
    with pytest.raises(DiffersError, match=reason) as caught:
        anchor_events(db, home)
    assert "verify" in caught.value.hint
    assert home.anchor.read_text() == text


def test_a_fresh_store_has_exactly_the_expected_schema(db: sqlite3.Connection) -> None:
    assert stored_schema(db) == expected_schema()
    assert ("trigger", "version_no_update") in expected_schema()
