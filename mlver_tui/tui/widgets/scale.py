"""Values to heights and round numbers on an axis. Pure arithmetic that survives 1e308, denormals and single values."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

LABEL = 7
"""Cells that a label on the y axis may take."""
_LARGEST = sys.float_info.max
_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, in data units, and what to write there."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of one axis; `low` and `high` are decimal logarithms when `log`."""

    low: float
    high: float
    log: bool = False

    def rows(self, height: int) -> Callable[[float], int]:
        """A fast function from a value inside the range to its row of `height` rows, 0 at the top."""
        steps, span, log10 = height - 1, self.high - self.low, math.log10
        if math.isinf(span) or math.isinf(steps / span):
            return lambda value: int((1.0 - self.fraction(value)) * steps + 0.5)
        k, top = steps / span, self.high
        if self.log:
            return lambda value: min(max(int((top - log10(value)) * k + 0.5), 0), steps)
        return lambda value: min(max(int((top - value) * k + 0.5), 0), steps)

    def fraction(self, value: float) -> float:
        """0.0 at the low end to 1.0 at the high end; values outside are held at the ends."""
        place = math.log10(value) if self.log else value
        span = self.high - self.low
        if math.isinf(span):
            share = (place / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        else:
            share = (place - self.low) / span
        return min(max(share, 0.0), 1.0)


def scale_of(values: Iterable[float], *, log: bool = False) -> Scale:
    """The range that holds all of the finite `values` (above zero when `log`); one value gets room around it."""
    places = [math.log10(value) for value in values] if log else list(values)
    if not places:
        return Scale(0.0, 1.0, log)
    low, high = min(places), max(places)
    if low == high:
        room = 0.5 if log else abs(low) * 0.05
        low, high = low - room, high + room
    if low == high:  # zero, or too small to have 5 %
        low, high = low - 1.0, high + 1.0
    return Scale(max(low, -_LARGEST), min(high, _LARGEST), log)


def with_room(scale: Scale) -> Scale:
    """The range up to the next round values at both ends: while a curve grows, what is drawn seldom has to move."""
    step = _round_step(scale.high / 16 - scale.low / 16)
    if step <= 0 or math.isinf(step) or max(abs(scale.low), abs(scale.high)) / step > 1e9:
        return scale
    low, high = math.floor(scale.low / step + 1e-9) * step, math.ceil(scale.high / step - 1e-9) * step
    return Scale(max(low, -_LARGEST), min(high, _LARGEST), scale.log)


def ticks(scale: Scale, count: int, *, whole: bool = False) -> tuple[list[Tick], float | None]:
    """About `count` round values with labels, and the value that labels starting with `+` are counted from."""
    if scale.log:
        return _log_ticks(scale, count), None
    values, step = _round_values(scale.low, scale.high, count, whole)
    if len(values) < 2:
        values, step = _round_values(scale.low, scale.high, count * 2, whole)
    labels = [_label(value, step) for value in values]
    if all(len(label) <= LABEL for label in labels) and len(set(labels)) == len(labels):
        return [Tick(*pair) for pair in zip(values, labels, strict=True)], None
    base = values[0]
    near = [value for value in values if math.isfinite(value - base)]
    offsets = [_label(value - base, step) for value in near]
    return [Tick(v, f"+{text}") for v, text in zip(near, offsets, strict=True) if len(text) < LABEL], base


def _round_values(low: float, high: float, count: int, whole: bool = False) -> tuple[list[float], float]:
    """Multiples of 1, 2 or 5 times a power of ten within the range, and their distance."""
    step = _round_step(high / max(count, 1) - low / max(count, 1))
    if whole:
        step = max(step, 1.0)
    if step <= 0 or math.isinf(step) or math.isinf(low / step) or math.isinf(high / step):
        return [low], 0.0
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last - first > count * 3 + 3:  # numbers too close for this step: a float cannot count them
        return [low], 0.0
    values = sorted({min(max(n * step, low), high) + 0.0 for n in range(first, last + 1)})
    return values or [low], step


def _round_step(raw: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `raw`."""
    if raw <= 0:
        return 0.0
    raw = min(raw, _LARGEST)
    exponent = math.floor(math.log10(raw))
    for factor in (1, 2, 5, 10):
        step = float(f"{factor}e{exponent}")
        if step >= raw * (1 - 1e-9):
            return step
    return float(f"1e{exponent + 1}")


def _log_ticks(scale: Scale, count: int) -> list[Tick]:
    """Decades; between them 2 and 5 where decades are few; plain round values where there is no decade."""
    first, last = math.ceil(scale.low - 1e-9), math.floor(scale.high + 1e-9)
    stride = max(-(-(last - first + 1) // max(count, 1)), 1)
    decades = [float(f"1e{n}") for n in range(first, last + 1, stride) if -324 < n <= 308]
    if len(decades) > 2 or (len(decades) == 2 and count <= 2):
        return [Tick(value, _short(value)) for value in decades if value > 0]
    steps = [float(f"{digit}e{n}") for n in range(first - 1, last + 1) for digit in (1, 2, 5) if -323 < n < 308]
    inside = [value for value in steps if scale.low - 1e-9 <= math.log10(value) <= scale.high + 1e-9]
    if len(inside) >= 2:
        return [Tick(value, _short(value)) for value in inside]
    values, step = _round_values(10**scale.low, min(10 ** min(scale.high, 308.25), _LARGEST), count)
    return [Tick(value, label) for value in values if value > 0 and len(label := _label(value, step)) <= LABEL]


def _label(value: float, step: float) -> str:
    """`value` with exactly the digits that a distance of `step` needs."""
    size = abs(value)
    if step == 0 or math.isinf(step) or (value == 0 and _decimals(step) > LABEL - 2):
        return _short(value)
    if size >= 1e4 and size < 1e15:
        unit, suffix = next((unit, suffix) for unit, suffix in _UNITS if size >= unit)
        return f"{value / unit:.{_decimals(step / unit)}f}{suffix}"
    decimals = _decimals(step)
    if decimals <= LABEL - 2 and size < 1e4:
        return f"{value:.{decimals}f}"
    digits = max(math.floor(math.log10(size)) - math.floor(math.log10(step)), 0)
    return _tidy(f"{value:.{min(digits, 17)}e}")


def _decimals(step: float) -> int:
    return max(-math.floor(math.log10(step) + 1e-9), 0) if step > 0 else 0


def _short(value: float) -> str:
    """A value in few characters: a power of ten, or what stands alone on an axis."""
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e4:
        return f"{value:.4g}"
    return _tidy(f"{value:.0e}")


def _tidy(text: str) -> str:
    """`1.50e+04` as `1.50e4`."""
    mantissa, exponent = text.split("e")
    return f"{mantissa}e{int(exponent)}"


def spread(places: Sequence[int], gap: int) -> list[int]:
    """Indexes of `places` that keep at least `gap` from the one kept before."""
    kept: list[int] = []
    for index, place in enumerate(places):
        if not kept or abs(place - places[kept[-1]]) >= gap:
            kept.append(index)
    return kept
