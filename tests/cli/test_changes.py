"""Commands that write: tag, note, release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlver_tui


def test_tags(mlver: Any) -> None:
    assert mlver("tag", "low").out == "low  is-low\n"
    said = mlver("tag", "low", "high", "--add", "a", "--add", "b c", "--remove", "is-low")
    assert said.out == "low  a, b c\nhigh  a, b c, is-high\n"
    assert mlver("runs", "tag:a", "--columns", "lr").out.count("finished") == 2
    document = json.loads(mlver("tag", "low", "--json").out)
    assert document["runs"][0]["tags"] == ["a", "b c"]


def test_all_or_nothing(mlver: Any) -> None:
    assert mlver("tag", "low", "gone", "--add", "x").status == 1
    assert "x" not in mlver("tag", "low").out.split()


def test_note(mlver: Any) -> None:
    assert mlver("note", "low", "first", "words").status == 0
    assert "first words" in mlver("show", "low").out
    assert mlver("note", "low", "").status == 0
    assert "first words" not in mlver("show", "low").out
    assert json.loads(mlver("note", "low", "x", "--json").out)["run"]["notes"] == "x"


def test_release(mlver: Any) -> None:
    plan = json.loads(mlver("release", "high", "digits", "-m", "why", "--dry-run", "--json").out)
    assert "version" not in plan
    assert mlver("show", "digits:latest").status == 1
    said = mlver("release", "high", "digits", "-m", "why")
    assert said.status == 0
    assert "tagged digits:0.1.0 (v1" in said.out
    done = json.loads(mlver("release", "low", "digits", "--bump", "minor", "-m", "-", "--json").out)
    assert done["version"]["semver"] == "0.2.0"
    assert done["version"]["author"]


def test_release_is_refused(mlver: Any, home: Path) -> None:
    mlver("release", "high", "digits", "-m", "why")
    assert mlver("release", "high", "digits", "-m", "again").status == 3
    assert mlver("release", "low", "digits", "-m", "back", "--version", "0.0.1").status == 3
    run = mlver_tui.init("p", name="busy", home=home, capture=False)
    said = mlver("release", "busy", "digits", "-m", "x")
    run.finish()
    assert said.status == 3
    assert "still running" in said.err


def test_warnings_are_talk_not_data(mlver: Any) -> None:
    said = mlver("release", "diverged", "digits", "-m", "x", "--json")
    assert "warning: " in said.err
    assert json.loads(said.out)["version"]["semver"] == "0.1.0"


def test_a_version_stands_for_its_run(mlver: Any) -> None:
    mlver("release", "high", "digits", "-m", "x")
    assert mlver("tag", "digits:v1").out.startswith("high ")
