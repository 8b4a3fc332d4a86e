"""Axis ranges and labels: round, distinct, true to the values, for any numbers."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from mlver_tui.tui.widgets.scale import LABEL, Scale, scale_of, ticks, with_room

finite = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(min_value=5e-324, allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=1, max_size=20), st.integers(1, 12))
@settings(max_examples=300)
def test_every_value_has_a_place_and_larger_ones_are_higher(values: list[float], count: int) -> None:
    scale = scale_of(values)
    places = [scale.fraction(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 <= place <= 1 for place in places)
    rows = scale.rows(40)
    assert all(0 <= rows(value) < 40 for value in values)
    labels = ticks(scale, count)[0]
    assert all(len(tick.label) <= LABEL for tick in labels)
    assert len({tick.label for tick in labels}) == len(labels)


@given(st.lists(positive, min_size=1, max_size=20), st.integers(1, 12))
@settings(max_examples=300)
def test_a_log_axis_takes_any_positive_number(values: list[float], count: int) -> None:
    scale = scale_of(values, log=True)
    rows = scale.rows(40)
    assert all(0 <= rows(value) < 40 for value in values)
    labels = ticks(scale, count)[0]
    assert all(tick.value > 0 and len(tick.label) <= LABEL for tick in labels)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_labels_are_the_values_they_stand_at(low: float, span: float) -> None:
    found, base = ticks(scale_of([low, low + span]), 5)
    units = {"k": 1e3, "M": 1e6, "G": 1e9}
    for tick in found:
        text = tick.label.lstrip("+")
        told = float(text.rstrip("kMG")) * units.get(text[-1], 1.0) + (base or 0.0)
        assert math.isclose(told, tick.value, rel_tol=1e-6, abs_tol=span * 1e-6)


def test_round_numbers_for_everyday_ranges() -> None:
    def labels(low: float, high: float, count: int = 4, *, log: bool = False) -> list[str]:
        return [tick.label for tick in ticks(scale_of([low, high], log=log), count)[0]]

    assert labels(0.0, 1.0) == ["0.0", "0.5", "1.0"]
    assert labels(0.0, 50_000.0) == ["0", "20k", "40k"]
    assert labels(1e-4, 1.0, 5, log=True) == ["1e-4", "0.001", "0.01", "0.1", "1"]
    assert labels(0.11, 0.14) == ["0.11", "0.12", "0.13", "0.14"]


def test_values_that_differ_in_late_digits_get_offsets_and_a_base() -> None:
    found, base = ticks(scale_of([1000.001, 1000.0012]), 3)
    assert base is not None
    assert all(tick.label.startswith("+") for tick in found)


def test_a_single_value_stands_inside_its_axis() -> None:
    for value in (0.0, 5e-324, -1e308, 1e308, 3.0):
        scale = scale_of([value])
        assert scale.low < value < scale.high or abs(value) > 1e307
        assert 0 <= scale.fraction(value) <= 1


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_room_holds_the_range_and_ends_at_round_values(low: float, span: float) -> None:
    scale = Scale(low, low + span)
    roomy = with_room(scale)
    assert roomy.low <= low + 1e-6 * span
    assert roomy.high >= scale.high - 1e-6 * span
    assert roomy.high - roomy.low <= 1.3 * span  # at most a step of a sixteenth, rounded up, at each end


def test_a_growing_curve_stays_where_it_is() -> None:
    assert with_room(Scale(0.98, 2.0)) == with_room(Scale(0.91, 2.0)) == Scale(0.9, 2.0)
