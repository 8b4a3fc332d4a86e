"""From words to an exit status: globals on either side, mistakes in one line and a hint, never a traceback."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mlver_tui
from mlver_tui.cli import main as main_module
from mlver_tui.cli import words


def one_mistake(said: Any, status: int, *parts: Any) -> Any:
    """One line, a hint, the status, and nothing on stdout."""
    assert said.status == status
    lines = said.err.splitlines()
    assert lines[0].startswith("mlver-tui: ")
    assert lines[-1].startswith("  hint: ")
    assert "Traceback" not in said.err
    assert said.out == ""
    for part in parts:
        assert part in said.err


def test_version(call: Any) -> None:
    said = call("--version")
    assert (said.status, said.out) == (0, f"mlver-tui {mlver_tui.__version__}\n")


def test_help_names_every_command(call: Any) -> None:
    said = call("--help")
    assert said.status == 0
    assert all(f"  {name} " in said.out for name in words.COMMANDS)


@pytest.mark.parametrize("name", words.COMMANDS)
def test_each_command_has_help_and_the_global_options(call: Any, name: Any) -> None:
    said = call(name, "--help")
    assert said.status == 0
    assert "usage: mlver-tui " + name in said.out
    for option in ("--home", "--no-color", "--quiet"):
        assert option in said.out


def test_globals_stand_before_or_after(call: Any, home: Path) -> None:
    before, after = call("--home", home, "-q", "tag", "low"), call("tag", "low", f"--home={home}", "--quiet")
    assert before == after
    assert before.status == 0
    assert "low" in before.out


def test_unknown_command_names_the_closest(call: Any) -> None:
    one_mistake(call("rnus"), 2, "rnus", "runs")
    one_mistake(call("xyzzy"), 2, "commands: demo")


@pytest.mark.parametrize(
    "argv",
    [
        ("runs", "--nope"),
        ("runs", "--limit", "-3"),
        ("runs", "--limit", "x"),
        ("show",),
        ("diff", "@-1"),
        ("diff", "@-1", "@-2", "--only", "colour"),
        ("diff", "@-1", "@-2", "--format", "pdf"),
        ("release", "@-1", "digits"),
        ("release", "@-1", "digits", "-m", "x", "--bump", "huge"),
        ("release", "@-1", "digits", "-m", "x", "--bump", "minor", "--version", "1.0.0"),
        ("release", "@-1", "digits", "-m", "x", "--version", "1.0"),
        ("release", "@-1", "../up", "-m", "x"),
        ("restore", "@-1"),
        ("export", "--format", "csv"),
        ("verify", "@-1", "--all"),
        ("tag", "@-1", "--add", ""),
        ("run",),
        ("run", "--name", "x", "--"),
        ("show", "@-0"),
        ("--home",),
    ],
)
def test_wrong_usage_is_2(mlver: Any, argv: Any) -> None:
    one_mistake(mlver(*argv), 2)


@pytest.mark.parametrize("command", [("show",), ("note",), ("verify",), ("restore", "--to", "x"), ("tag",)])
def test_no_such_run(mlver: Any, command: Any) -> None:
    argv = (command[0], "no-such-run", *command[1:], *(["text"] if command[0] == "note" else []))
    one_mistake(mlver(*argv), 1, "no-such-run")


def test_a_close_name_is_offered(mlver: Any) -> None:
    one_mistake(mlver("show", "hihg"), 1, "did you mean high")


def test_bad_filter_shows_a_caret(mlver: Any) -> None:
    said = mlver("runs", "lr <")
    one_mistake(said, 2, "value is missing")
    _, text, caret, _ = said.err.splitlines()
    assert text == "  lr <"
    assert caret.strip() == "^"
    assert caret.index("^") >= 5


def test_caret_counts_wide_characters(mlver: Any) -> None:
    said = mlver("runs", '"漢字" <')
    _, text, caret, _ = said.err.splitlines()
    assert text == '  "漢字" <'
    assert caret.index("^") - 2 >= 8  # six characters, two of them two columns wide


def test_filter_with_an_escape_is_shown_harmless(mlver: Any) -> None:
    said = mlver("runs", "lr < \x1b[31m <")
    assert said.status == 2
    assert "\x1b" not in said.err


def test_home_that_is_a_file(call: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    one_mistake(call("--home", tmp_path / "file", "runs"), 1, "is a file")
    one_mistake(call(tmp_path / "file"), 1, "is a file")


def test_home_that_is_not_there(call: Any, tmp_path: Path) -> None:
    one_mistake(call("--home", tmp_path / "no", "runs"), 1, "there is no store")
    one_mistake(call(tmp_path / "no"), 1, "there is no store")
    assert not (tmp_path / "no").exists()


def test_a_folder_without_a_store_stays_as_it_is(call: Any, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for argv in (("--home", tmp_path / "photos", "runs"), (tmp_path / "photos",), ("--home", tmp_path / "photos")):
        one_mistake(call(*argv), 1, "holds no")
    assert list((tmp_path / "photos").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_home(call: Any, home: Path) -> None:
    home.chmod(0)
    try:
        one_mistake(call("--home", home, "runs"), 1, "cannot be read")
    finally:
        home.chmod(0o700)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_read_only_home_is_read_with_a_note(call: Any, home: Path) -> None:
    assert call("--home", home, "runs").status == 0
    home.chmod(0o500)
    try:
        said = call("--home", home, "runs")
        assert said.status == 0
        assert "low" in said.out
        assert "cannot be written" in said.err
        one_mistake(call("--home", home, "tag", "low", "--add", "x"), 1, "cannot be written")
    finally:
        home.chmod(0o700)


@pytest.mark.parametrize("argv", [("runs",), ("show", "low"), ("verify",), ("tag", "low", "--add", "x"), ("export",)])
def test_damaged_database(call: Any, home: Path, argv: Any) -> None:
    call("--home", home, "runs")
    (home / "runs.db").write_bytes(b"not a database at all" * 1000)
    for suffix in ("-wal", "-shm"):
        (home / f"runs.db{suffix}").unlink(missing_ok=True)
    one_mistake(call("--home", home, *argv), 1, "damaged")


def test_foreign_database_is_left_alone(call: Any, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "runs.db") as connection:
        connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    before = (tmp_path / "runs.db").read_bytes()
    one_mistake(call("--home", tmp_path, "runs"), 1, "another program")
    assert (tmp_path / "runs.db").read_bytes() == before


def test_newer_database_is_left_alone(call: Any, home: Path) -> None:
    call("--home", home, "runs")
    with sqlite3.connect(home / "runs.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    one_mistake(call("--home", home, "runs"), 1, "newer", "upgrade")


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt(), 130), (OSError(28, "No space left on device", "x"), 1)]
)
def test_system_errors_have_no_traceback(call: Any, monkeypatch: pytest.MonkeyPatch, error: Any, status: int) -> None:
    def fail(argv: Any) -> Any:
        raise error

    monkeypatch.setattr(main_module, "_run", fail)
    said = call("runs")
    assert said.status == status
    assert "Traceback" not in said.err


def test_a_mistake_of_ours_is_not_hidden(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(argv: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(main_module, "_run", fail)
    with pytest.raises(ZeroDivisionError):
        call("runs")


def test_a_closed_pipe_is_silent(spawn: Any, home: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    child = spawn("--home", home, "export", stdout=writer)
    os.close(writer)
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (141, b"")


def test_a_terminal_that_speaks_no_utf8(spawn: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    child = spawn("--home", home, "show", "low")
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    assert out.isascii()


def test_commands_start_without_the_app(home: Path) -> None:
    code = (
        "import sys; from mlver_tui.cli.main import main; status = main(sys.argv[1:]);"
        "print(status, {'textual', 'rich', 'sqlite_utils', 'asyncio', 'numpy'} & set(sys.modules))"
    )
    assert main_module.main(["--home", str(home), "-q", "runs"]) == 0  # the schema is made by now
    words_ = [sys.executable, "-c", code, "--home", str(home), "runs"]
    result = subprocess.run(words_, capture_output=True, text=True, check=True, cwd=Path(mlver_tui.__file__).parents[1])
    assert result.stdout.splitlines()[-1] == "0 set()"


def test_home_is_found_upward(call: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.move(home, tmp_path / ".mlver")
    (tmp_path / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "down")
    assert "low" in call("runs").out
