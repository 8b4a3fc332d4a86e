"""The small table: sections, differences, widths, motion."""

from __future__ import annotations

from typing import Any

import pytest

from mlver_tui.tui.widgets.detail import Detail, DetailLine
from mlver_tui.tui.widgets.grid import Grid, GridCell


def row(*texts: str) -> list[GridCell]:
    return [GridCell(text) for text in texts]


SECTION = [GridCell("params", "head")]
OTHER = [GridCell("metrics", "head")]
ROWS = [SECTION, row("lr", "0.1", "0.2"), row("seed", "1", "1"), OTHER, row("loss", "3", "44")]


async def shown(stage_of: Any, **options: Any) -> Any:
    grid = Grid()
    stage = await stage_of(grid, size=options.pop("size", (60, 10)))
    grid.set_rows(["key", "a", "b"], options.pop("rows", ROWS), **options)
    grid.focus()
    return stage, grid


async def test_sections_are_headings_and_the_cursor_passes_over_them(stage_of: Any) -> None:
    stage, grid = await shown(stage_of)
    lines = await stage.lines()
    assert lines[0].split() == ["key", "a", "b"]
    assert lines[1] == "params"
    assert lines[2].startswith("▌ lr")
    grid.move(2)
    assert grid.cursor == 4
    grid.move(-1)
    assert grid.cursor == 2
    grid.goto(0)
    assert grid.cursor == 1
    grid.goto(-1)
    assert grid.cursor == 4


async def test_next_difference_goes_around_the_end(stage_of: Any) -> None:
    _, grid = await shown(stage_of)

    def differs(index: int) -> bool:
        cells = ROWS[index]
        return len(cells) > 2 and cells[1] != cells[2]

    assert grid.select_next(differs, 1)
    assert grid.cursor == 4
    assert grid.select_next(differs, 1)
    assert grid.cursor == 1
    assert grid.select_next(differs, -1)
    assert grid.cursor == 4
    assert not grid.select_next(lambda index: False)
    assert grid.select_next(lambda index: ROWS[index] is SECTION, 1)
    assert grid.cursor == 1


async def test_numbers_stand_right_and_words_left(stage_of: Any) -> None:
    rows = [row("a", "1", "adam"), row("b", "1234.5", "sgd"), row("c", "—", "x")]
    stage, _ = await shown(stage_of, rows=rows)
    lines = (await stage.lines())[1:4]
    assert lines[0].index("1") == lines[1].index("5")
    assert lines[0].index("adam") == lines[1].index("sgd")


async def test_wide_words_give_room_and_numbers_do_not(stage_of: Any) -> None:
    rows = [row("key" * 20, "1234567890", "word " * 30)]
    stage, _ = await shown(stage_of, rows=rows, size=(50, 6))
    line = (await stage.lines())[1]
    assert "1234567890" in line
    assert line.count("…") == 2


async def test_columns_scroll_behind_the_frozen_one(stage_of: Any) -> None:
    rows = [row("key", *(str(n) * 12 for n in range(8)))]
    grid = Grid()
    stage = await stage_of(grid, size=(40, 4))
    grid.set_rows(["key", *(f"h{n}" for n in range(8))], rows)
    assert (await stage.lines())[0].split() == ["key", "h0", "h1", "›"]
    grid.scroll_columns(1)
    assert (await stage.lines())[0].split() == ["key", "h1", "h2", "›"]
    grid.scroll_columns(99)
    assert (await stage.lines())[0].split() == ["key", "h6", "h7"]


async def test_without_a_header_rows_begin_at_the_top(stage_of: Any) -> None:
    grid = Grid()
    stage = await stage_of(grid, size=(40, 4))
    grid.set_rows([], [[GridCell("j", "head"), GridCell("down")]], [4, 10], frozen=0)
    assert (await stage.lines())[0].split() == ["▌", "j", "down"]
    grid.set_empty(["nothing found"])
    grid.set_rows([], [])
    assert "nothing found" in "".join(await stage.lines())


async def test_messages(stage_of: Any) -> None:
    stage, grid = await shown(stage_of)
    grid.move(1)
    grid.open()
    await stage.pilot.pause()
    assert [m.index for m in stage.app.heard if isinstance(m, Grid.Moved)] == [2]
    assert [m.index for m in stage.app.heard if isinstance(m, Grid.Opened)] == [2]


async def test_hostile_cells_are_text(stage_of: Any) -> None:
    stage, _ = await shown(stage_of, rows=[row("[red]x[/]", "[@click=app.boom]", "[/nope]")])
    assert "[red]x[/]" in (await stage.lines())[1]
    assert "[/nope]" in (await stage.lines())[1]


async def test_details_align_wrap_and_scroll(stage_of: Any) -> None:
    detail = Detail()
    stage = await stage_of(detail, size=(30, 6))
    words = " ".join(f"word{n}" for n in range(12))
    detail.set_lines([DetailLine("params", "", "head"), DetailLine("lr", "0.1"), DetailLine("command", words)])
    lines = await stage.lines()
    assert lines[0] == "params"
    assert lines[1].index("0.1") == lines[2].index("word0") == lines[3].index("word")
    assert "more" not in lines[-1]
    detail.set_lines([DetailLine(f"key{n}", str(n)) for n in range(20)])
    assert (await stage.lines())[-1].strip() == "↓ 15 more"
    detail.goto(-1)
    assert (await stage.lines())[-1].split() == ["key19", "19"]
    detail.move(-1)
    detail.page(-9)
    assert (await stage.lines())[0].split() == ["key0", "0"]
    detail.move(2)
    assert (await stage.lines())[0].split() == ["key2", "2"]


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (12, 30)])
async def test_any_size_is_painted(stage_of: Any, size: tuple[int, int]) -> None:
    detail, grid = Detail(), Grid()
    stage = await stage_of(grid, detail, size=size)
    grid.set_rows(["a", "b"], ROWS)
    detail.set_lines([DetailLine("a long label", "a long value " * 9)])
    grid.goto(-1)
    assert len(await stage.lines()) == size[1]
