"""`mlver-tui runs`: rows, columns, order, limits, JSON."""

from __future__ import annotations

import json
import os
import pty
import select
import unicodedata
from pathlib import Path
from typing import Any

import pytest


def names(said: Any) -> Any:
    return [line.split()[0] for line in said.out.splitlines()[1:]]


def forbidden(text: str) -> Any:
    """Characters that could act on a terminal."""
    return {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


def test_newest_first_with_telling_columns(mlver: Any) -> None:
    said = mlver("runs", "project", "=", "digits")
    assert said.status == 0
    assert names(said) == ["diverged", "high", "low"]
    head = said.out.splitlines()[0].split()
    assert head[:5] == ["name", "id", "status", "project", "age"]
    assert {"lr", "loss", "val/acc"} <= set(head)
    assert "optim.name" not in head  # the same everywhere


def test_piped_numbers_are_exact(mlver: Any) -> None:
    said = mlver("runs", "low", "--columns", "lr,min(loss),at(loss,1),nothing")
    assert said.out.splitlines()[1].split()[-4:] == ["0.01", "0.002", "0.005", "—"]


def test_nan_is_shown(mlver: Any) -> None:
    assert mlver("runs", "diverged", "--columns", "loss").out.splitlines()[1].endswith("NaN")


def test_sort_both_ways(mlver: Any) -> None:
    assert names(mlver("runs", "project=digits", "--sort", "lr")) == ["low", "high", "diverged"]
    assert names(mlver("runs", "project=digits", "--sort", "-lr")) == ["diverged", "high", "low"]


def test_limit_says_how_many_there_are(mlver: Any) -> None:
    said = mlver("runs", "project=digits", "--limit", "2")
    assert len(names(said)) == 2
    assert said.err == "2 of 3 runs; --limit 0 shows all\n"
    assert mlver("-q", "runs", "project=digits", "--limit", "2").err == ""
    assert len(names(mlver("runs", "--limit", "0"))) == 4


def test_nothing_fits(mlver: Any) -> None:
    said = mlver("runs", "lr > 1000")
    assert (said.status, said.out) == (0, "")
    assert "no run fits" in said.err


def test_json_is_the_run_object(mlver: Any) -> None:
    said = mlver("runs", "diverged", "--json")
    assert said.out.isascii()
    assert "NaN" in said.out
    document = json.loads(said.out, parse_constant=lambda name: pytest.fail(f"bare {name}"))
    assert document["schema"] == 1
    (run,) = document["runs"]
    assert run["name"] == "diverged"
    assert run["params"] == {"lr": 10.0, "optim.name": "adam"}
    assert run["metrics"] == {}
    assert run["summary"]["loss"]["last"] == "NaN"
    assert run["summary"]["loss"]["count"] == 5


def test_json_without_runs(mlver: Any) -> None:
    assert json.loads(mlver("runs", "lr > 1000", "--json").out) == {"schema": 1, "runs": []}


@pytest.mark.parametrize("argv", [("runs",), ("show", "@-1"), ("diff", "@-1", "low"), ("tag", "@-1"), ("verify",)])
@pytest.mark.parametrize("as_json", [False, True])
def test_hostile_text_is_inert_everywhere(mlver: Any, argv: Any, as_json: Any) -> None:
    said = mlver(*argv, *(["--json"] if as_json else []))
    assert said.status == 0
    assert not forbidden(said.out)
    assert not forbidden(said.err)


def test_on_a_terminal_lines_fit_and_colour_obeys(spawn: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for no_color in (False, True):
        if no_color:
            monkeypatch.setenv("NO_COLOR", "1")
        text = on_terminal(spawn, "--home", home, "runs")
        assert ("\x1b[" in text) is not no_color
        plain = [line for line in text.splitlines() if "\x1b" not in line]
        assert all(len(line) <= 80 for line in plain)


def on_terminal(spawn: Any, *argv: Any) -> Any:
    ours, theirs = pty.openpty()
    os.environ.pop("COLUMNS", None)
    child = spawn(*argv, stdout=theirs)
    os.close(theirs)
    parts = []
    while True:
        ready, _, _ = select.select([ours], [], [], 30)
        try:
            piece = os.read(ours, 65536) if ready else b""
        except OSError:
            piece = b""
        if not piece:
            break
        parts.append(piece)
    os.close(ours)
    child.communicate(timeout=30)
    assert child.returncode == 0
    return b"".join(parts).decode()
