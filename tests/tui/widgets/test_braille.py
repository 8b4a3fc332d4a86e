"""Charts as text: exact sizes, no spike lost, nothing that a series can hold breaks them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlver_tui.query.views import Bucket, Overview
from mlver_tui.tui.widgets.braille import ChartOptions, Curve, draw, plot_width, values_at, x_at
from mlver_tui.tui.widgets.cells import Part, length

Mode = Literal["braille", "block", "ascii"]
Rows = list[list[Part]]
OverviewOf = Callable[[Sequence[float], int], Overview]
MODES: tuple[Mode, ...] = ("braille", "block", "ascii")
any_float = st.floats(allow_nan=True, allow_infinity=True)
finite = st.floats(allow_nan=False, allow_infinity=False)


def text_of(rows: Rows) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]


def plot_of(rows: Rows, width: int, height: int) -> list[str]:
    """The cells of the plot alone."""
    return [line[8 : 8 + plot_width(width)] for line in text_of(rows)[: height - 2]]


@st.composite
def buckets(draw_from: st.DrawFn) -> Bucket:
    values = draw_from(st.lists(any_float, min_size=1, max_size=4))
    told = [v for v in values if not math.isnan(v)]
    solid = [v for v in told if math.isfinite(v)]
    mean = sum(v / len(solid) for v in solid) if solid else math.nan
    low, high = (min(told), max(told)) if told else (math.nan, math.nan)
    return Bucket(low, high, mean, values[0], values[-1], len(values), len(values) - len(told))


@st.composite
def curves(draw_from: st.DrawFn) -> Curve:
    low = draw_from(st.floats(-1e300, 1e300))
    high = draw_from(st.floats(0, 1e300)) + low
    held = draw_from(st.lists(st.none() | buckets(), max_size=40))
    overview = Overview(1, "loss", low, high, tuple(held), None, None)
    return Curve(
        "run", draw_from(st.integers(0, 7)), overview, draw_from(st.booleans()), draw_from(st.sampled_from("ab "))
    )


@given(
    st.lists(curves(), max_size=3),
    st.integers(0, 60),
    st.integers(0, 14),
    st.booleans(),
    st.booleans(),
    st.sampled_from((0.0, 0.6, 0.999)),
    st.none() | st.integers(-3, 200),
    st.sampled_from(MODES),
)
@settings(max_examples=300, deadline=None)
def test_any_curves_fill_exactly_the_asked_cells(
    found: list[Curve], width: int, height: int, log: bool, band: bool, smoothing: float, cursor: int | None, mode: Mode
) -> None:
    options = ChartOptions(log, band, smoothing, "step", cursor, mode)
    rows = draw(found, width, height, options)
    assert len(rows) == height
    assert {length(line) for line in text_of(rows)} <= {width}


@given(st.lists(finite, min_size=1, max_size=60), st.sampled_from(("braille", "block")))
@settings(max_examples=200, deadline=None)
def test_extremes_of_every_column_are_drawn(values: list[float], mode: Mode) -> None:
    width, height = 40, 12
    columns = plot_width(width) * 2
    # columns whose mean hides a spike at both sides
    spikes = [Bucket(-abs(v), abs(v), 0.0, v, -v, 2, 0) for v in values[:columns]]
    held: tuple[Bucket | None, ...] = (*spikes, *[None] * (columns - len(spikes)))
    rows = draw([Curve("run", 0, Overview(1, "k", 0, 1, held, None, None))], width, height, ChartOptions(mode=mode))
    plot = plot_of(rows, width, height)
    drawn_columns = {n // 2 for n, bucket in enumerate(held) if bucket}
    for cell in drawn_columns:
        assert any(line[cell] != " " for line in plot)
    extreme = max(abs(v) for v in values)
    if extreme > 0:
        tallest = max(range(len(values)), key=lambda n: abs(values[n])) // 2
        assert plot[0][tallest] != " "
        assert plot[-1][tallest] != " "


def test_a_spike_of_a_curve_out_of_focus_is_drawn(overview_of: OverviewOf) -> None:
    width, height = 60, 14
    columns = plot_width(width) * 2
    calm, wild = [0.0] * 5000, [0.0] * 5000
    wild[2500] = 100.0  # one point of about fifty in its column
    found = [Curve("calm", 0, overview_of(calm, columns), True), Curve("wild", 1, overview_of(wild, columns))]
    rows = draw(found, width, height, ChartOptions())
    assert any(char != " " for char in plot_of(rows, width, height)[0])
    assert any(style == "d1" for row in rows for text, style in row if text.strip())


def test_few_points_are_joined_to_a_line(overview_of: OverviewOf) -> None:
    width, height = 60, 10
    rows = draw([Curve("r", 0, overview_of([0, 1, 0.5], plot_width(width) * 2))], width, height, ChartOptions())
    plot = plot_of(rows, width, height)
    last = max(n for line in plot for n, char in enumerate(line) if char != " ")
    assert all(any(line[n] != " " for line in plot) for n in range(last + 1))


def test_a_hole_in_dense_data_is_left_empty(overview_of: OverviewOf) -> None:
    width, height = 60, 10
    columns = plot_width(width) * 2
    view = overview_of([1.0] * 1000, columns)
    holed = Overview(1, "k", 0, 999, view.buckets[:20] + (None,) * 40 + view.buckets[60:], 999, 1.0)
    plot = plot_of(draw([Curve("r", 0, holed)], width, height, ChartOptions()), width, height)
    assert all(line[15] == " " for line in plot)


def test_nan_breaks_the_line_and_is_named(overview_of: OverviewOf) -> None:
    width, height = 60, 10
    values = [1.0, 1.0, math.nan, 1.0, 1.0]
    rows = draw([Curve("r", 0, overview_of(values, plot_width(width) * 2))], width, height, ChartOptions())
    lines = text_of(rows)
    assert "×" in lines[-2]
    assert lines[-1].rstrip().endswith("× NaN")
    marked = lines[-2].index("×") - 8
    assert all(line[marked] == " " for line in plot_of(rows, width, height))


@pytest.mark.parametrize(("value", "sign", "name"), [(math.inf, "▲", "+Inf"), (-math.inf, "▼", "-Inf")])
def test_infinities_are_marked_at_the_axis(overview_of: OverviewOf, value: float, sign: str, name: str) -> None:
    rows = draw([Curve("r", 0, overview_of([1.0, value, 2.0], 100))], 60, 10, ChartOptions())
    assert sign in text_of(rows)[-2]
    assert name in text_of(rows)[-1]


def test_a_log_axis_says_how_many_columns_it_leaves_out(overview_of: OverviewOf) -> None:
    rows = draw([Curve("r", 0, overview_of([10.0, 0.0, -1.0, 100.0], 100))], 60, 10, ChartOptions(log_y=True))
    assert "2 columns with values ≤ 0 left out" in text_of(rows)[-1]


def test_ascii_mode_is_ascii(overview_of: OverviewOf) -> None:
    values = [math.sin(n / 9) for n in range(300)] + [math.nan, math.inf, -math.inf]
    rows = draw([Curve("r", 0, overview_of(values, 100), letter="a")], 60, 12, ChartOptions(mode="ascii", cursor=5))
    assert "".join(text_of(rows)).isascii()
    assert "a" in "".join(text_of(rows))


def test_letters_stand_at_the_ends_of_lines(overview_of: OverviewOf) -> None:
    found = [
        Curve("up", 0, overview_of([0.0, 1.0], 100), letter="a"),
        Curve("down", 1, overview_of([1.0, 0.0], 100), letter="b"),
    ]
    lines = text_of(draw(found, 60, 12, ChartOptions()))
    assert "a" in lines[0]
    assert "b" in lines[-3]


def test_curves_with_other_ranges_share_one_axis() -> None:
    one = Overview(1, "k", 0, 100, tuple(Bucket(1, 1, 1, 1, 1, 1, 0) for _ in range(100)), 100, 1.0)
    other = Overview(2, "k", 100, 200, tuple(Bucket(2, 2, 2, 2, 2, 1, 0) for _ in range(100)), 200, 2.0)
    plot = plot_of(draw([Curve("a", 0, one), Curve("b", 1, other)], 60, 10, ChartOptions()), 60, 10)
    half = plot_width(60) // 2
    assert plot[-1][: half - 2].strip()
    assert not plot[-1][half + 2 :].strip()
    assert plot[0][half + 2 :].strip()


def test_smoothing_keeps_the_raw_line_in_view(overview_of: OverviewOf) -> None:
    values = [(-1.0) ** n for n in range(90)]
    rows = draw([Curve("r", 3, overview_of(values, 90))], 55, 12, ChartOptions(smoothing=0.9))
    styles = {style for row in rows[:-2] for text, style in row if text.strip()}
    assert {"f3", "d3"} <= styles


def test_values_and_steps_under_the_cursor(overview_of: OverviewOf) -> None:
    curve = Curve("r", 0, overview_of([float(n) for n in range(100)], 50))
    found = values_at([curve], 50, 10)[0]
    assert found is not None
    assert (found.min, found.max, found.count) == (20.0, 21.0, 2)
    low, high = x_at([curve], 50, 10)
    assert low <= 20 <= high
    assert values_at([curve], 50, 99) == [None]
