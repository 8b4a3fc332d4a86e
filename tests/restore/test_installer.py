"""Finding uv, else pip."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mlver_tui.restore import installer as room
from mlver_tui.restore.installer import find_pip, find_uv


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MLVER_UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(room, "_bundled_uv", lambda: None)
    monkeypatch.setattr(room, "_USUAL_FOLDERS", ("~/.local/bin",))


def program(path: Path, says: str, status: int = 0) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.usefixtures("nothing")
def test_on_the_path_then_in_the_usual_folders(tmp_path: Path) -> None:
    assert find_uv() is None
    usual = program(tmp_path / ".local" / "bin" / "uv", "uv 0.9.1")
    found = find_uv()
    assert found is not None
    assert (found.command, str(found)) == ((usual,), "uv 0.9.1")
    first = program(tmp_path / "bin" / "uv", "uv 0.10.0 (abc 2026-01-01)")
    found = find_uv()
    assert found is not None
    assert (found.command, found.version) == ((first,), "0.10.0")


@pytest.mark.usefixtures("nothing")
@pytest.mark.parametrize(("says", "status"), [("uv 0.1.2", 0), ("nonsense", 0), ("uv 1.0.0", 1)])
def test_a_uv_that_is_too_old_or_broken_is_passed_over(tmp_path: Path, says: str, status: int) -> None:
    program(tmp_path / "bin" / "uv", says, status)
    assert find_uv() is None


@pytest.mark.usefixtures("nothing")
def test_the_setting_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin" / "uv", "uv 0.9.0")
    own = program(tmp_path / "own" / "uv", "uv 0.8.0")
    monkeypatch.setenv("MLVER_UV", own)
    found = find_uv()
    assert found is not None
    assert found.command == (own,)
    monkeypatch.setenv("MLVER_UV", "none")
    assert find_uv() is None
    assert find_uv(own) is not None


@pytest.mark.usefixtures("nothing")
def test_the_pip_of_this_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_pip(sys.executable)
    if found is None:
        pytest.skip("this Python has no pip")
    assert found.name == "pip"
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert find_pip() is None
