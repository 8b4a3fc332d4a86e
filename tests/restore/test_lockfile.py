"""Lockfiles: valid, complete or honest about what is left out, and never more than names, versions and URLs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.pylock import Pylock
from packaging.requirements import Requirement

from mlver_tui.records import Environment, Interpreter, Origin, Package
from mlver_tui.restore import toml
from mlver_tui.restore.files import IndexFile, PackageFiles
from mlver_tui.restore.lockfile import Lock, write_lock
from mlver_tui.restore.sources import sort_sources

H = "a" * 64
COMMIT = "c" * 40
Make = Callable[..., Package]
MakeEnvironment = Callable[..., Environment]


def files(name: str, version: str) -> PackageFiles:
    wheel = f"{name}-{version}-py3-none-any.whl"
    return PackageFiles("https://i.example/simple", (IndexFile(wheel, f"https://f.example/{wheel}", H, 7),))


def locked(environment: Environment, known: dict[str, PackageFiles], *, gone: bool = False) -> Lock:
    return write_lock(environment, sort_sources(environment, lambda path: not gone), known, "run-1")


def parsed(lock: Lock) -> Pylock:
    assert lock.name == "pylock.toml"
    pylock = Pylock.from_dict(toml.read(lock.text))
    pylock.validate()
    return pylock


def test_a_pylock_when_every_hash_is_known(package: Make, environment: MakeEnvironment) -> None:
    record = environment(
        package("six"),
        package("repo", "1", "vcs", "https://g.example/r.git", COMMIT, subdirectory="py"),
        package("arch", "2", "archive", "https://g.example/arch-2.tar.gz", sha256=H),
        package("wheel", "3", "archive", "file:///w/wheel-3-py3-none-any.whl", sha256=H),
        version="3.11.7",
        platform="linux-x86_64",
    )
    lock = locked(record, {"six": files("six", "1.17.0")})
    pylock = parsed(lock)
    assert (lock.hashed, lock.packages, lock.problems) == (True, 4, ())
    by_name = {str(item.name): item for item in pylock.packages}
    assert str(pylock.requires_python) == "==3.11.*"
    assert pylock.environments is not None
    assert "x86_64" in str(pylock.environments[0])
    assert by_name["six"].index == "https://i.example/simple"
    assert by_name["repo"].vcs is not None
    assert (by_name["repo"].vcs.commit_id, by_name["repo"].vcs.subdirectory) == (COMMIT, "py")
    assert by_name["arch"].archive is not None
    assert by_name["arch"].archive.url == "https://g.example/arch-2.tar.gz"
    assert by_name["wheel"].archive is not None
    assert by_name["wheel"].archive.path == "/w/wheel-3-py3-none-any.whl"
    assert pylock.tool is not None
    assert pylock.tool["mlver"]["environment"] == record.id
    assert pylock.tool["mlver"]["record-sha256"]["six"] == record.packages[2].record_sha256


def test_an_empty_environment(environment: MakeEnvironment) -> None:
    assert list(parsed(locked(environment(), {})).packages) == []


def test_one_unknown_hash_makes_it_a_requirements_file(package: Make, environment: MakeEnvironment) -> None:
    record = environment(
        package("six"),
        package("torch", "2.1.0+cu118"),
        package("repo", "1", "vcs", "git+ssh://git@g.example/r.git", COMMIT, subdirectory="py"),
        package("arch", "2", "archive", "https://g.example/arch-2.tar.gz", sha256=H, subdirectory="py"),
    )
    lock = locked(record, {"six": files("six", "1.17.0")})
    assert (lock.name, lock.hashed) == ("requirements.txt", False)
    assert "torch 2.1.0+cu118" in lock.reason
    lines = [Requirement(line.partition("#")[0]) for line in lock.text.splitlines() if not line.startswith("#")]
    assert [line.name for line in lines] == ["arch", "repo", "six", "torch"]
    assert f"arch @ https://g.example/arch-2.tar.gz#sha256={H}&subdirectory=py" in lock.text
    assert f"repo @ git+ssh://git@g.example/r.git@{COMMIT}#subdirectory=py" in lock.text
    assert "\ntorch==2.1.0+cu118\n" in lock.text


def test_what_cannot_be_locked_is_a_comment_and_a_problem(package: Make, environment: MakeEnvironment) -> None:
    record = environment(
        package("ed", "1", "editable", "file:///src/ed"),
        package("dir", "1", "directory", "file:///src/dir"),
        package("hg", "1", "vcs", "hg+https://h.example/r", COMMIT),
        package("loose", "1", "vcs", "https://h.example/r", "main"),
        package("whl", "1", "archive", "file:///w/whl-1-py3-none-any.whl", sha256=H),
        package("odd", "not a version"),
    )
    lock = locked(record, {}, gone=True)
    assert lock.packages == 0
    assert len(lock.problems) == 6
    assert any("/src/ed, which is gone; put that folder back" in problem for problem in lock.problems)
    assert len(toml.read(lock.text)["tool"]["mlver"]["left-out"]) == 6


def test_a_folder_that_is_there_is_named(package: Make, environment: MakeEnvironment, tmp_path: Path) -> None:
    record = environment(package("ed", "1", "editable", f"file://{tmp_path}"))
    (left,) = sort_sources(record).left_out
    assert left.folder == str(tmp_path)


@pytest.mark.parametrize("platform", ["macosx-14.0-arm64", "win-amd64", "linux-aarch64", "plan9-vax", "linux-'x"])
def test_any_platform_makes_a_valid_lock(package: Make, environment: MakeEnvironment, platform: str) -> None:
    parsed(locked(environment(package("six"), platform=platform), {"six": files("six", "1.17.0")}))


hostile = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["six", "1.0", "six\n--index-url https://evil", "-r x", "1.0 --pre", "a\r\n-e .", "1.0;x", "${X}"]),
)
kinds = st.sampled_from(["index", "vcs", "archive", "directory", "editable", "unknown"])
origins = st.builds(Origin, kinds, hostile, hostile, hostile, hostile)
hostile_packages = st.builds(Package, hostile, hostile, origins, hostile)


@given(st.lists(hostile_packages, max_size=5), hostile, hostile, st.booleans())
def test_no_record_can_write_more_than_pins(packages: list[Package], version: str, text: str, gone: bool) -> None:
    interpreter = Interpreter(version, text, text, text)
    record = Environment(text, interpreter, tuple({package.name: package for package in packages}.values()))
    sources = sort_sources(record, lambda path: not gone)
    lock = write_lock(record, sources, {}, text)
    if lock.name == "pylock.toml":
        Pylock.from_dict(toml.read(lock.text)).validate()
        return
    lines = [line for line in lock.text.split("\n") if line and not line.startswith("#")]
    assert len(lines) == lock.packages == len(sources.listed)
    assert [Requirement(line.partition("#")[0]).name for line in lines] == [package.name for package in sources.listed]
    assert lock.text.isascii()
    assert "\r" not in lock.text
