"""How points are packed into the BLOBs of a chunk, and what a chunk says of them. Pure: no SQL.

A chunk holds points of one series in insertion order, so steps may repeat, go back or be missing. BLOBs are
big-endian: values float64; steps int64, or none at all when they are `first_step + i * stride`; times int32
differences in units of 2**-22 s (the resolution of a float64 unix time between 2004 and 2038, so nothing is rounded),
or float64 when a difference does not fit exactly.
"""

from __future__ import annotations

import math
import sys
import zlib
from array import array
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, repeat
from operator import mul, sub, truediv
from typing import Any

CHUNK = 1024
"""Points in a full chunk."""
SPANS = (8 * CHUNK, 64 * CHUNK)
"""Points per span, level after level: what an overview reads instead of chunks."""
_TICKS = float(1 << 22)
_LARGE = 1 << 50  # beyond it a regular range could leave int64
_SWAP = sys.byteorder == "little"

Ints = Any  # array("q"): `array` is not subscriptable on Python 3.10 at run time
Floats = Any  # array("d")


@dataclass(frozen=True, slots=True)
class Stats:
    """What a chunk or series says of its points without them. None stands for "every point is NaN"."""

    n: int
    nans: int
    min: float | None
    min_at: int | None
    max: float | None
    max_at: int | None
    sum: float


def summarize(values: Floats) -> Stats:
    """Exact extremes and NaN count of float64 values; NaN is in none of min, max, sum."""
    n = len(values)
    values = values.tolist()  # boxed once, walked five times
    total = sum(values)
    if not math.isnan(total):
        low, high = min(values), max(values)
        return Stats(n, 0, low, values.index(low), high, values.index(high), total)
    real = [value for value in values if value == value]
    if not real:
        return Stats(n, n, None, None, None, None, 0.0)
    low, high = min(real), max(real)
    return Stats(n, n - len(real), low, values.index(low), high, values.index(high), sum(real))


def join(a: Stats, b: Stats) -> Stats:
    """Stats of the points of both, in this order; positions are not kept."""
    lows = [x for x in (a.min, b.min) if x is not None]
    highs = [x for x in (a.max, b.max) if x is not None]
    return Stats(
        a.n + b.n, a.nans + b.nans, min(lows, default=None), None, max(highs, default=None), None, a.sum + b.sum
    )


def pack_steps(steps: Ints) -> tuple[int, bytes | None]:
    """(stride, None) for evenly spaced steps, (0, big-endian int64) otherwise."""
    if len(steps) == 1:
        return 1, None
    stride = steps[1] - steps[0]
    if steps[-1] - steps[0] == stride * (len(steps) - 1) and abs(stride) < _LARGE and abs(steps[0]) < _LARGE:
        return (stride, None) if steps == _regular(steps[0], stride, len(steps)) else (0, pack(steps))
    return 0, pack(steps)


def unpack_steps(n: int, first: int, stride: int, packed: bytes | None) -> Ints:
    """Inverse of `pack_steps` for n points."""
    return _regular(first, stride, n) if packed is None else unpack("q", packed)


def _regular(first: int, stride: int, n: int) -> Ints:
    if first < 0 or stride < 0 or first + stride * n >= 1 << 63:
        return array("q", range(first, first + stride * n, stride) if stride else [first] * n)
    ones, ramp = _lanes(n)  # one addition of long integers, 64 bits a step: five times faster than counting
    return array("q", (first * ones + stride * ramp).to_bytes(8 * n, sys.byteorder))


@lru_cache(maxsize=4)
def _lanes(n: int) -> tuple[int, int]:
    """n ones, and 0 … n - 1, as the bytes of array("q") read as one integer."""
    return tuple(int.from_bytes(array("q", lanes).tobytes(), sys.byteorder) for lanes in ([1] * n, range(n)))  # type: ignore[return-value]


def pack_times(times: Floats) -> bytes:
    """int32 differences in ticks when that is exact, else float64."""
    return _packed_times(times.tobytes())


@lru_cache(maxsize=64)  # metrics that are logged together share their times
def _packed_times(native: bytes) -> bytes:
    times = array("d", native)
    try:
        ticks = list(map(int, map(mul, times, repeat(_TICKS))))
        if array("d", map(truediv, ticks, repeat(_TICKS))) == times:
            differences = array("i", map(sub, ticks[1:], ticks))
            return pack(differences) or b"\0"  # one point needs no difference; keep the BLOB non-empty
    except (OverflowError, ValueError):  # an infinite or NaN time, or a difference beyond int32
        return pack(times)
    return pack(times)


def unpack_times(n: int, first: float, packed: bytes) -> Floats:
    """Inverse of `pack_times` for n points."""
    if n == 1 and len(packed) == 1:
        return array("d", (first,))
    if len(packed) == 8 * n:
        return unpack("d", packed)
    differences = map(mul, unpack("i", packed), repeat(1 / _TICKS))
    return array("d", accumulate(differences, initial=first))  # exact: every sum is a time that was packed


def pack(numbers: Any) -> bytes:
    """An array as big-endian bytes."""
    if _SWAP:
        numbers = numbers[:]
        numbers.byteswap()
    return bytes(numbers.tobytes())


def unpack(code: str, packed: bytes) -> Any:
    """Big-endian bytes as an array of that type code."""
    numbers = array(code)
    numbers.frombytes(packed)
    if _SWAP:
        numbers.byteswap()
    return numbers


def checksum(first_step: int, stride: int, first_time: float, steps: bytes | None, times: bytes, values: bytes) -> int:
    """crc32 over all that a chunk needs to be read."""
    head = f"{first_step} {stride} {first_time!r}".encode()
    return zlib.crc32(values, zlib.crc32(times, zlib.crc32(steps or b"", zlib.crc32(head))))


def read_chunk(row: tuple[Any, ...]) -> tuple[Ints, Floats, Floats]:
    """(steps, values, times) of a row (n, first_step, stride, first_time, steps, times, vals)."""
    n, first_step, stride, first_time, steps, times, vals = row
    return unpack_steps(n, first_step, stride, steps), unpack("d", vals), unpack_times(n, first_time, times)
