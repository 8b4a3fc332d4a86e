"""The app's own screens through the cell driver: the cells of Textual's stock output, in a fraction of its bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.drivers.headless_driver import HeadlessDriver

from mlver_tui.tui.app import MlverApp
from mlver_tui.tui.terminal.frames import paint
from mlver_tui.tui.terminal.grid import CellGrid
from mlver_tui.tui.terminal.pens import Pens

JOURNEYS: dict[str, list[str]] = {
    "move and mark": ["j", "j", "space", "k", "G", "g", "ctrl+d"],
    "modes": ["space", "j", "j", "space", "2", "z", "h", "o", "3", "n", "4", "6", "1"],
    "prompts": ["slash", "h", "e", "r", "escape", "s", "escape", "question_mark", "a", "escape"],
    "open and zoom": ["enter", "z", "escape", "z", "ctrl+l"],
}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that Textual writes in a test, as it would to a terminal."""
    frames: list[str] = []
    monkeypatch.setattr(HeadlessDriver, "is_headless", property(lambda self: False))
    monkeypatch.setattr(HeadlessDriver, "write", lambda self, frame: frames.append(frame))
    return frames


@pytest.mark.parametrize(("journey", "theme"), [*((journey, "dark") for journey in JOURNEYS), ("modes", "ansi")])
async def test_the_same_cells_in_fewer_bytes(
    fake: Any,
    make_app: Callable[..., MlverApp],
    play: Callable[..., Awaitable[None]],
    shown: Callable[..., list[Any]],
    written: list[str],
    monkeypatch: pytest.MonkeyPatch,
    journey: str,
    theme: str,
) -> None:
    monkeypatch.setenv("MLVER_THEME", theme)
    app = make_app(fake)
    async with app.run_test(size=(120, 30)) as pilot:
        await play(pilot, JOURNEYS[journey])
    frames = [frame for frame in written if frame.startswith("\x1b[") and "H" in frame[:10]]
    grid, sent = CellGrid(120, 30, Pens()), []
    for frame in frames:
        paint(grid, frame)
        sent.append(grid.changes())
    assert shown(sent, 120, 30) == shown(frames, 120, 30)
    assert len("".join(sent)) < len("".join(frames)) / 2
