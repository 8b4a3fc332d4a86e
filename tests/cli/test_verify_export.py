"""`mlver-tui verify` finds forgeries; `mlver-tui export` writes whole documents."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest


def forge(home: Path) -> Any:
    """Change a released version behind our back."""
    connection = sqlite3.connect(home / "runs.db")
    with connection:
        connection.execute("DROP TRIGGER version_no_update")
        connection.execute("UPDATE version SET message = 'forged'")
    connection.close()


@pytest.mark.parametrize("argv", [(), ("--all",), ("low",), ("digits:0.1.0",), ("digits:latest",)])
def test_sound(mlver: Any, argv: Any) -> None:
    mlver("release", "low", "digits", "-m", "x")
    said = mlver("verify", *argv)
    assert said.status == 0
    assert "all as recorded" in said.out


@pytest.mark.parametrize("argv", [(), ("digits:0.1.0",)])
def test_forged(mlver: Any, home: Path, argv: Any) -> None:
    mlver("release", "low", "digits", "-m", "x")
    forge(home)
    said = mlver("verify", *argv)
    assert said.status == 4
    assert "DIFFER  digits:0.1.0" in said.out
    document = json.loads(mlver("verify", *argv, "--json").out)
    assert document["ok"] is False
    assert any(not finding["ok"] for finding in document["findings"])


def test_export(mlver: Any, tmp_path: Path) -> None:
    mlver("release", "low", "digits", "-m", "x")
    said = mlver("export", "project", "=", "digits")
    document = json.loads(said.out)
    assert [run["name"] for run in document["runs"]] == ["low", "high", "diverged"]
    assert document["runs"][2]["metrics"]["loss"][1][1] == "NaN"
    assert document["registry"]["digits"]["versions"]["1"]["semver"] == "0.1.0"
    assert mlver("export", "project = digits", "-o", tmp_path / "x.json").out == ""
    assert (tmp_path / "x.json").read_text() == said.out
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["x.json"]


def test_a_failed_export_leaves_the_old_file(mlver: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x.json"
    target.write_text("old")
    from mlver_tui.interop import extract

    def broken(connection: Any, runs: Any, **options: Any) -> Any:
        yield "{"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(extract, "export_document", broken)
    assert mlver("export", "-o", target).status == 1
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["x.json"]


def test_export_to_a_folder_that_is_not_there(mlver: Any, tmp_path: Path) -> None:
    said = mlver("export", "-o", tmp_path / "no" / "x.json")
    assert said.status == 1
    assert "Traceback" not in said.err
