"""`mlver-tui` without a command, and `mlver-tui demo`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from mlver_tui.demo import sweep
from mlver_tui.tui import start


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Homes that the app was opened on."""
    homes = []

    def run_app(home: Any, first: Any = None) -> int:
        homes.append(home)
        return 0

    monkeypatch.setattr(start, "run_app", run_app)
    return homes


def test_a_home_by_path_or_option(call: Any, home: Path, opened: Any) -> None:
    assert call(home).status == 0
    assert call("--home", home).status == 0
    assert [found.root for found in opened] == [home, home]


def test_a_project_folder_means_its_home(call: Any, home: Path, tmp_path: Path, opened: Any) -> None:
    shutil.move(home, tmp_path / "project" / ".mlver")
    assert call(tmp_path / "project").status == 0
    assert opened[0].root == tmp_path / "project" / ".mlver"


def test_path_and_option_do_not_fit(call: Any, home: Path) -> None:
    assert call(home, "--home", home).status == 2


def test_the_first_start_makes_the_default_home(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Any
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.chdir(tmp_path)
    assert call().status == 0
    assert opened[0].root == tmp_path / "share" / "mlver"
    assert (tmp_path / "share" / "mlver").is_dir()


def test_without_a_terminal_the_app_says_what_to_use(spawn: Any, home: Path) -> None:
    child = spawn(home)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 2
    assert b"hint: " in err
    assert b"Traceback" not in err


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Train nothing, but tell progress."""
    homes = []

    def run_demo(home: Path, progress: Any) -> Any:
        homes.append(home)
        progress(1, 2, "half")

    monkeypatch.setattr(sweep, "run_demo", run_demo)
    return homes


def test_demo_prints_its_home(call: Any, tmp_path: Path, trained: Any) -> None:
    said = call("demo", "--no-app", "--home", tmp_path / "demo")
    assert said.status == 0
    assert said.out == f"{tmp_path / 'demo'}\n"
    assert trained == [tmp_path / "demo"]


def test_demo_is_thrown_away_elsewhere(
    call: Any, tmp_path: Path, trained: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    said = call("demo", "--no-app")
    assert said.out.strip() == str(trained[0])
    assert trained[0].parent.parent == tmp_path


def test_demo_without_a_terminal_is_refused_before_it_trains(call: Any, trained: Any, tmp_path: Path) -> None:
    said = call("demo", "--home", tmp_path / "demo")
    assert said.status == 2
    assert "--no-app" in said.err
    assert trained == []


def test_demo_that_fails(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_demo(home: Path, progress: Any) -> Any:
        raise sweep.SweepError("train.py ended with 1")

    monkeypatch.setattr(sweep, "run_demo", run_demo)
    said = call("demo", "--no-app", "--home", tmp_path / "demo")
    assert said.status == 1
    assert "Traceback" not in said.err


def test_named_home_in_the_environment_must_exist(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLVER_HOME", str(tmp_path / "typo"))
    assert call().status == 1
