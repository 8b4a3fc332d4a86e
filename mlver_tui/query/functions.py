"""What SQLite cannot do itself, as functions on a connection: patterns, exact numbers, versions, a point at a step.

None of them raises, whatever the database holds: SQLite would turn that into an error without a name.
"""

from __future__ import annotations

import contextlib
import math
import re
import sqlite3
from array import array
from fractions import Fraction
from functools import lru_cache

from ..packing import unpack, unpack_steps
from .pep440 import public_key, version_key

LONGEST_MATCHED = 10_000
"""A pattern sees at most this many characters of a text: notes can be long, and some patterns are quadratic."""


def register_functions(connection: sqlite3.Connection) -> None:
    """Make the functions that compiled filters call. Cheap, and harmless to repeat."""
    connection.create_function("mlver_match", 2, _match, deterministic=True)
    connection.create_function("mlver_contains", 2, _contains, deterministic=True)
    connection.create_function("mlver_order", 4, _order, deterministic=True)
    connection.create_function("mlver_version", 1, _version, deterministic=True)
    connection.create_function("mlver_public", 1, _public, deterministic=True)
    connection.create_function("mlver_point", 6, _point, deterministic=True)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    with contextlib.suppress(re.error, RecursionError, OverflowError):
        return re.compile(pattern)
    return None


def _match(pattern: str, text: object) -> int:
    compiled = _compiled(pattern)
    return int(compiled is not None and isinstance(text, str) and bool(compiled.search(text[:LONGEST_MATCHED])))


def _contains(text: object, part: str) -> int:
    """1 if `text` contains `part`, letter case aside; `part` comes case-folded."""
    return int(isinstance(text, str) and part in text.casefold())


def _order(kind: str, number: float | None, text: str | None, asked: str) -> int | None:
    """-1, 0 or 1 by exact value where a float64 would round; None if it is no number."""
    recorded = _exact(text if kind == "int" and text else number)
    wanted = _exact(asked if asked.lstrip("-").isdigit() else float(asked))  # as written: a whole number, or a float64
    if recorded is None or wanted is None:
        return None
    return (recorded > wanted) - (recorded < wanted)


@lru_cache(maxsize=1024)
def _exact(number: float | str | None) -> Fraction | float | None:
    if number is None:
        return None
    with contextlib.suppress(ValueError, OverflowError):  # an infinity has no fraction, and compares as it is
        return Fraction(number)
    with contextlib.suppress(ValueError):
        return None if math.isnan(float(number)) else float(number)
    return None


def _version(text: object) -> str | None:
    return version_key(text) if isinstance(text, str) else None


def _public(text: object) -> str | None:
    return public_key(text) if isinstance(text, str) else None


def _point(n: int, first: int, stride: int, steps: bytes | None, values: bytes, step: int) -> float | str | None:
    """The value last written at `step` in one chunk; "nan" if it is NaN, None if the chunk does not have the step."""
    try:
        if steps is None:
            found = _regular_place(n, first, stride, step)
        else:
            found = _last_place(unpack_steps(n, first, stride, steps), step)
        value = None if found is None else unpack("d", values[8 * found : 8 * found + 8])[0]
    except (TypeError, ValueError, IndexError):  # a damaged chunk: `verify` is the one to say so
        return None
    return "nan" if value != value and value is not None else value


def _regular_place(n: int, first: int, stride: int, step: int) -> int | None:
    if stride == 0:
        return n - 1 if step == first else None
    place, rest = divmod(step - first, stride)
    return place if rest == 0 and 0 <= place < n else None


def _last_place(steps: array[int], step: int) -> int | None:
    return next((place for place in range(len(steps) - 1, -1, -1) if steps[place] == step), None)
