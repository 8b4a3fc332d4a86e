"""From any older schema to the newest: in whole steps, after a copy, whoever kills it and however many try at once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mlver_tui
from mlver_tui.errors import StoreError
from mlver_tui.home import Home
from mlver_tui.store import migrations
from mlver_tui.store.connection import close, open_writer
from mlver_tui.store.registry import expected_schema, stored_schema

ROOT = Path(mlver_tui.__file__).parents[1]
STEPS = migrations.STEPS
OPEN = """
import os, signal, sys
from pathlib import Path
from typing import Any
from mlver_tui.home import Home
from mlver_tui.store import migrations
from mlver_tui.store.connection import close, open_writer

def deadly(step):
    def run(db):
        step(db)
        os.kill(os.getpid(), signal.SIGKILL)
    return run

fatal = int(sys.argv[2])
migrations.STEPS = tuple(deadly(s) if n == fatal else s for n, s in enumerate(migrations.STEPS, 1))
home = Home(Path(sys.argv[1]))
close(open_writer(home), home)
"""


def start(home: Home, fatal: int = 0) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", OPEN, str(home.root), str(fatal)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
    )


def make_old(home: Home, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store as a release with that many steps would have left it, with one run in it."""
    connection = sqlite3.connect(home.database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "STEPS", STEPS[:steps])
        migrations.migrate(connection)
    connection.execute("INSERT INTO run (id, name, project, status, start_ms) VALUES ('a', 'old', 'p', 'finished', 7)")
    connection.close()


def check_whole(home: Home) -> None:
    connection = open_writer(home)
    assert stored_schema(connection) == expected_schema()
    assert connection.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
    assert connection.execute("SELECT name, start_ms FROM runs").fetchall() == [("old", 7)]
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    close(connection, home)


@pytest.mark.parametrize("steps", range(1, len(STEPS)))
def test_an_older_store_becomes_as_a_fresh_one(home: Home, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    make_old(home, steps, monkeypatch)
    check_whole(home)
    kept = sqlite3.connect(home.root / f"runs.schema-{steps}.db")
    assert kept.execute("PRAGMA user_version").fetchone() == (steps,)
    assert kept.execute("SELECT name FROM run").fetchall() == [("old",)]
    kept.close()
    assert (home.root / f"runs.schema-{steps}.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("fatal", range(2, len(STEPS) + 1))
def test_a_kill_in_a_step_leaves_the_step_before(home: Home, fatal: int, monkeypatch: pytest.MonkeyPatch) -> None:
    make_old(home, 1, monkeypatch)
    process = start(home, fatal)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    left = sqlite3.connect(home.database)
    assert left.execute("PRAGMA user_version").fetchone() == (fatal - 1,)
    assert left.execute("SELECT name FROM run").fetchall() == [("old",)]
    left.close()
    check_whole(home)
    kept = sqlite3.connect(home.root / "runs.schema-1.db")
    assert kept.execute("PRAGMA user_version").fetchone() == (1,)
    kept.close()


@pytest.mark.parametrize("fatal", range(1, len(STEPS) + 1))
def test_a_kill_while_the_store_is_made(home: Home, fatal: int) -> None:
    start(home, fatal).communicate()
    connection = open_writer(home)
    assert stored_schema(connection) == expected_schema()
    close(connection, home)


def test_several_processes_at_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    make_old(home, 1, monkeypatch)
    processes = [start(home) for _ in range(4)]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [(b"", 0)] * 4
    check_whole(home)


def test_a_step_that_fails_changes_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    make_old(home, 2, monkeypatch)

    def broken(db: Any) -> None:
        db.execute("CREATE TABLE half (x)")
        db.execute("CREATE TABLE run (x)")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "STEPS", (*STEPS[:3], broken))
        with pytest.raises((StoreError, sqlite3.OperationalError), match="already exists"):
            open_writer(home)
    left = sqlite3.connect(home.database)
    assert left.execute("PRAGMA user_version").fetchone() == (3,)
    assert left.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone() == (0,)
    left.close()
    check_whole(home)
