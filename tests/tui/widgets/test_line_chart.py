"""The chart pane: title, legend, cursor line, empty state, and what it repaints."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from textual.geometry import Region

from mlver_tui.query.views import Overview
from mlver_tui.tui.widgets.braille import ChartOptions, Curve
from mlver_tui.tui.widgets.line_chart import LineChart

OverviewOf = Callable[[Sequence[float], int], Overview]


async def shown(stage_of: Any, size: tuple[int, int] = (80, 12)) -> Any:
    chart = LineChart()
    return await stage_of(chart, size=size), chart


def falling(n: int = 1000, pace: float = 5.0) -> list[float]:
    return [math.exp(-pace * step / n) for step in range(n)]


async def test_title_and_legend(stage_of: Any, overview_of: OverviewOf) -> None:
    stage, chart = await shown(stage_of)
    found = [
        Curve("brisk-otter-14", 0, overview_of(falling(), chart.columns), True, "a"),
        Curve("[red]x[/]", 1, overview_of([*falling(), math.nan], chart.columns), letter="b"),
    ]
    chart.set_options(ChartOptions(log_y=True, smoothing=0.6))
    chart.show("val/loss", found)
    title = (await stage.lines())[0]
    assert title.startswith("val/loss log smooth 0.6")
    assert "━a brisk-otter-14 0.0068" in title
    assert "━b [red]x[/] NaN" in title


async def test_a_crowded_legend_counts_the_rest(stage_of: Any, overview_of: OverviewOf) -> None:
    stage, chart = await shown(stage_of, (60, 12))
    chart.show("loss", [Curve(f"long-name-{n}", n, overview_of(falling(), chart.columns)) for n in range(8)])
    assert " more" in (await stage.lines())[0]


async def test_the_cursor_line_reads_every_curve(stage_of: Any, overview_of: OverviewOf) -> None:
    stage, chart = await shown(stage_of)
    short = Overview(1, "loss", 0, 999, (*overview_of(falling(), chart.columns).buckets[:9], *[None] * 131), 9, 1.0)
    found = [Curve("a", 0, overview_of([2.0] * 1000, chart.columns), True, "a"), Curve("b", 1, short, letter="b")]
    chart.set_options(ChartOptions(cursor=70))
    chart.show("loss", found)
    line = (await stage.lines())[1]
    assert line.startswith("step ")
    assert "━a 2" in line
    assert "━b —" in line


async def test_columns_follow_the_width(stage_of: Any) -> None:
    stage, chart = await shown(stage_of)
    assert chart.columns == 140
    await stage.pilot.resize_terminal(60, 12)
    await stage.pilot.pause()
    assert chart.columns == 100
    assert len([m for m in stage.app.heard if isinstance(m, LineChart.Resized)]) == 2


async def test_an_empty_chart_says_why(stage_of: Any) -> None:
    stage, chart = await shown(stage_of)
    chart.show("loss", [], empty="no points yet")
    lines = await stage.lines()
    assert lines[0] == "loss"
    assert any(line.strip() == "no points yet" for line in lines)


async def test_only_changed_rows_are_repainted(
    stage_of: Any, overview_of: OverviewOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, chart = await shown(stage_of)
    flat = Curve("a", 0, overview_of([0.0] * 70 + [1.0] * 70, 140), True)
    chart.show("loss", [flat])
    await stage.lines()
    painted: list[Region] = []
    monkeypatch.setattr(chart, "refresh", lambda *regions, **_: painted.extend(regions or [Region()]))
    chart.show("loss", [flat])
    assert painted == []
    buckets = list(flat.overview.buckets)
    buckets[20] = buckets[139]
    chart.show("loss", [replace(flat, overview=replace(flat.overview, buckets=tuple(buckets)))])
    assert painted
    assert all(region.height == 1 and region.y > 0 for region in painted)


@pytest.mark.usefixtures("ascii_only")
async def test_ascii_only(stage_of: Any, overview_of: OverviewOf) -> None:
    stage, chart = await shown(stage_of)
    chart.show("loss", [Curve("a", 0, overview_of([*falling(), math.nan], 140), True, "a")])
    assert "".join(await stage.lines()).isascii()


@pytest.mark.parametrize("size", [(1, 1), (9, 2), (16, 3), (300, 80)])
async def test_any_size_is_painted(stage_of: Any, overview_of: OverviewOf, size: tuple[int, int]) -> None:
    stage, chart = await shown(stage_of, size)
    chart.set_options(ChartOptions(cursor=3))
    chart.show("loss", [Curve("a", 0, overview_of(falling(), 140), True, "a")])
    assert len(await stage.lines()) == size[1]
