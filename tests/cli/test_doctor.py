"""`mlver-tui doctor` says what is wrong with any home and what to do; `--rebuild` and `backup` do it."""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlver_tui import clock
from mlver_tui.home import Home
from mlver_tui.registry import doctor
from mlver_tui.store import connection as store
from mlver_tui.store import journal as journals
from mlver_tui.store.connection import close, open_writer
from mlver_tui.store.filesystem import FileSystem

Ask = Callable[..., Any]
Mlver = Callable[..., Any]


@pytest.fixture(autouse=True)
def _a_good_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "COLORTERM", "TMUX", "STY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folded(home: Path, mlver: Mlver) -> Home:
    """The filled home with everything in the database, in one file."""
    assert mlver("runs").status == 0
    opened = open_writer(Home(home))
    opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    close(opened, Home(home))
    return Home(home)


@pytest.fixture
def ask(mlver: Mlver) -> Ask:
    """doctor --json: (exit status, {subject: [(word, detail, hint)]})."""

    def ask(*argv: str) -> tuple[int, dict[str, list[tuple[str, str, str]]]]:
        said = mlver("doctor", "--json", *argv)
        document = json.loads(said.out)
        found: dict[str, list[tuple[str, str, str]]] = {}
        for item in document["findings"]:
            found.setdefault(item["subject"], []).append((item["word"], item["detail"], item["hint"]))
        words = {word for remarks in found.values() for word, _, _ in remarks}
        assert document["ok"] is ("bad" not in words)
        assert all(hint for remarks in found.values() for word, _, hint in remarks if word == "bad")
        return said.status, found

    return ask


def test_a_sound_home(folded: Home, ask: Ask, mlver: Mlver) -> None:
    status, found = ask()
    assert status == 0
    for subject in ("home", "lock", "SQLite", "database", "pages", "schema", "journals", "history", "program", "git"):
        assert [word for word, _, _ in found[subject]] == ["ok"], subject
    assert "given with --home" in found["home"][0][1]
    assert sqlite3.sqlite_version in found["SQLite"][0][1]
    assert "4 finished" in found["runs"][0][1]
    lines = mlver("doctor").out.splitlines()
    assert lines[0].startswith(f"ok    home         {folded.root}")
    assert lines[-1].startswith("nothing is wrong")


def test_nothing_is_changed_by_looking(folded: Home, ask: Ask) -> None:
    before = {path: path.read_bytes() for path in folded.root.rglob("*") if path.is_file()}
    ask()
    after = {path: path.read_bytes() for path in folded.root.rglob("*") if path.is_file()}
    assert {path for path in after if not path.name.endswith(("-wal", "-shm"))} == set(before)
    assert all(after[path] == content for path, content in before.items())


