"""The slow half of `log`: everything that is not a flat mapping of names to numbers seen before."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

MAX_KEY = 1000
MAX_DEPTH = 32
Reject = Callable[[str, str], None]


def collect(metrics: Any, reject: Reject) -> dict[str, float]:
    """{name: float64} of a log call; nested names join with "/". What is no number goes to `reject(name, why)`.

    Raises TypeError if `metrics` is no mapping.
    """
    if not isinstance(metrics, Mapping):
        raise TypeError(f"log() takes a mapping of names to numbers, not {type(metrics).__name__}")
    found: dict[str, float] = {}
    _walk(metrics, "", 0, found, reject)
    return found


def is_plain(metrics: Mapping[Any, Any]) -> bool:
    """Whether a later call with these names may take the fast half: Python numbers, so no tensor warns or is missed."""
    return all(isinstance(value, int | float) for value in metrics.values())


def check_step(step: Any) -> int:
    """A step as int. Raises TypeError for what is no whole number, ValueError beyond int64."""
    try:
        number = operator.index(step)
    except TypeError:
        if not (isinstance(step, float) and step.is_integer()):
            raise TypeError(f"step must be a whole number, not {step!r}") from None
        number = int(step)
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError("step must fit 64 bits")
    return number


def check_time(time: Any) -> float:
    """A time as finite unix seconds. Raises ValueError or TypeError."""
    number = float(time)
    if not math.isfinite(number):
        raise ValueError("time must be finite unix seconds")
    return number


def _walk(metrics: Mapping[Any, Any], prefix: str, depth: int, found: dict[str, float], reject: Reject) -> None:
    for key, value in metrics.items():
        if not isinstance(key, str) or not key or len(prefix) + len(key) > MAX_KEY:
            reject(repr(key)[:80], "a metric name must be text of 1 to 1000 characters")
        elif isinstance(value, Mapping):
            if depth < MAX_DEPTH:
                _walk(value, f"{prefix}{key}/", depth + 1, found, reject)
            else:
                reject(f"{prefix}{key}"[:80], "it is nested too deep")
        else:
            _take(f"{prefix}{key}", value, found, reject)


def _take(name: str, value: Any, found: dict[str, float], reject: Reject) -> None:
    try:
        if isinstance(value, str | bytes) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
            raise TypeError("it is no number")
        item = getattr(value, "item", None)  # of a tensor that requires a gradient, float() warns
        found[name] = float(value if item is None or isinstance(value, float) else item())
    except OverflowError:
        reject(name, "it is beyond the range of float64")
    except Exception as error:  # whatever a tensor library raises: one bad value must not cost its neighbours
        reject(name, f"{type(value).__name__}: {error}"[:200])
