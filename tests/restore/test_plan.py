"""The plan: what to expect, before anything is done."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlver_tui.capture.environment import read_interpreter
from mlver_tui.errors import NotFoundError, RefusedError
from mlver_tui.query.views import RestorePart
from mlver_tui.records import Environment, Interpreter, Package
from mlver_tui.restore.installer import Installer
from mlver_tui.restore.interpreters import Choice
from mlver_tui.restore.plan import EnvironmentPlan, Tools, make_plan, plan_environment

Make = Callable[..., Package]
MakeEnvironment = Callable[..., Environment]
UV, PIP = Installer("uv", "0.9", ("uv",)), Installer("pip", "26", ("pip",))


def plan_of(
    environment: Environment,
    installer: Installer | None = UV,
    *,
    python: bool = True,
    exact: bool = True,
    gone: bool = False,
) -> EnvironmentPlan:
    this = read_interpreter()
    assert isinstance(this, Interpreter)
    choice = Choice(
        this if python else None, exact and python, ("3.12.1 (/usr/bin/python3)",), "" if python else "no Python"
    )
    return plan_environment(environment, Tools(installer, choice), lambda path: not gone)


def test_everything_is_there(package: Make, environment: MakeEnvironment) -> None:
    plan = plan_of(environment(package()))
    assert (plan.part.expected, plan.lock_name, plan.problems) == ("exact", "pylock.toml", ())


def test_without_uv_there_are_no_hashes(package: Make, environment: MakeEnvironment) -> None:
    plan = plan_of(environment(package()), PIP)
    assert plan.lock_name == "requirements.txt"
    assert "uv" in plan.lock_reason


def test_without_any_installer_or_python(package: Make, environment: MakeEnvironment) -> None:
    assert plan_of(environment(package()), None).part.expected == "missing"
    plan = plan_of(environment(package()), python=False)
    assert plan.part.expected == "missing"
    assert "3.12.1 (/usr/bin/python3)" in plan.problems[0]


def test_another_patch_is_degraded(package: Make, environment: MakeEnvironment) -> None:
    plan = plan_of(environment(package()), exact=False)
    assert plan.part.expected == "degraded"
    assert "will be used instead" in plan.problems[0]


def test_what_is_unknown_is_not_expected_to_be_exact(package: Make, environment: MakeEnvironment) -> None:
    assert plan_of(environment(package(record=""))).part.expected == "unknown"
    editable = environment(package("ed", "1", "editable", "file:///src/ed"))
    here = plan_of(editable)
    assert (here.part.expected, here.problems) == ("unknown", ())
    assert "as it is now: ed from /src/ed" in here.part.detail
    gone = plan_of(editable, gone=True)
    assert gone.part.expected == "missing"
    assert "/src/ed, which is gone" in gone.problems[0]


def test_an_archive_without_a_hash_decides_the_lock(package: Make, environment: MakeEnvironment) -> None:
    plan = plan_of(environment(package(), package("w", "1", "archive", "https://h/w-1.whl")))
    assert plan.lock_name == "requirements.txt"
    assert "w 1" in plan.lock_reason


def test_recorded_problems_are_shown(environment: MakeEnvironment) -> None:
    assert plan_of(environment(problems=("half removed: x",))).problems == ("half removed: x",)


def parts_of(
    record_run: Callable[..., Any], record: Environment, tmp_path: Path, **facts: str
) -> dict[str, RestorePart]:
    connection, home, run_id = record_run(record, **facts)
    return {part.part: part for part in make_plan(connection, home, run_id, tmp_path / "t").parts}


def test_the_plan_of_a_run(
    record_run: Callable[..., Any], package: Make, environment: MakeEnvironment, tmp_path: Path
) -> None:
    connection, home, run_id = record_run(environment(package()))
    plan = make_plan(connection, home, run_id, tmp_path / "t")
    assert (plan.run_id, plan.run_name, plan.packages) == (run_id, "brisk-otter-14", 1)
    assert plan.target == str(tmp_path / "t")
    assert plan.python
    assert not (tmp_path / "t").exists()


def test_code_and_data_are_not_promised(
    record_run: Callable[..., Any], environment: MakeEnvironment, tmp_path: Path
) -> None:
    code = json.dumps({"root": "/my code; rm -rf", "commit": "c" * 40, "dirty": True})
    command = json.dumps({"argv": ["python", "a b.py"], "cwd": "/w"})
    parts = parts_of(record_run, environment(), tmp_path, code=code, command=command)
    assert parts["code"].expected == "missing"
    assert f"git -C '/my code; rm -rf' worktree add {tmp_path / 't' / 'code'} {'c' * 40}" in parts["code"].detail
    assert "changes that are not stored" in parts["code"].detail
    assert parts["data"].expected == "unknown"
    assert parts["command"].detail == "python 'a b.py'  (in /w)"


@pytest.mark.parametrize("commit", [None, "main; touch x", "--upload-pack=x"])
def test_no_command_is_offered_for_what_is_no_commit(
    record_run: Callable[..., Any], environment: MakeEnvironment, tmp_path: Path, commit: str | None
) -> None:
    parts = parts_of(record_run, environment(), tmp_path, code=json.dumps({"root": "/w", "commit": commit}))
    assert parts["code"].expected == "unknown"
    assert "git" not in parts["code"].detail


def test_refusals(record_run: Callable[..., Any], environment: MakeEnvironment, tmp_path: Path) -> None:
    missing = '[{"part": "environment", "reason": "the disk was on fire"}]'
    connection, home, run_id = record_run(None, missing=missing)
    with pytest.raises(RefusedError, match="disk was on fire"):
        make_plan(connection, home, run_id, tmp_path / "t")
    (tmp_path / "full" / "x").mkdir(parents=True)
    with pytest.raises(RefusedError, match="not empty"):
        make_plan(connection, home, run_id, tmp_path / "full")
    with pytest.raises(NotFoundError):
        make_plan(connection, home, "no-such-run", tmp_path / "t")


def test_another_minor_version_is_listed_not_used(
    record_run: Callable[..., Any], environment: MakeEnvironment, tmp_path: Path
) -> None:
    record = environment(version="3.0.1")
    connection, home, run_id = record_run(replace(record))
    plan = make_plan(connection, home, run_id, tmp_path / "t")
    assert plan.python == ""
    assert any("no Python 3.0" in problem for problem in plan.problems)
