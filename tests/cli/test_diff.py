"""`mlver-tui diff`: what differs, what cannot be told, in four forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlver_tui


def keys(said: Any) -> Any:
    rows = json.loads(said.out)["rows"]
    return {row["key"] for row in rows}


def test_text_shows_only_differences(mlver: Any) -> None:
    said = mlver("diff", "low", "high")
    assert said.status == 0
    (line,) = [line for line in said.out.splitlines() if line.split()[:1] == ["lr"]]
    assert line.split() == ["lr", "0.01", "0.1"]
    assert "optim.name" not in said.out
    assert "optim.name" in mlver("diff", "low", "high", "--all").out


def test_only_chosen_parts(mlver: Any) -> None:
    said = mlver("diff", "low", "high", "--only", "params", "--json")
    assert keys(said) == {"lr"}
    assert keys(mlver("diff", "low", "high", "--only", "params", "--json", "--all")) == {"lr", "optim.name"}


def test_three_runs(mlver: Any) -> None:
    (row,) = json.loads(mlver("diff", "low", "high", "diverged", "--only", "params", "--json").out)["rows"]
    assert row["cells"] == ["0.01", "0.1", "10.0"]
    assert row["state"] == "differs"


def test_unknown_is_never_same(mlver: Any, home: Path) -> None:
    mlver_tui.init("p", name="bare", home=home, capture=False).finish()
    mlver_tui.init("p", name="bare2", home=home, capture=False).finish()
    said = mlver("diff", "bare", "bare2")
    assert "environment of bare was not recorded" in said.out
    assert said.status == 0
    document = json.loads(mlver("diff", "bare", "bare2", "--json").out)
    assert any("environment" in text for text in document["unknown"])
    assert "environment" not in mlver("diff", "bare", "bare2", "--only", "params").out


def test_parts_that_are_not_recorded_yet(mlver: Any) -> None:
    said = mlver("diff", "low", "high", "--only", "data,model")
    assert said.status == 0
    assert "data is not recorded yet" in said.out
    assert "model is not recorded yet" in said.out


def test_nothing_differs(mlver: Any) -> None:
    assert "nothing differs" in mlver("diff", "low", "low", "--only", "params").out


def test_markdown_and_html_are_inert(mlver: Any, home: Path) -> None:
    evil = "<script>alert(1)</script>|`x`[a](http://b)"
    for name in ("one", "two"):
        mlver_tui.init("p", name=evil, home=home, config={evil: evil + name}, capture=False).finish()
    page = mlver("diff", "@-1", "@-2", "--format", "html").out
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    text = mlver("diff", "@-1", "@-2", "--format", "md").out
    assert "<script" not in text
    assert "](http" not in text
    (row,) = [line for line in text.splitlines() if line.startswith("| ") and "one" in line]
    assert row.replace("\\|", "").count("|") == 5


def test_runs_of_one_name_are_told_apart(mlver: Any, home: Path) -> None:
    for lr in (1, 2):
        mlver_tui.init("p", name="twin", home=home, config={"lr": lr}, capture=False).finish()
    head = mlver("diff", "@-1", "@-2").out.splitlines()[0].split()
    assert head[0] == head[2] == "twin"
    assert head[1] != head[3]


def test_unknown_rows_are_marked_without_colour(mlver: Any, home: Path) -> None:
    from mlver_tui.cli.comparison import as_text
    from mlver_tui.query.views import Diff, DiffRow, RunRow

    runs = tuple(RunRow(n, f"id{n}", f"run{n}", "p", None, "finished", False, 0, 1, ()) for n in (1, 2))
    rows = (
        DiffRow("code", "edits", ("edited", "edited"), "unknown", "edits are not recorded"),
        DiffRow("env", "six", ("1.0", None), "unknown"),
        DiffRow("params", "lr", ("1", "1"), "same"),
    )
    lines = ["".join(cell.text for cell in line) for line in as_text(Diff(runs, rows), rows, 40)]
    assert any(line.startswith("? edits") for line in lines)
    assert any(line.startswith("? six") and "unknown" in line for line in lines)
    assert any(line.startswith("= lr") for line in lines)
    assert "? cannot be told  = same" in lines
