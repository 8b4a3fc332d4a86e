"""Opening stores that are new, foreign, newer, damaged, locked, read-only or no store at all."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest

from mlver_tui.errors import HomeError, NewerStoreError, StoreError
from mlver_tui.home import Home
from mlver_tui.store import connection as store
from mlver_tui.store.filesystem import FileSystem
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


@pytest.mark.parametrize("change", ["removed", "replaced"])
def test_nothing_is_written_into_a_file_that_is_gone(home: Home, change: str) -> None:
    opened = store.open_writer(home)
    old = home.database.rename(home.root / "moved.db")
    if change == "replaced":
        home.database.write_bytes(old.read_bytes())
    with pytest.raises(StoreError, match="removed or replaced"), store.transaction(opened, home):
        opened.execute("INSERT INTO environment VALUES ('a', '{}')")
    with pytest.raises(StoreError, match="removed or replaced"):
        store.checkpoint(opened, home)
    opened.close()


def test_a_file_that_goes_within_a_transaction_takes_nothing(home: Home) -> None:
    opened = store.open_writer(home)

    def write() -> None:
        with store.transaction(opened, home):
            opened.execute("INSERT INTO environment VALUES ('a', '{}')")
            home.database.unlink()

    with pytest.raises(StoreError, match="removed or replaced"):
        write()
    assert opened.execute("SELECT count(*) FROM environment").fetchone() == (0,)
    opened.close()


def test_a_home_that_is_gone_says_so(home: Home) -> None:
    opened = store.open_writer(home)
    shutil.rmtree(home.root)
    with pytest.raises(HomeError, match="is gone"), store.transaction(opened, home):
        pass
    store.close(opened, home)


@pytest.fixture
def on_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "file_system", lambda path: FileSystem("nfs4", "/home"))


def test_no_write_ahead_log_over_a_network(home: Home, on_a_network: None) -> None:
    opened, other = store.open_writer(home), store.open_writer(home)
    for number, connection in enumerate((opened, other)):
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        with store.transaction(connection, home):
            connection.execute("INSERT INTO environment VALUES (?, '{}')", (str(number),))
    assert store.checkpoint(opened, home)
    assert opened.execute("SELECT count(*) FROM environment").fetchone() == (2,)
    assert not [path.name for path in home.root.iterdir() if path.name.endswith(("-wal", "-shm"))]
    store.close(opened, home)
    store.close(other, home)


def test_a_store_that_moves_to_a_network_and_back(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = store.open_writer(home)
    opened.execute("INSERT INTO environment VALUES ('a', '{}')")
    moved = Home(home.root.with_name("moved")).create()
    for suffix in ("", "-wal"):  # as after a crash, with rows in the log only
        shutil.copyfile(f"{home.database}{suffix}", f"{moved.database}{suffix}")
    opened.close()
    with monkeypatch.context() as patch:
        patch.setattr(store, "file_system", lambda path: FileSystem("fuse.sshfs", "/far"))
        far = store.open_writer(moved)
        assert far.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
        assert far.execute("SELECT count(*) FROM environment").fetchone() == (1,)
        store.close(far, moved)
    near = store.open_writer(moved)
    assert near.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert near.execute("SELECT count(*) FROM environment").fetchone() == (1,)
    store.close(near, moved)


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_refused(home: Home, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StoreError, match="cannot lock files") as caught:
        store.open_writer(home)
    assert "local disk" in caught.value.hint


def test_a_copy_to_read_from_leaves_no_files(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = store.open_writer(home)
    opened.execute("INSERT INTO environment VALUES ('a', '{}')")
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    reader = store.open_reader(home)
    assert not list((tmp_path / "scratch").iterdir())
    assert reader.execute("SELECT id FROM environment").fetchall() == [("a",)]
    reader.close()
    opened.close()


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_database_is_named(home: Home, kept: float) -> None:
    opened = store.open_writer(home)
    opened.executemany("INSERT INTO environment VALUES (?, ?)", [(str(n), "x" * 2000) for n in range(300)])
    store.close(opened, home)
    os.truncate(home.database, int(home.database.stat().st_size * kept) // 4096 * 4096 - 100)

    def use() -> None:
        opened = store.open_writer(home)
        try:
            with store.transaction(opened, home):
                opened.execute("SELECT sum(length(record)) FROM environment").fetchall()
        finally:
            opened.close()

    with pytest.raises(StoreError, match=r"damaged|cannot be read") as caught:
        use()
    assert "doctor" in caught.value.hint


def test_a_table_that_is_gone_is_named(home: Home, connection: sqlite3.Connection) -> None:
    connection.execute("DROP TABLE restore")
    with pytest.raises(StoreError, match="not as it was made"), store.transaction(connection, home):
        connection.execute("SELECT * FROM restore")


def test_another_program_that_holds_the_database(home: Home, connection: sqlite3.Connection) -> None:
    other = sqlite3.connect(home.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    connection.execute("PRAGMA busy_timeout = 10")
    with pytest.raises(StoreError, match="locked by another program"), store.transaction(connection, home):
        pass
    other.close()
