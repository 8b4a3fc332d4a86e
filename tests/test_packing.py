"""Points survive packing bit for bit."""

from __future__ import annotations

import math
import struct
from array import array

from hypothesis import given
from hypothesis import strategies as st

from mlver_tui import packing

int64 = st.integers(-(1 << 63), (1 << 63) - 1)
unix_times = st.floats(1.1e9, 2.1e9)


def bits(values: packing.Floats) -> list[bytes]:
    return [struct.pack(">d", value) for value in values]


@given(st.lists(int64, min_size=1, max_size=50))
def test_any_steps(steps: list[int]) -> None:
    first = steps[0]
    stride, packed = packing.pack_steps(array("q", steps))
    assert list(packing.unpack_steps(len(steps), first, stride, packed)) == steps


@given(int64, st.integers(-5, 5), st.integers(1, 50))
def test_even_steps_need_no_bytes(first: int, stride: int, n: int) -> None:
    steps = [first + index * stride for index in range(n)]
    if max(map(abs, steps)) < 1 << 49:
        assert packing.pack_steps(array("q", steps))[1] is None


@given(st.lists(st.one_of(unix_times, st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=50))
def test_any_times(times: list[float]) -> None:
    packed = packing.pack_times(array("d", times))
    assert list(packing.unpack_times(len(times), times[0], packed)) == times


@given(st.lists(unix_times, min_size=2, max_size=50))
def test_times_of_a_training_loop_take_four_bytes(times: list[float]) -> None:
    start = times[0]
    near = array("d", [start + (time - 1.1e9) / 1e7 for time in sorted(times)])
    assert len(packing.pack_times(near)) == 4 * (len(near) - 1)


@given(st.lists(st.floats(), min_size=1, max_size=50))
def test_any_values_and_their_summary(values: list[float]) -> None:
    packed = packing.pack(array("d", values))
    assert bits(packing.unpack("d", packed)) == bits(array("d", values))
    stats = packing.summarize(array("d", values))
    real = [value for value in values if not math.isnan(value)]
    assert (stats.n, stats.nans) == (len(values), len(values) - len(real))
    assert stats.min == (min(real) if real else None)
    assert stats.max == (max(real) if real else None)
    if real:
        assert stats.min_at is not None
        assert values[stats.min_at] == stats.min
