"""Numbers as text: digits may go, exponents and signs never."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlver_tui import units


@given(st.one_of(st.floats(-1e307, 1e307), st.sampled_from([math.nan, math.inf])), st.integers(8, 20))
def test_a_number_fits_its_width_and_keeps_its_size(value: float, width: int) -> None:
    text = units.number(value, width)
    assert len(text) <= width
    if math.isfinite(value) and "#" not in text:
        assert math.isclose(float(text), value, rel_tol=0.06, abs_tol=1e-320)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (math.nan, "NaN"),
        (-math.inf, "-Inf"),
        (True, "true"),
        (0.001, "0.001"),
        (7.7599e-05, "7.7599e-5"),
        (123456, "123456"),
        (0.1 + 0.2, "0.3"),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert units.number(value) == text


def test_exact_keeps_every_digit() -> None:
    assert units.exact(0.1 + 0.2) == "0.30000000000000004"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, "—"),
        (850, "850 ms"),
        (12_300, "12.3 s"),
        (59_990, "1m 00s"),
        (245_000, "4m 05s"),
        (12_000_000, "3h 20m"),
        (187_200_000, "2d 4h"),
    ],
)
def test_durations(milliseconds: float | None, text: str) -> None:
    assert units.duration(milliseconds) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "now"), (12_000, "12s"), (240_000, "4m"), (10_800_000, "3h"), (259_200_000, "3d")]
)
def test_ages(milliseconds: float, text: str) -> None:
    assert units.age(milliseconds) == text


@pytest.mark.parametrize(("count", "text"), [(None, "—"), (0, "0 B"), (999, "999 B"), (3_400_000, "3.4 MB")])
def test_sizes(count: int | None, text: str) -> None:
    assert units.bytes_(count) == text
