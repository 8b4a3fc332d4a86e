"""The first and the last line: what is cut, what stays, how a message comes and goes."""

from __future__ import annotations

from typing import Any

from mlver_tui.tui.widgets.status_bar import KeyBar, TopBar

MODES = [("1", "Runs"), ("2", "Charts"), ("3", "Compare"), ("4", "Registry"), ("6", "Activity")]
KEYS = [("/", "filter"), ("space", "mark"), ("c", "compare"), ("?", "help"), ("t", "tag")]


async def top_at(stage_of: Any, width: int) -> str:
    bar = TopBar()
    stage = await stage_of(bar, size=(width, 2))
    bar.set(MODES, "3", "home ● live")
    return str((await stage.lines())[0])


async def test_the_current_mode_stands_in_brackets(stage_of: Any) -> None:
    line = await top_at(stage_of, 80)
    assert "[3 Compare]" in line
    assert " 1 Runs " in line
    assert line.endswith("home ● live")


async def test_a_narrow_bar_keeps_digits_and_the_current_title(stage_of: Any) -> None:
    line = await top_at(stage_of, 50)
    assert "[3 Compare]" in line
    assert "Runs" not in line
    assert " 1 " in line
    assert len(line) <= 50


async def test_keys_are_cut_pair_by_pair_and_help_stays(stage_of: Any) -> None:
    bar = KeyBar()
    stage = await stage_of(bar, size=(30, 2))
    bar.set_keys(KEYS)
    line = (await stage.lines())[0]
    assert line.split() == ["/", "filter", "space", "mark", "?", "help"]


async def test_a_message_takes_the_line_until_it_is_hushed(stage_of: Any) -> None:
    bar = KeyBar()
    stage = await stage_of(bar, size=(60, 2))
    bar.set_keys(KEYS)
    bar.say("mark two runs with [space] first", "warning")
    assert (await stage.lines())[0].strip() == "! mark two runs with [space] first"
    bar.hush()
    assert "filter" in (await stage.lines())[0]


async def test_a_long_message_is_cut_visibly(stage_of: Any) -> None:
    bar = KeyBar()
    stage = await stage_of(bar, size=(20, 2))
    bar.say("word " * 40, "error")
    line = (await stage.lines())[0]
    assert line.strip().startswith("✗ word")
    assert line.endswith("…")
