"""What git says about a folder, and what we must not do to it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mlver_tui.capture import code as room
from mlver_tui.capture.code import read_code
from mlver_tui.capture.programs import ask
from mlver_tui.records import Code, Missing

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    repo = tmp_path / "repo"
    repo.mkdir()

    def run(*words: str) -> str:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
        done = subprocess.run(["git", *identity, *words], cwd=repo, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    run("init", "--quiet")
    return run


@pytest.fixture
def repo(tmp_path: Path, git: Git) -> Path:
    folder = tmp_path / "repo"
    (folder / "train.py").write_text("print(1)\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    return folder


def code_of(folder: Path) -> Code:
    found = read_code(str(folder))
    assert isinstance(found, Code), found
    return found


def test_a_clean_repository(repo: Path, git: Git) -> None:
    (repo / "deep" / "er").mkdir(parents=True)
    found = code_of(repo / "deep" / "er")
    assert found == Code(root=str(repo), commit=git("rev-parse", "HEAD"), branch="main", dirty=False)


@pytest.mark.parametrize("change", ["edit", "stage", "untracked", "delete"])
def test_any_change_makes_it_dirty(repo: Path, git: Git, change: str) -> None:
    if change == "delete":
        (repo / "train.py").unlink()
    elif change == "untracked":
        (repo / "new.py").touch()
    else:
        (repo / "train.py").write_text("print(2)\n")
    if change == "stage":
        git("add", ".")
    assert code_of(repo).dirty is True


def test_what_is_no_source_does_not_make_it_dirty(repo: Path) -> None:
    (repo / ".gitignore").write_text("ignored\n.gitignore\n")
    for folder in ("ignored", ".mlver", "__pycache__"):
        (repo / folder).mkdir()
        (repo / folder / "x").touch()
    assert code_of(repo).dirty is False


def test_no_commit_yet(repo: Path, tmp_path: Path, git: Git) -> None:
    git("checkout", "--quiet", "--orphan", "fresh")
    found = code_of(repo)
    assert (found.commit, found.branch, found.dirty) == (None, "fresh", True)


def test_a_detached_head_has_no_branch(repo: Path, git: Git) -> None:
    git("checkout", "--quiet", "--detach")
    found = code_of(repo)
    assert found.branch is None
    assert found.commit == git("rev-parse", "HEAD")


def test_credentials_are_cut_from_the_remote(repo: Path, git: Git) -> None:
    git("remote", "add", "other", "https://example.com/other.git")
    git("remote", "add", "origin", "https://me:s3cret@example.com/x.git")
    assert code_of(repo).remote == "https://example.com/x.git"


def test_the_only_remote_counts(repo: Path, git: Git) -> None:
    git("remote", "add", "upstream", "git@example.com:x.git")
    assert code_of(repo).remote == "git@example.com:x.git"


def test_variables_cannot_point_elsewhere(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert code_of(repo).dirty is False


def test_nothing_of_the_repository_is_run_or_written(repo: Path, git: Git) -> None:
    git("config", "core.fsmonitor", "touch ran; false")
    hooks = repo / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "post-index-change").write_text("#!/bin/sh\ntouch ran\n")
    (hooks / "post-index-change").chmod(0o755)
    os.utime(repo / "train.py", (1, 1))  # would make a plain `git status` refresh the index
    index = (repo / ".git" / "index").read_bytes()
    assert code_of(repo).dirty is False
    assert not (repo / "ran").exists()
    assert (repo / ".git" / "index").read_bytes() == index


@pytest.mark.parametrize("where", ["absent", ".", "file"])
def test_no_repository_is_missing_with_a_reason(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").touch()
    found = read_code(str(tmp_path / where))
    assert isinstance(found, Missing)
    assert "not" in found.reason


def test_inside_the_git_folder(repo: Path) -> None:
    assert isinstance(read_code(str(repo / ".git")), Missing)


def test_no_git(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "relative:/nowhere")
    assert read_code(str(repo)) == Missing("code", "git is not installed")


def test_a_status_that_takes_too_long_is_unknown_not_clean(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(argv: list[str], *rest: object) -> tuple[int, str, str]:
        if "status" in argv:
            raise TimeoutError("git took more than 5 s")
        return ask(argv, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(room, "ask", slow)
    found = code_of(repo)
    assert found.dirty is None
    assert found.commit is not None
