"""What a person does with keys only, from the first look to the verdict; and what keys say when they cannot act."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mlver_tui.errors import RestoreError, StoreError
from mlver_tui.tui.app import MlverApp
from mlver_tui.tui.widgets.prompt import Prompt
from mlver_tui.tui.widgets.status_bar import KeyBar

Make = Callable[..., MlverApp]
Play = Callable[..., Awaitable[None]]
Until = Callable[..., Awaitable[bool]]
SIZE = (80, 24)


def said(app: MlverApp) -> str:
    return app.screen.query_one(KeyBar).message


def keys(text: str) -> list[str]:
    return ["space" if letter == " " else letter for letter in text]


async def test_two_runs_are_marked_and_compared(fake: Any, make_app: Make, play: Play, grid_of: Any) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["space", "space", "c"])
        assert app.current_mode == "compare"
        text = grid_of(app)
        assert "a brisk-otter-14 (base)" in text
        assert "0.1 " in text
        await play(pilot, ["b"])
        assert "b calm-heron-02 (base)" in grid_of(app)


async def test_compare_needs_two(fake: Any, make_app: Make, play: Play) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["space", "c"])
        assert app.current_mode == "runs"
        assert said(app) == "mark two runs with space first"


async def test_a_release_is_made(fake: Any, make_app: Make, play: Play) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["j", "t", "ctrl+u", *keys("wine"), "enter", *keys("first"), "enter", "y", "enter"])
        assert fake.calls == [("release", "wine", "0.1.0", "first")]
        assert said(app).startswith("tagged wine:0.1.0")


async def test_nothing_is_released_without_a_yes(fake: Any, make_app: Make, play: Play) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["j", "t", "enter", "enter", *keys("more"), "enter", "enter"])
        assert fake.calls == []
        assert said(app) == "nothing was released"


async def test_a_refusal_is_one_line_with_the_way_out(fake: Any, make_app: Make, play: Play) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["t", "enter", "enter", "x", "enter"])
        assert said(app) == "brisk-otter-14 is still running · finish it first"


async def test_a_run_is_restored_and_judged(fake: Any, make_app: Make, play: Play, grid_of: Any) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["j", "r"])
        assert "./restored-calm-heron-02" in grid_of(app)
        await play(pilot, ["enter"])
        assert ("plan", "./restored-calm-heron-02") in fake.calls
        assert "exact" in grid_of(app)
        await play(pilot, ["enter"])
        assert "1.17.0 → 1.16.0  degraded" in grid_of(app)
        await play(pilot, ["escape"])
        assert app.current_mode == "runs"
        assert len(app.screen_stack) == 1


async def test_a_restore_that_fails_says_why(fake: Any, make_app: Make, play: Play, grid_of: Any) -> None:
    fake.restore_error = RestoreError("uv could not build six", "see the lines above")
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["j", "r", "enter", "enter"])
        assert "not restored" in grid_of(app)
        assert said(app) == "uv could not build six · see the lines above"


async def test_filtering_while_typing(fake: Any, make_app: Make, play: Play, grid_of: Any) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["slash", *keys("fox")])
        assert "1 of 6 runs   filter fox" in grid_of(app)
        await play(pilot, ["enter"])
        assert "1 of 6 runs   filter fox" in grid_of(app)
        await play(pilot, ["escape"])
        assert " 6 runs " in grid_of(app)


async def test_leaving_the_filter_brings_the_one_before_back(
    fake: Any, make_app: Make, play: Play, grid_of: Any
) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["slash", *keys("fox"), "enter", "slash", "ctrl+u", *keys("wren"), "escape"])
        assert "filter fox" in grid_of(app)


async def test_a_wrong_filter_is_told_and_not_taken(fake: Any, make_app: Make, play: Play, grid_of: Any) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["slash", *keys("lr <"), "enter"])
        assert app.screen.query_one(Prompt).asking
        assert "a value is missing after <" in grid_of(app)
        await play(pilot, ["escape"])
        assert " 6 runs " in grid_of(app)


async def test_counts_move_and_a_lone_digit_is_a_mode(
    fake: Any, make_app: Make, play: Play, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlver_tui.tui.screens.base.MODE_WAIT_S", 1.0)
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, [])
        await pilot.press("3", "j")
        await play(pilot, [])
        assert app.current_mode == "runs"
        assert app.screen.table.cursor == 3  # type: ignore[attr-defined]
        await pilot.press("2")
        assert await until(pilot, lambda: app.current_mode == "charts")


async def test_sort_by_a_column_and_flip(fake: Any, make_app: Make, play: Play, grid_of: Any) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["s", "ctrl+u", *keys("name"), "enter"])
        assert "sort name, least first" in grid_of(app)
        await play(pilot, ["S"])
        assert "sort name, greatest first" in grid_of(app)


async def test_marks_stay_through_a_filter(fake: Any, make_app: Make, play: Play, grid_of: Any) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["space", "slash", *keys("fox"), "enter", "space", "escape"])
        assert "2 marked" in grid_of(app)
        await play(pilot, ["U"])
        assert "marked" not in grid_of(app)


async def test_a_range_and_all(fake: Any, make_app: Make, play: Play, grid_of: Any) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["v", "j", "j", "v"])
        assert "3 marked" in grid_of(app)
        await play(pilot, ["asterisk"])
        assert "6 marked" in grid_of(app)


async def test_tags_and_notes(fake: Any, make_app: Make, play: Play) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["j", "T", *keys("good -baseline"), "enter", "e", *keys("fine"), "enter"])
        assert fake.calls == [("tags", 2, ("good",), ("baseline",)), ("note", 2, "fine")]


async def test_help_does_what_is_chosen(fake: Any, make_app: Make, play: Play, grid_of: Any) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["question_mark", *keys("mark all"), "enter"])
        assert "6 marked" in grid_of(app)


async def test_the_palette_changes_the_mode(fake: Any, make_app: Make, play: Play) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["colon", *keys("registry"), "enter"])
        assert app.current_mode == "registry"


async def test_copying_says_what_was_copied(fake: Any, make_app: Make, play: Play) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["y", "ctrl+u", *keys("command"), "enter"])
        assert said(app) == "copied: python train.py --lr 0.1"
        assert app.clipboard == "python train.py --lr 0.1"


async def test_news_are_shown_and_the_cursor_keeps_its_run(
    fake: Any, make_app: Make, play: Play, until: Until, grid_of: Any
) -> None:
    late = fake.views.pop(0)
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["j"])
        assert app.desk.current == fake.views[1].id
        fake.views.insert(0, late)
        fake.news = True
        await app.look()
        assert await until(pilot, lambda: "brisk-otter-14" in grid_of(app))
        assert app.desk.current == fake.views[2].id


async def test_nothing_is_painted_when_nothing_is_new(fake: Any, make_app: Make, play: Play) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, [])
        painted: list[object] = []
        app.screen._compositor_refresh = lambda: painted.append(1)  # type: ignore[method-assign]
        for _ in range(3):
            await app.look()
            await pilot.pause(0.02)
        assert painted == []


async def test_a_store_that_disappears_is_told_and_tried_again(
    fake: Any, make_app: Make, play: Play, until: Until, grid_of: Any
) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, [])
        fake.failing = StoreError("the store is damaged", "move it away")
        await app.look()
        assert await until(pilot, lambda: "the store is damaged · move it away" in grid_of(app))
        assert "not live" in grid_of(app)
        fake.failing = None
        await app.look()
        assert await until(pilot, lambda: "● live" in grid_of(app))


@pytest.mark.parametrize("error", [StoreError("locked", "wait"), ValueError("odd \x1b[2J"), OSError(28, "no space")])
async def test_no_failure_ends_the_app(fake: Any, make_app: Make, play: Play, until: Until, error: Exception) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, [])
        fake.failing = error
        await pilot.press("full_stop")
        assert await until(pilot, lambda: said(app) != "")
        assert "\x1b" not in said(app)
        assert app.is_running


async def test_quitting_is_refused_while_a_restore_runs(fake: Any, make_app: Make, play: Play) -> None:
    app = make_app(fake)
    async with app.run_test(size=SIZE) as pilot:
        await play(pilot, ["j", "r", "enter"])
        app.screen.running = True  # type: ignore[attr-defined]
        await play(pilot, ["q"])
        assert app.is_running
        assert said(app) == "a restore is running; esc stops it"
        app.screen.running = False  # type: ignore[attr-defined]
        await pilot.press("q")
    assert app.return_code == 0
