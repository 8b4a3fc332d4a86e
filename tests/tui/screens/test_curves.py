"""The range of steps that curves are drawn over."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.tui.screens.curves import roomy_end


@given(st.integers(-(2**40), 2**40), st.integers(1, 2**40))
def test_a_growing_run_has_room_and_not_too_much(first: int, steps: int) -> None:
    end = roomy_end(float(first), float(first + steps))
    assert first + steps <= end <= first + 1.51 * steps + 1


def test_the_axis_moves_seldom() -> None:
    ends = [roomy_end(0.0, float(last)) for last in range(1, 100_000)]
    assert len(set(ends)) < 60
    assert ends == sorted(ends)


def test_ranges_without_a_length_stay() -> None:
    assert roomy_end(5.0, 5.0) == 5.0
    assert roomy_end(0.0, 1e300) == 1e300