def test_why_this_home(tmp_path: Path, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert "the usual place" in call("doctor").out
    (tmp_path / ".mlver").mkdir(mode=0o700)
    assert f"{tmp_path / '.mlver'} (the nearest .mlver upward" in call("doctor").out
    monkeypatch.setenv("MLVER_HOME", str(tmp_path / "other"))
    said = call("doctor")
    assert "there is no store at" in said.out
    assert "from MLVER_HOME" in said.out
    assert said.status == 0


def test_a_home_that_is_a_file(tmp_path: Path, call: Callable[..., Any]) -> None:
    (tmp_path / "file").write_text("x")
    said = call("doctor", "--home", tmp_path / "file")
    assert said.status == 1
    assert "is a file, not a home folder" in said.out


def test_an_open_door(folded: Home, ask: Ask) -> None:
    folded.root.chmod(0o755)
    assert ask()[1]["home"][0][::2] == ("warn", f"chmod 700 {folded.root}")


def test_a_network(folded: Home, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (doctor, store):
        monkeypatch.setattr(room, "file_system", lambda path: FileSystem("nfs4", "/home"))
    status, found = ask()
    assert status == 0
    assert found["file system"][0][0] == "warn"
    assert "rollback journal" in found["file system"][0][1]
    assert found["log"][0][:2] == ("warn", "a write-ahead log on a network")
    close(open_writer(folded), folded)
    assert "log" not in ask()[1]


def test_little_space(folded: Home, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9 - 5000, 5000))
    assert ask()[1]["space"][0][0] == "warn"


def test_a_held_lock_is_no_problem(folded: Home, ask: Ask) -> None:
    descriptor = os.open(folded.lock, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    status, found = ask()
    os.close(descriptor)
    assert (status, found["lock"][0][0]) == (0, "ok")
    assert "held by another process" in found["lock"][0][1]


def _overwrite(path: Path, start: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(content)


def _execute(home: Home, *statements: str) -> None:
    connection = sqlite3.connect(home.database, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("harm", "subject", "words"),
    [
        (lambda home: home.database.write_bytes(b"no database " * 999), "database", "no SQLite database"),
        (lambda home: os.truncate(home.database, 50_000), "database", "are cut off"),
        (lambda home: _overwrite(home.database, 4096, os.urandom(4096)), "pages", ""),
        (lambda home: _overwrite(home.database, 100, b"\xff" * 2000), "database", "cannot be read"),
        (lambda home: _execute(home, "PRAGMA application_id = 7"), "database", "belongs to another program"),
        (lambda home: _execute(home, "PRAGMA user_version = 99"), "database", "newer mlver-tui"),
        (lambda home: _execute(home, "DROP TRIGGER event_no_update"), "schema", "trigger event_no_update is gone"),
        (lambda home: _execute(home, "DROP TABLE journal"), "journals", "cannot be read"),
    ],
)
def test_damage_is_named(
    folded: Home, ask: Ask, mlver: Mlver, harm: Callable[[Home], object], subject: str, words: str
) -> None:
    harm(folded)
    status, found = ask()
    assert status == 4
    assert any(word == "bad" and words in detail for word, detail, _ in found[subject])
    said = mlver("doctor")
    assert said.status == 4
    assert "problem" in said.out.splitlines()[-1]
    assert "Traceback" not in said.out + said.err


def test_an_edited_history(folded: Home, ask: Ask, mlver: Mlver) -> None:
    assert mlver("release", "low", "digits", "-m", "first").status == 0
    _execute(folded, "DROP TRIGGER event_no_update", "UPDATE event SET actor = 'mallory'")
    status, found = ask()
    assert status == 4
    assert found["history"][0][0] == "bad"


@pytest.mark.parametrize("version", [0, 1])
def test_an_empty_or_older_database_needs_nothing(folded: Home, ask: Ask, version: int) -> None:
    if version:
        _execute(folded, f"PRAGMA user_version = {version}")
    else:
        folded.database.write_bytes(b"")
    status, found = ask()
    assert (status, found["database"][0][0]) == (0, "warn")


def test_rows_that_wait_in_the_log_count(home: Path, ask: Ask) -> None:
    found = Home(home)
    folded = open_writer(found)
    folded.execute("PRAGMA wal_autocheckpoint = 0")
    folded.execute("INSERT INTO run (id, name, project, status, start_ms) VALUES ('x', 'x', 'p', 'unknown', 1)")
    status, remarks = ask()
    assert status == 0
    assert "1 unknown" in remarks["runs"][0][1]
    folded.close()


@pytest.fixture
def waiting(folded: Home) -> Path:
    """A journal that nobody has folded."""
    path = folded.journals / journals.file_name("01hq0000000000000000000000", 1, 1)
    event = journals.frame(journals.event_payload({"e": "start", "at": 1, "name": "n", "project": "p"}))
    path.write_bytes(journals.MAGIC + event + event)
    return path


def test_a_journal_that_waits(waiting: Path, ask: Ask) -> None:
    assert "in 1 journal wait to be folded" in ask()[1]["journals"][-1][1]


def test_a_torn_end_is_normal(waiting: Path, ask: Ask) -> None:
    os.truncate(waiting, waiting.stat().st_size - 3)
    status, found = ask()
    assert status == 0
    assert [word for word, _, _ in found["journals"]] == ["ok", "ok"]
    assert "unfinished record" in found["journals"][0][1]


def test_damage_in_a_journal(waiting: Path, ask: Ask, mlver: Mlver) -> None:
    _overwrite(waiting, 30, b"\xff")
    assert ask()[1]["journals"][0][0] == "warn"
    assert "are damaged" in ask()[1]["journals"][0][1]
    mlver("runs")
    assert "could not be read when they were folded" in ask()[1]["journals"][0][1]


def test_a_file_that_is_no_journal(folded: Home, ask: Ask) -> None:
    (folded.journals / f"odd\x1b[31m{journals.SUFFIX}").write_bytes(b"hello " * 40)
    status, found = ask()
    assert status == 0
    assert "does not begin as a journal" in found["journals"][0][1]


def test_escapes_in_names_stay_text(folded: Home, mlver: Mlver) -> None:
    (folded.journals / f"odd\x1b]52;c;x\x07{journals.SUFFIX}").write_bytes(b"hello " * 40)
    assert "\x1b" not in mlver("doctor").out


def test_a_silent_run(folded: Home, ask: Ask) -> None:
    _execute(folded, f"UPDATE run SET status = 'running', heartbeat_ms = {clock.now_ms() - 100_000} WHERE name = 'low'")
    status, found = ask()
    assert (status, found["runs"][0][0]) == (0, "warn")
    assert "1 of the running" in found["runs"][0][1]


def test_what_earlier_databases_left(folded: Home, ask: Ask) -> None:
    (folded.root / "runs.schema-3.db").write_bytes(b"x" * 100)
    assert "runs.schema-3.db" in ask()[1]["kept"][0][1]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "TMUX": "/tmp/x"}, "24-bit colours, in tmux"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "no colours (NO_COLOR)"),
        ({"TERM": "screen", "STY": "1", "SSH_CONNECTION": "a"}, "16 colours, in screen, over ssh"),
        ({"TERM": "dumb"}, "TERM is dumb"),
    ],
)
def test_the_terminal(
    folded: Home, ask: Ask, variables: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert words in ask()[1]["terminal"][0][1]


def test_a_machine_with_nothing(folded: Home, ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import locale

    from mlver_tui.restore import installer

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(installer, "find_uv", lambda: None)
    monkeypatch.setattr(installer, "find_pip", lambda: None)
    monkeypatch.setattr(locale, "getpreferredencoding", lambda do_setlocale=True: "ANSI_X3.4-1968")
    status, found = ask()
    assert status == 0
    assert [found[subject][0][0] for subject in ("git", "installers", "locale")] == ["warn"] * 3


def test_rebuild_asks_first(folded: Home, mlver: Mlver, monkeypatch: pytest.MonkeyPatch) -> None:
    before = folded.database.read_bytes()
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    said = mlver("doctor", "--rebuild")
    assert said.status == 2
    assert "moved aside" in said.out
    assert "not needed" in said.out
    assert "add --yes" in said.err
    answers = io.StringIO("n\n")
    monkeypatch.setattr(answers, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdin", answers)
    assert mlver("doctor", "--rebuild").status == 3
    assert folded.database.read_bytes() == before
    assert mlver("doctor", "--yes").status == 2


def test_a_rebuild_makes_a_sound_store(folded: Home, ask: Ask, mlver: Mlver) -> None:
    size = folded.database.stat().st_size
    _overwrite(folded.database, size - 2 * 4096, os.urandom(4096))
    said = mlver("doctor", "--rebuild", "--yes")
    assert said.status == 0
    assert "kept as runs.db.damaged-" in said.out
    assert ask()[0] == 0
    assert "low" in mlver("runs").out
    assert mlver("doctor", "--rebuild", "--yes", "--home", folded.root / "gone").status == 1


def test_backup(home: Path, mlver: Mlver, call: Callable[..., Any], tmp_path: Path) -> None:
    target = tmp_path / "copies" / "runs.db"
    target.parent.mkdir()
    document = json.loads(mlver("backup", target, "--json").out)
    assert (document["file"], document["bytes"], document["runs"]) == (str(target), target.stat().st_size, 4)
    assert call("verify", "--home", target.parent).status == 0
    assert "diverged" in call("runs", "--home", target.parent).out
    again = mlver("backup", target)
    assert again.status == 3
    assert "exists already" in again.err
    assert mlver("backup", tmp_path / "no" / "such" / "folder").status == 1
    assert "copied and checked" in mlver("backup", tmp_path / "other.db").err
