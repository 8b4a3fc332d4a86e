"""Which words are ours, and which belong to the command that is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.cli import words
from mlver_tui.errors import UsageError


def parsed(*argv: Any) -> Any:
    line = words.split(argv)
    return words.parse(line, words.load(line.command or ""))


@pytest.mark.parametrize(
    ("argv", "foreign"),
    [
        (("run", "--", "python", "a.py", "--home", "x"), ["python", "a.py", "--home", "x"]),
        (("run", "python", "a.py", "-q"), ["python", "a.py", "-q"]),
        (("run", "--name", "n", "--", "--odd"), ["--odd"]),
        (("--home", "h", "run", "--project=p", "sh", "--", "-c"), ["sh", "--", "-c"]),
    ],
)
def test_the_recorded_command_keeps_its_words(argv: Any, foreign: Any) -> None:
    arguments = parsed(*argv)
    assert arguments.foreign == foreign
    assert not arguments.quiet


@given(st.lists(st.text()))
def test_after_two_dashes_nothing_is_ours(rest: Any) -> None:
    assert parsed("run", "--name", "n", "--", *rest).foreign == rest


def test_values_may_begin_with_a_dash() -> None:
    assert parsed("runs", "--sort", "-min(loss)").sort == "-min(loss)"
    assert parsed("release", "r", "m", "-m", "-- really").message == "-- really"
    assert parsed("release", "r", "m", "-m", "").message == ""
    assert parsed("note", "r", "--", "-5").text == ["-5"]


def test_filter_words_and_options_mix() -> None:
    arguments = parsed("runs", "lr < 1", "--limit", "3", "status=finished")
    assert arguments.filter == ["lr < 1", "status=finished"]
    assert arguments.limit == 3


def test_a_path_is_no_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "store").mkdir()
    for word in ("store", "./gone", "/gone", "~/gone"):
        assert words.split([word]).command is None
    with pytest.raises(UsageError):
        words.split(["gone"])
