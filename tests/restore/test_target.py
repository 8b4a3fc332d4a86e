"""The folder of a restore: never somebody's files, never half made."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlver_tui.errors import RefusedError, RestoreError
from mlver_tui.home import Home
from mlver_tui.restore.target import MARKER, check_target, claimed


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def fail_in(folder: Path, error: BaseException, *names: str) -> None:
    with claimed(folder) as target:
        for name in names:
            (target / name).mkdir() if name == ".venv" else (target / name).touch()
        raise error


def test_new_and_empty_folders_will_do(tmp_path: Path, home: Home) -> None:
    (tmp_path / "empty").mkdir()
    assert check_target(tmp_path / "empty", home) == tmp_path / "empty"
    assert check_target(tmp_path / "a" / "b", home) == tmp_path / "a" / "b"


def test_what_is_in_use_is_refused(tmp_path: Path, home: Home) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "full")
    for target in ("full", "file", "link", "home", "home/new"):
        with pytest.raises(RefusedError) as caught:
            check_target(tmp_path / target, home)
        assert caught.value.hint
        assert caught.value.exit_code == 3


def test_success_leaves_what_was_made(tmp_path: Path) -> None:
    with claimed(tmp_path / "t") as target:
        assert (target / MARKER).is_file()
        (target / ".venv").mkdir()
    assert [path.name for path in (tmp_path / "t").iterdir()] == [".venv"]


@pytest.mark.parametrize("error", [RestoreError("x"), KeyboardInterrupt(), SystemExit()])
def test_failure_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        fail_in(tmp_path / "t", error, ".venv", "pylock.toml")
    assert not (tmp_path / "t").exists()


def test_failure_spares_the_person_s_folder_and_files(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(RestoreError):
        fail_in(tmp_path / "mine", RestoreError("x"), "notes.txt")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_what_was_stopped_half_way_is_started_over(tmp_path: Path, home: Home) -> None:
    target = tmp_path / "t"
    (target / ".venv").mkdir(parents=True)
    (target / ".venv" / "half").touch()
    (target / MARKER).touch()
    assert check_target(target, home) == target
    with claimed(target):
        assert not (target / ".venv").exists()


def test_a_link_in_place_of_the_environment_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "x").touch()
    target = tmp_path / "t"
    target.mkdir()
    (target / MARKER).touch()
    (target / ".venv").symlink_to(tmp_path / "precious")
    with claimed(target):
        assert not (target / ".venv").is_symlink()
    assert (tmp_path / "precious" / "x").exists()


def test_two_at_once(tmp_path: Path) -> None:
    with claimed(tmp_path / "t") as target:
        (target / ".venv").mkdir()
        with pytest.raises(RefusedError, match="at work"), claimed(tmp_path / "t"):
            pytest.fail("claimed twice")
        assert (target / ".venv").is_dir()


def test_a_folder_that_filled_up_in_between(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / ".venv").mkdir()
    with pytest.raises(RefusedError), claimed(tmp_path / "t"):
        pytest.fail("claimed")
    assert [path.name for path in (tmp_path / "t").iterdir()] == [".venv"]


def test_a_place_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RestoreError, match="cannot be made"), claimed(tmp_path / "file" / "t"):
        pytest.fail("claimed")
