"""Questions on the bottom line: answers, objections, completion, and the default no."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from mlver_tui.tui.widgets.grid import Grid
from mlver_tui.tui.widgets.prompt import Prompt, fitting_choices


@pytest.fixture
def asked(stage_of: Any) -> Any:
    """`(stage, prompt, task)` of one question that is being asked; a grid above it has the focus before."""

    async def start(ask: Callable[[Prompt], Any]) -> Any:
        grid, prompt = Grid(), Prompt()
        stage = await stage_of(grid, prompt, size=(60, 6))
        grid.focus()
        task = asyncio.ensure_future(ask(prompt))
        await stage.pilot.pause()
        return stage, prompt, task

    return start


async def test_it_is_hidden_until_it_asks(stage_of: Any) -> None:
    stage = await stage_of(Grid(), Prompt(), size=(60, 6))
    assert "".join(await stage.lines()) == ""


async def test_enter_answers_and_the_focus_goes_back(asked: Any) -> None:
    stage, prompt, task = await asked(lambda p: p.ask("model", "dig", edit=True))
    assert (await stage.lines())[-1].startswith(" model dig")
    await stage.pilot.press("i", "t", "s", "enter")
    assert await task == "digits"
    await stage.pilot.pause()
    assert isinstance(stage.app.focused, Grid)
    assert not prompt.display


async def test_escape_answers_nothing(asked: Any) -> None:
    stage, _, task = await asked(lambda p: p.ask("model", "x"))
    await stage.pilot.press("escape")
    assert await task is None


async def test_an_objection_stands_above_the_line_until_the_text_changes(asked: Any) -> None:
    stage, _, task = await asked(lambda p: p.ask("bump", check=lambda t: None if t == "minor" else "write minor"))
    await stage.pilot.press("m", "enter")
    assert "write minor" in (await stage.lines())[-2]
    await stage.pilot.press("i")
    assert "write minor" not in "".join(await stage.lines())
    await stage.pilot.press("n", "o", "r", "enter")
    assert await task == "minor"


async def test_a_pointer_shows_the_place_of_a_mistake(asked: Any) -> None:
    stage, prompt, _ = await asked(lambda p: p.ask("filter", "lr << 3"))
    prompt.objection("a number is missing here", at=4)
    above, line = (await stage.lines())[-2:]
    assert above.index("▾") == line.index("lr << 3") + 4
    prompt.answer(None)


async def test_each_change_is_told_but_not_the_first_text(asked: Any) -> None:
    told: list[str] = []
    stage, _, task = await asked(lambda p: p.ask("filter", "a", live=told.append, edit=True))
    await stage.pilot.press("b", "backspace", "enter")
    assert told == ["ab", "a"]
    assert await task == "a"


async def test_tab_goes_through_the_choices_that_fit_the_word(asked: Any) -> None:
    stage, _, task = await asked(lambda p: p.ask("sort by", "-l", choices=["-lr", "-loss", "name"]))
    await stage.pilot.press("tab")
    assert "-lr" in (await stage.lines())[-1]
    assert "-loss" in (await stage.lines())[-2]
    await stage.pilot.press("tab")
    assert "-loss" in (await stage.lines())[-1]
    await stage.pilot.press("shift+tab", "enter")
    assert await task == "-lr"


async def test_tab_completes_the_word_inside_an_expression(asked: Any) -> None:
    stage, _, task = await asked(lambda p: p.ask("filter", "lr<0.1 and min(val", choices=["val/loss"]))
    await stage.pilot.press("tab", "enter")
    assert await task == "lr<0.1 and min(val/loss"


@pytest.mark.parametrize(("typed", "agreed"), [("y", True), ("Y", False), ("", False), ("yes", False)])
async def test_confirm_wants_the_word(asked: Any, typed: str, agreed: bool) -> None:
    stage, _, task = await asked(lambda p: p.confirm("remove 3 runs?"))
    await stage.pilot.press(*typed, "enter")
    assert await task is agreed


async def test_escape_is_no(asked: Any) -> None:
    stage, _, task = await asked(lambda p: p.confirm("remove 3 runs?", expected="k9x2"))
    assert "type k9x2" in "".join(await stage.lines())
    await stage.pilot.press("escape")
    assert await task is False


async def test_a_new_question_ends_the_old_one(asked: Any) -> None:
    stage, prompt, first = await asked(lambda p: p.ask("one"))
    second = asyncio.ensure_future(prompt.ask("two"))
    await stage.pilot.pause()
    assert await first is None
    assert " two" in (await stage.lines())[-1]
    await stage.pilot.press("x", "enter")
    assert await second == "x"


async def test_hostile_text_is_text(asked: Any) -> None:
    stage, prompt, _ = await asked(lambda p: p.ask("note on [red]x[/]", "[@click=app.boom]", hint="[/nope]"))
    assert "[red]x[/]" in (await stage.lines())[-1]
    assert "[/nope]" in (await stage.lines())[-2]
    prompt.answer(None)


def test_choices_that_begin_so_come_before_those_that_hold_it() -> None:
    assert fitting_choices(["val/loss", "loss", "Loss2", "lr"], "lo") == ["loss", "Loss2", "val/loss"]


async def test_what_is_typed_replaces_the_offer_but_an_edit_goes_on_with_it(asked: Any) -> None:
    stage, prompt, task = await asked(lambda p: p.ask("model", "penguins"))
    await stage.pilot.press("x", "enter")
    assert await task == "x"
    second = asyncio.ensure_future(prompt.ask("note", "one", edit=True))
    await stage.pilot.pause()
    await stage.pilot.press("s", "enter")
    assert await second == "ones"
