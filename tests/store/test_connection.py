"""Opening stores that are new, foreign, newer, damaged, locked, read-only or no store at all."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

import pytest

from mlver_tui.errors import HomeError, NewerStoreError, StoreError
from mlver_tui.home import Home
from mlver_tui.store import connection as store
from mlver_tui.store.migrations import STEPS


def test_a_new_store_is_at_the_newest_schema(home: Home, connection: sqlite3.Connection) -> None:
    assert connection.execute("PRAGMA user_version").fetchone()[0] == len(STEPS) == store.SCHEMA_VERSION
    assert connection.execute("PRAGMA application_id").fetchone()[0] == store.APPLICATION_ID
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_only_the_owner_may_look(home: Home, connection: sqlite3.Connection) -> None:
    for path in (home.root, home.database, home.lock, home.journals):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_foreign_database_is_left_untouched(home: Home) -> None:
    with sqlite3.connect(home.database) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = home.database.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        store.open_writer(home)
    assert home.database.read_bytes() == before


def test_a_newer_store_is_refused_unchanged(home: Home) -> None:
    opened = store.open_writer(home)
    opened.execute("PRAGMA user_version = 99")
    store.close(opened, home)
    before = home.database.read_bytes()
    with pytest.raises(NewerStoreError, match="newer"):
        store.open_writer(home)
    assert home.database.read_bytes() == before


def test_a_damaged_file_says_so(home: Home) -> None:
    home.database.write_bytes(b"this is no database at all " * 100)
    with pytest.raises(StoreError, match="damaged"):
        store.open_writer(home)


def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("hello")
    with pytest.raises(HomeError, match="is a file"):
        store.open_writer(Home(path))
    with pytest.raises(HomeError, match="is a file"):
        Home(path).check()


def test_a_held_lock_is_named_not_waited_for_ever(home: Home) -> None:
    descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(StoreError, match="locked by another process"), store.locked(home, wait_s=0.05):
        pass
    os.close(descriptor)


def test_a_failed_transaction_leaves_nothing(home: Home, connection: sqlite3.Connection) -> None:
    def half_a_change() -> None:
        with store.transaction(connection, home):
            connection.execute("INSERT INTO environment VALUES ('a', '{}')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_a_change()
    assert connection.execute("SELECT count(*) FROM environment").fetchone() == (0,)


def test_a_reader_sees_a_store_with_an_open_log(home: Home, connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO environment VALUES ('a', '{}')")
    reader = store.open_reader(home)
    assert reader.execute("SELECT count(*) FROM environment").fetchone() == (1,)
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM environment")
    reader.close()


def test_a_reader_of_a_cleanly_closed_store(home: Home) -> None:
    opened = store.open_writer(home)
    opened.execute("INSERT INTO environment VALUES ('a', '{}')")
    store.close(opened, home)
    reader = store.open_reader(home)
    assert reader.execute("SELECT count(*) FROM environment").fetchone() == (1,)
    reader.close()


def test_an_empty_home_has_no_runs_to_read(home: Home) -> None:
    with pytest.raises(StoreError, match="no runs"):
        store.open_reader(home)
