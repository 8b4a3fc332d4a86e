"""The runs table as a person sees it: window, cursor, marks, live changes, hostile and odd cells."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

import pytest
from textual.geometry import Region

from mlver_tui.errors import StoreError
from mlver_tui.query.views import RunRow
from mlver_tui.tui.widgets.run_table import Column, RunTable

COLUMNS = [
    Column("mark", "", 3, kind="mark"),
    Column("name", "NAME", 16, kind="name"),
    Column("status", "STATUS", 10, kind="status"),
    Column("metrics.loss", "loss", 9, "right"),
    Column("started", "AGE", 4, "right", "age"),
    Column("tags", "TAGS", 10, kind="tags"),
]
MakeRow = Callable[..., RunRow]


class Rows:
    """A source that counts what it was asked for."""

    def __init__(self, rows: list[RunRow]) -> None:
        self.rows = rows
        self.asked: list[tuple[int, int]] = []

    async def __call__(self, offset: int, limit: int) -> list[RunRow]:
        self.asked.append((offset, limit))
        await asyncio.sleep(0)
        return self.rows[offset : offset + limit]


@pytest.fixture
def table_on(stage_of: Any) -> Any:
    """A loaded table on a stage: `(stage, table, source)`."""

    async def start(rows: list[RunRow], columns: list[Column] = COLUMNS, size: tuple[int, int] = (80, 12)) -> Any:
        table = RunTable()
        table.now_ms = lambda: 1_000_000 + 125_000
        stage = await stage_of(table, size=size)
        source = Rows(rows)
        table.bind(source)
        table.set_columns(columns)
        table.set_total(len(rows))
        table.focus()
        await table.reload()
        return stage, table, source

    return start


def ids(rows: list[RunRow], *places: int) -> set[str]:
    return {rows[n].id for n in places}


def heard(stage: Any, kind: type) -> list[Any]:
    return [message for message in stage.app.heard if isinstance(message, kind)]


async def test_rows_stand_in_aligned_columns(table_on: Any, run_row: MakeRow) -> None:
    rows = [run_row(1, status="running", tags=("base", "seed")), run_row(2, status="failed", values=(3.25e-9,))]
    stage, _, _ = await table_on(rows)
    header, first, second = (await stage.lines())[:3]
    assert first.split() == ["▌", "run-1", "●", "running", "0.125", "2m", "base", "seed"]
    assert second.split() == ["run-2", "✗", "failed", "3.25e-9", "2m"]
    assert header.index("loss") + len("loss") == first.index("0.125") + len("0.125")
    assert header.index("NAME") == first.index("run-1") == second.index("run-2")


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"status": "running"}, "● running"),
        ({"status": "running", "stalled": True}, "◌ stalled"),
        ({"status": "killed"}, "† killed"),
        ({"status": "queued"}, "○ queued"),
        ({"status": "unknown"}, "? unknown"),
        ({"values": (None,)}, "—"),
        ({"values": ()}, "—"),
        ({"values": (math.nan,)}, "NaN"),
        ({"values": (-math.inf,)}, "-Inf"),
        ({"values": (1.23456789e-101,)}, "e-101"),
        ({"values": ("adam",)}, "adam"),
        ({"name": "x" * 5000}, "xxx…"),
        ({"name": "[red]x[/] [@cl"}, "[red]x[/] [@cl"),
    ],
)
async def test_a_cell_tells_the_truth(table_on: Any, run_row: MakeRow, fields: dict[str, Any], shown: str) -> None:
    stage, _, _ = await table_on([run_row(1, **fields)])
    assert shown in (await stage.lines())[1]


async def test_only_the_blocks_that_are_looked_at_are_fetched(table_on: Any, run_row: MakeRow) -> None:
    rows = [run_row(n) for n in range(3000)]
    stage, table, source = await table_on(rows)
    assert source.asked == [(0, 256)]
    table.goto(-1)
    await stage.pilot.pause()
    assert "run-2999" in (await stage.lines())[-1]
    assert {offset for offset, _ in source.asked} <= {0, 2560, 2816}
    assert table.current.name == "run-2999"


async def test_rows_on_their_way_are_blank_and_moved_is_said_when_they_come(table_on: Any, run_row: MakeRow) -> None:
    rows = [run_row(n) for n in range(1000)]
    stage, table, source = await table_on(rows)
    gate = asyncio.Event()

    async def slow(offset: int, limit: int) -> list[RunRow]:
        await gate.wait()
        return list(await source(offset, limit))

    table.bind(slow)
    table.goto(-1)
    assert table.current is None
    assert (await stage.lines())[-1] == "▌"
    gate.set()
    await stage.pilot.pause()
    assert "run-999" in (await stage.lines())[-1]
    assert heard(stage, RunTable.Moved)[-1].row.name == "run-999"


async def test_motion(table_on: Any, run_row: MakeRow) -> None:
    stage, table, _ = await table_on([run_row(n) for n in range(100)])
    table.move(25)
    assert table.cursor == 25
    table.move(-99)
    assert table.cursor == 0
    table.page(1)
    assert table.cursor == 10
    table.half_page(1)
    assert table.cursor == 15
    table.goto(999)
    assert table.cursor == 99
    lines = await stage.lines()
    assert lines[-1].startswith("▌   run-99")
    assert lines[0].strip().startswith("NAME")


async def test_marks_survive_other_rows_and_keep_their_colours(table_on: Any, run_row: MakeRow) -> None:
    rows = [run_row(n) for n in range(9)]
    stage, table, source = await table_on(rows)
    table.toggle_mark()
    table.move(1)
    table.toggle_mark()
    first, second = rows[0].id, rows[1].id
    assert [table.mark_colour(first), table.mark_colour(second)] == [0, 1]
    source.rows = rows[1:]
    table.set_total(8)
    await table.reload()
    assert table.marked == {first, second}
    assert "◆b run-1" in (await stage.lines())[1]
    table.set_marks([second])
    assert table.mark_colour(second) == 1
    assert "◆a run-1" in (await stage.lines())[1]
    assert heard(stage, RunTable.MarksChanged)[-1].ids == (second,)
    table.clear_marks()
    assert table.marked == frozenset()


async def test_a_range_is_marked_also_where_no_row_was_fetched(table_on: Any, run_row: MakeRow) -> None:
    rows = [run_row(n) for n in range(900)]
    stage, table, _ = await table_on(rows)
    table.mark_range(3, 1)
    assert table.marked == ids(rows, 1, 2, 3)
    table.mark_range(600, 602)
    await stage.pilot.pause()
    assert table.marked == ids(rows, 1, 2, 3, 600, 601, 602)


async def test_a_new_run_on_top_leaves_the_cursor_on_its_run(table_on: Any, run_row: MakeRow) -> None:
    rows = [run_row(n) for n in range(60)]
    stage, table, source = await table_on(rows)
    table.goto(30)
    before = await stage.lines()
    source.rows = [run_row(777), *rows]
    table.set_total(61)
    await table.reload(rows[30].id)
    assert table.current.id == rows[30].id
    assert table.cursor == 31
    assert (await stage.lines())[1:] == before[1:]  # the screen stood still


async def test_nothing_is_repainted_when_nothing_changed(
    table_on: Any, run_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [run_row(n) for n in range(20)]
    stage, table, source = await table_on(rows)
    await stage.lines()
    painted: list[Region] = []
    monkeypatch.setattr(table, "refresh", lambda *regions, **_: painted.extend(regions or [Region()]))
    await table.reload(rows[0].id)
    assert painted == []
    table.move(1)
    assert {region.y for region in painted} == {1, 2}
    assert all(region.right <= 20 for region in painted)  # pointer and name only
    table.move(-1)
    painted.clear()
    source.rows = [*rows[:4], run_row(4, values=(99.0,)), *rows[5:]]
    await table.reload(rows[0].id)
    assert [region.y for region in painted] == [5]


async def test_an_older_reload_does_not_overwrite_a_newer_one(table_on: Any, run_row: MakeRow) -> None:
    stage, table, source = await table_on([run_row(1)])
    gate = asyncio.Event()

    async def slow(offset: int, limit: int) -> list[RunRow]:
        await gate.wait()
        return [run_row(1, name="old")]

    table.bind(slow)
    older = asyncio.ensure_future(table.reload())
    await asyncio.sleep(0)
    source.rows = [run_row(1, name="new")]
    table.bind(source)
    await table.reload()
    gate.set()
    await older
    assert "new" in (await stage.lines())[1]


async def test_columns_scroll_whole_with_the_name_in_place(table_on: Any, run_row: MakeRow) -> None:
    columns = [COLUMNS[1], *(Column(f"m{n}", f"m{n}", 9, "right") for n in range(9))]
    rows = [run_row(1, values=tuple(float(n) for n in range(9)))]
    stage, table, _ = await table_on(rows, columns, (50, 6))
    header, row = (await stage.lines())[:2]
    assert header.split() == ["NAME", "m0", "m1", "›"]
    table.scroll_columns(2)
    header, row = (await stage.lines())[:2]
    assert header.replace("‹", " ").split() == ["NAME", "m2", "m3", "›"]
    assert row.split()[:3] == ["▌", "run-1", "2"]
    table.scroll_columns(99)
    assert (await stage.lines())[0].split()[-1] == "m8"
    table.scroll_columns(-99)
    assert (await stage.lines())[0].split()[1] == "m0"


async def test_the_arrow_stands_in_the_sorted_column(table_on: Any, run_row: MakeRow) -> None:
    stage, table, _ = await table_on([run_row(1)])
    table.set_sort("metrics.loss", True)
    assert "loss↓" in (await stage.lines())[0]
    table.set_sort("name", False)
    header = (await stage.lines())[0]
    assert "NAME↑" in header
    assert "loss↓" not in header


async def test_an_empty_table_says_how_to_fill_it(table_on: Any) -> None:
    stage, table, source = await table_on([])
    table.set_empty(["No runs yet.", "mlver-tui demo"])
    text = [line.strip() for line in await stage.lines()]
    assert "No runs yet." in text
    assert "mlver-tui demo" in text
    assert source.asked == []
    table.toggle_mark()
    table.move(1)
    table.open()
    assert table.current is None


async def test_opening_and_failing_are_told(table_on: Any, run_row: MakeRow) -> None:
    rows = [run_row(n) for n in range(600)]
    stage, table, _ = await table_on(rows)
    table.open()

    async def broken(offset: int, limit: int) -> list[RunRow]:
        raise StoreError("the database is gone")

    table.bind(broken)
    table.goto(-1)
    await stage.pilot.pause()
    assert heard(stage, RunTable.Opened)[0].row.id == rows[0].id
    assert heard(stage, RunTable.Failed)[0].error.message == "the database is gone"


@pytest.mark.usefixtures("ascii_only")
async def test_ascii_marks(table_on: Any, run_row: MakeRow) -> None:
    stage, table, _ = await table_on([run_row(1, status="running", values=(None,), name="n" * 40)])
    table.toggle_mark()
    lines = await stage.lines()
    assert "".join(lines).isascii()
    assert lines[1].startswith(">*a nnn")


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (20, 2), (240, 70)])
async def test_any_size_is_painted(table_on: Any, run_row: MakeRow, size: tuple[int, int]) -> None:
    stage, table, _ = await table_on([run_row(n) for n in range(300)], size=size)
    table.goto(-1)
    table.scroll_columns(3)
    assert len(await stage.lines()) == size[1]
