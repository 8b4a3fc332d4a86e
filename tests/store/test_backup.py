"""A backup is a whole, sound copy in one file, taken while others write, and never in the place of something."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from mlver_tui.errors import RefusedError, StoreError
from mlver_tui.home import Home
from mlver_tui.store.backup import backup
from mlver_tui.store.connection import close, open_reader, open_writer, transaction


def add(connection: sqlite3.Connection, home: Home, number: int) -> None:
    """A package row per environment row, in one transaction: a copy that has one without the other is torn."""
    with transaction(connection, home):
        connection.execute("INSERT INTO environment VALUES (?, ?)", (str(number), "x" * 3000))
        connection.execute("INSERT INTO package VALUES (?, 'torch', '2', 'index')", (str(number),))


def test_a_copy_holds_everything_in_one_file(home: Home, connection: sqlite3.Connection, tmp_path: Path) -> None:
    for number in range(50):
        add(connection, home, number)
    target, seen = tmp_path / "copy.db", []
    size = backup(connection, target, lambda done, total: seen.append((done, total)))
    assert size == target.stat().st_size
    assert target.stat().st_mode & 0o777 == 0o600
    assert seen[-1][0] == seen[-1][1] > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "home"]
    copied = Home(tmp_path / "other").create()
    target.rename(copied.database)
    reader = open_reader(copied)
    assert reader.execute("SELECT count(*) FROM environment").fetchone() == (50,)
    reader.close()
    opened = open_writer(copied)
    close(opened, copied)


def test_never_over_something_that_is_there(connection: sqlite3.Connection, tmp_path: Path) -> None:
    target = tmp_path / "there"
    target.write_text("mine")
    with pytest.raises(RefusedError, match="exists already"):
        backup(connection, target)
    assert target.read_text() == "mine"
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(RefusedError, match="exists already"):
        backup(connection, link)


def test_a_folder_that_is_not_there(connection: sqlite3.Connection, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        backup(connection, tmp_path / "no" / "copy.db")


def test_beside_a_writer_it_is_of_one_moment(home: Home, connection: sqlite3.Connection, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        other = open_writer(home)
        number = 0
        while not stop.is_set():
            add(other, home, number := number + 1)
        close(other, home)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            backup(connection, tmp_path / f"copy-{number}.db")
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        copy = sqlite3.connect(tmp_path / f"copy-{number}.db")
        left, right = (copy.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("environment", "package"))
        assert left == right
        copy.close()


def test_damage_is_not_copied_in_silence(home: Home, connection: sqlite3.Connection, tmp_path: Path) -> None:
    for number in range(200):
        add(connection, home, number)
    close(connection, home)
    size = home.database.stat().st_size
    with home.database.open("r+b") as file:
        file.seek(size - 40 * 4096)
        file.write(b"\xff" * 4096 * 20)
    opened = open_writer(home)
    with pytest.raises(StoreError, match="not sound"):
        backup(opened, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    opened.close()
