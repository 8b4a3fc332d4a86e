"""What each screen shows, as text: every mode at the smallest size and at a large one, and every empty state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mlver_tui.tui.app import MlverApp

Make = Callable[..., MlverApp]
Snapshot = Callable[..., Awaitable[None]]
Play = Callable[..., Awaitable[None]]
SIZES = [(80, 24), (200, 50)]

SCENES: dict[str, list[str]] = {
    "runs": ["space", "j", "space"],
    "runs-zoomed": ["z"],
    "run": ["enter"],
    "charts": ["space", "j", "j", "space", "2"],
    "chart-large": ["space", "j", "j", "space", "2", "z", "h", "h", "h", "o"],
    "compare": ["space", "j", "j", "space", "c"],
    "compare-all": ["space", "j", "j", "space", "c", "equals_sign"],
    "registry": ["4"],
    "registry-verified": ["4", "V"],
    "activity": ["6"],
    "help": ["question_mark"],
    "palette": ["colon", "m", "a", "r", "k"],
    "filter": ["slash", "h", "e", "r", "o", "n"],
    "filter-wrong": ["slash", "l", "r", "space", "less_than_sign"],
    "sort": ["s", "ctrl+u", "l", "tab"],
    "restore-plan": ["j", "r", "enter"],
    "restore-verdict": ["j", "r", "enter", "enter"],
    "release": ["j", "t", "enter", "enter", "x", "enter"],
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES)
async def test_scene(
    fake: Any, make_app: Make, play: Play, snapshot: Snapshot, scene: str, size: tuple[int, int]
) -> None:
    app = make_app(fake)
    async with app.run_test(size=size) as pilot:
        await play(pilot, SCENES[scene])
        await snapshot(pilot, scene)


EMPTY = {"runs": [], "charts": ["2"], "compare": ["3"], "registry": ["4"], "activity": ["6"]}


@pytest.mark.parametrize("scene", EMPTY)
async def test_empty(fake_of: Callable[[int], Any], make_app: Make, play: Play, snapshot: Snapshot, scene: str) -> None:
    app = make_app(fake_of(0))
    async with app.run_test(size=(80, 24)) as pilot:
        await play(pilot, EMPTY[scene])
        await snapshot(pilot, f"empty-{scene}")


@pytest.mark.parametrize("first", [(20, 5), (300, 90)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", ["runs", "charts", "compare", "run", "help"])
async def test_odd_sizes_do_no_harm(fake: Any, make_app: Make, play: Play, scene: str, first: tuple[int, int]) -> None:
    app = make_app(fake)
    async with app.run_test(size=first) as pilot:
        await play(pilot, SCENES[scene][-1:])
        assert app.is_running
        for size in [(40, 10), (79, 8), (1, 1), (100, 30)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.is_running
