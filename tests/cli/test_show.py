"""`mlver-tui show`: one run, one version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_run_in_words(mlver: Any) -> None:
    said = mlver("show", "high")
    assert said.status == 0
    first = said.out.splitlines()[0].split()
    assert first == ["high", "finished", "digits"]
    for part in ("is-high", "lr", "0.1", "optim.name", "adam", "loss", "val/acc", "best", "environment", "hardware"):
        assert part in said.out


def test_unknown_parts_are_said(mlver: Any, home: Path) -> None:
    import mlver_tui

    mlver_tui.init("p", name="bare", home=home, capture=False).finish()
    said = mlver("show", "bare")
    assert "code         unknown" in said.out
    assert "environment  unknown" in said.out
    assert "capture was switched off" in said.out


def test_metrics_have_their_steps(mlver: Any) -> None:
    said = mlver("show", "low")
    (line,) = [line for line in said.out.splitlines() if line.split()[:1] == ["loss"]]
    assert line.split() == ["loss", "0.002", "4", "0.002", "4", "0.01", "0", line.split()[7], "5"]
    assert "NaN" not in said.out
    (line,) = [line for line in mlver("show", "diverged").out.splitlines() if line.split()[:1] == ["loss"]]
    assert line.split()[-2:] == ["5", "4"]


def test_strings_that_look_like_numbers_are_quoted(mlver: Any, home: Path) -> None:
    import mlver_tui

    config = {"a": "1", "b": 1, "c": "", "d": "plain", "e": None, "f": True, "g": "true"}
    mlver_tui.init("p", name="types", home=home, config=config, capture=False).finish()
    lines = dict(line.split(maxsplit=1) for line in mlver("show", "types").out.splitlines() if line[:3] in PARAMS)
    assert lines["a"] == '"1"'
    assert lines["b"] == "1"
    assert lines["c"] == '""'
    assert lines["d"] == "plain"
    assert lines["f"] == "true"
    assert lines["e"] == "none"
    assert lines["g"] == '"true"'


PARAMS = tuple(f"  {letter}" for letter in "abcdefg")


def test_json_has_the_points(mlver: Any) -> None:
    (run,) = json.loads(mlver("show", "low", "--json").out)["runs"]
    assert [point[:2] for point in run["metrics"]["loss"]] == [[s, 0.01 / (s + 1)] for s in range(5)]
    assert run["summary"]["best"] == 0.01


def test_same_object_as_export(mlver: Any) -> None:
    (shown,) = json.loads(mlver("show", "low", "--json").out)["runs"]
    (exported,) = json.loads(mlver("export", "low").out)["runs"]
    assert shown == exported


def test_version(mlver: Any) -> None:
    assert mlver("release", "high", "digits", "-m", "the good one").status == 0
    for ref in ("digits:0.1.0", "digits:v1", "digits:latest"):
        said = mlver("show", ref)
        assert said.status == 0
        assert "digits:0.1.0" in said.out
        assert "the good one" in said.out
        assert "high" in said.out
    version = json.loads(mlver("show", "digits:v1", "--json").out)["version"]
    assert (version["model"], version["semver"], version["run_name"]) == ("digits", "0.1.0", "high")


def test_no_such_version_says_what_there_is(mlver: Any) -> None:
    assert mlver("show", "digits:1.0.0").status == 1
    mlver("release", "high", "digits", "-m", "x")
    said = mlver("show", "digits:9.0.0")
    assert said.status == 1
    assert "0.1.0" in said.err
