"""Choosing a Python: the same, else another patch of it, never another minor version."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mlver_tui.capture.environment import read_interpreter
from mlver_tui.records import Interpreter
from mlver_tui.restore.interpreters import choose_python


@pytest.fixture
def this() -> Interpreter:
    found = read_interpreter()
    assert isinstance(found, Interpreter)
    return found


@pytest.fixture
def pretend(tmp_path: Path, this: Interpreter) -> Callable[..., str]:
    """pretend("3.11.9") -> path of a program that answers as that Python."""

    def make(version: str, implementation: str = "cpython") -> str:
        program = tmp_path / f"python-{version}"
        program.write_text(
            f'#!{sys.executable}\nimport sys\nsys.argv[1:] = []\nimport json\nprint("mlver-environment:" + json.dumps('
            f'dict(path=[], version="{version}", implementation="{implementation}", cache_tag="x", libc="",'
            f' platform="{this.platform}", executable="{program}", prefix="/")))\n'
        )
        program.chmod(0o755)
        return str(program)

    return make


def test_this_interpreter_is_found(this: Interpreter) -> None:
    choice = choose_python(this)
    assert choice.exact
    assert str(choice).startswith(f"{this.version} (")


def test_the_exact_one_beats_a_newer_patch(this: Interpreter, pretend: Callable[..., str]) -> None:
    paths = [pretend("3.11.9"), pretend("3.11.4"), pretend("3.12.0")]
    choice = choose_python(replace(this, version="3.11.4"), candidates=paths)
    assert choice.exact
    assert choice.python is not None
    assert choice.python.version == "3.11.4"


def test_else_the_newest_patch_of_the_same_minor_version(this: Interpreter, pretend: Callable[..., str]) -> None:
    paths = [pretend("3.11.9"), pretend("3.11.10"), pretend("3.12.0"), "/nowhere/python"]
    choice = choose_python(replace(this, version="3.11.4"), candidates=paths)
    assert not choice.exact
    assert choice.python is not None
    assert choice.python.version == "3.11.10"


@pytest.mark.parametrize("wanted", ["3.11.4", "3.1.1", "", "3", "nonsense"])
def test_never_another_minor_version(this: Interpreter, pretend: Callable[..., str], wanted: str) -> None:
    choice = choose_python(replace(this, version=wanted), candidates=[pretend("3.12.0"), pretend("3.10.1")])
    assert choice.python is None
    assert choice.refusal
    assert len(choice.found) == 2
    assert str(choice) == ""


def test_never_another_implementation(this: Interpreter, pretend: Callable[..., str]) -> None:
    choice = choose_python(replace(this, version="3.11.4"), candidates=[pretend("3.11.4", "pypy")])
    assert choice.python is None


def test_another_platform_is_refused(this: Interpreter) -> None:
    choice = choose_python(replace(this, platform="macosx-14.0-arm64"))
    assert choice.python is None
    assert "macosx-14.0-arm64" in choice.refusal


def test_a_recorded_path_is_never_run(this: Interpreter, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    choose_python(replace(this, version="3.0.99", executable=str(trap), prefix=str(tmp_path)))
    assert not (tmp_path / "sprung").exists()
