"""What the right-hand side of a comparison means: numbers, times, spans, versions, words.

Pure: a span before now stays a span, so that one parsed filter can be asked again later. It knows nothing of SQL.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from dataclasses import dataclass, field
from typing import Literal

from ..errors import FilterError
from .pep440 import version_key
from .scanner import Scanner, Word

Shape = Literal["any", "number", "text", "id", "status", "time", "span", "version", "commit", "truth", "tags", "never"]
Sort = Literal["number", "text", "true", "false", "none", "nan", "time", "ago", "span", "version"]

STATUSES = ("running", "stalled", "finished", "failed", "killed", "scheduled", "queued", "unknown")
"""`stalled` is a running run whose heartbeat is older than a minute; `running` matches it too."""
ORDERED = ("<", "<=", ">", ">=")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+")
_INFINITY = re.compile(r"([+-]?)inf(inity)?", re.IGNORECASE)
_SPAN_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|min|[wdhms])")
_SPAN = re.compile(rf"(?:{_SPAN_PART.pattern})+")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(Z|[+-]\d\d:\d\d)?)?")
_WORDS: dict[str, Sort] = {"nan": "nan", "true": "true", "false": "false", "none": "none"}
_DAY_HINT = "write a span before now such as 2d or 3h, or a date such as 2026-01-31 or 2026-01-31T14:30"


@dataclass(frozen=True, slots=True)
class Given:
    """One value that somebody asked for."""

    sort: Sort
    text: str
    """As written, without quotes. A number, truth or none also equals a recorded text of the same characters."""
    number: float | int = 0
    """number: itself, exact for whole numbers; ago and span: seconds; time: first millisecond since 1970 UTC."""
    until: int = 0
    """time: the first millisecond after it; a date is the whole day, `14:30` the whole minute."""
    quoted: bool = False
    start: int = field(default=0, compare=False)


def read_number(text: str) -> float | int | None:
    """The number written here, exact when whole; None if it is no number. `nan` is no number."""
    if found := _INFINITY.fullmatch(text):
        return float(found.group(1) + "inf")
    if not _NUMBER.fullmatch(text):
        return None
    if _WHOLE.fullmatch(text) and len(text) < 1000:
        return int(text)
    return float(text)


def read_span(text: str) -> float | None:
    """Seconds in a span such as `2d`, `1h30m`, `250ms` (m is minutes); None if it is none."""
    if not _SPAN.fullmatch(text):
        return None
    return sum(float(amount) * _UNITS[unit] for amount, unit in _SPAN_PART.findall(text))


def read_time(text: str) -> tuple[int, int] | None:
    """First and next millisecond of a date or time in local time (or with Z or +01:00); None if it is none."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    day, minute, second, zone = found.groups()
    wide = dt.timedelta(days=1) if not minute else dt.timedelta(seconds=1) if second else dt.timedelta(minutes=1)
    try:
        first = dt.datetime.fromisoformat(
            f"{day}T{minute or '00:00'}{second or ''}{(zone or '').replace('Z', '+00:00')}"
        )
        return _milliseconds(first), _milliseconds(first + wide)
    except (ValueError, OverflowError, OSError):
        return None


def _milliseconds(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)


def interpret(scan: Scanner, shape: Shape, op: str, word: Word) -> Given:
    """What `word` means beside a key of this shape. Raises FilterError when it can mean nothing."""
    if not word.quoted and word.text.lower() == "none" and shape not in ("number", "version", "tags", "status"):
        return _equal_only(scan, op, word, Given("none", word.text, start=word.start))
    return _READERS.get(shape, _text)(scan, op, word)


def _error(scan: Scanner, word: Word, message: str, hint: str = "") -> FilterError:
    return scan.error(message, word.start, hint)


def _equal_only(scan: Scanner, op: str, word: Word, given: Given) -> Given:
    if op in ORDERED:
        raise _error(scan, word, f"nothing is {op} {word.text}", f"compare it with = or !=, or leave {word.text} out")
    return given


def typed(text: str, *, quoted: bool, start: int = 0) -> Given:
    """A value beside a param, which may be of any kind: quotes make it a text."""
    small = text.lower()
    if quoted:
        return Given("text", text, quoted=True, start=start)
    if (number := read_number(text)) is not None:
        return Given("number", text, number, start=start)
    sort = _WORDS.get(small, "text")
    return Given(sort, text, start=start)


def _any(scan: Scanner, op: str, word: Word) -> Given:
    given = typed(word.text, quoted=word.quoted, start=word.start)
    return given if given.sort in ("number", "text") else _equal_only(scan, op, word, given)


def _number(scan: Scanner, op: str, word: Word) -> Given:
    given = _any(scan, op, word)
    if given.sort not in ("number", "nan"):
        raise _error(scan, word, f"{word.text} is not a number", "write a number such as 0.01, 1e-3, inf or nan")
    return given


def _text(scan: Scanner, op: str, word: Word) -> Given:
    return Given("text", word.text, quoted=word.quoted, start=word.start)


def _status(scan: Scanner, op: str, word: Word) -> Given:
    small = word.text.lower()
    if small not in STATUSES or op in ORDERED:
        near = difflib.get_close_matches(small, STATUSES, 1)
        hint = f"did you mean {near[0]}?" if near and op not in ORDERED else f"the words are {', '.join(STATUSES)}"
        problem = f"a status is not {op} another" if op in ORDERED else f"no run has the status {word.text}"
        raise _error(scan, word, problem, hint)
    return Given("text", small, start=word.start)


def _time(scan: Scanner, op: str, word: Word) -> Given:
    if (seconds := read_span(word.text)) is not None:
        if op not in ORDERED:
            raise _error(scan, word, f"a time is not {op} a span", f"write > {word.text} for the last {word.text}")
        return Given("ago", word.text, seconds, start=word.start)
    if (moment := read_time(word.text)) is None:
        raise _error(scan, word, f"{word.text} is not a time", _DAY_HINT)
    return Given("time", word.text, moment[0], moment[1], start=word.start)


def _span(scan: Scanner, op: str, word: Word) -> Given:
    number = read_span(word.text)
    seconds = read_number(word.text) if number is None else number
    if seconds is None:
        raise _error(scan, word, f"{word.text} is not a span of time", "write a span such as 90s, 10m or 1h30m")
    return Given("span", word.text, seconds, start=word.start)


def _version(scan: Scanner, op: str, word: Word) -> Given:
    if version_key(word.text) is not None:
        return Given("version", word.text, quoted=word.quoted, start=word.start)
    if op in ORDERED:
        raise _error(scan, word, f"{word.text} is not a version", "write a version such as 2.1 or 2.1.0rc1")
    return _text(scan, op, word)


def _truth(scan: Scanner, op: str, word: Word) -> Given:
    small = word.text.lower()
    if small not in ("true", "false") or op not in ("=", "!="):
        raise _error(scan, word, f"this key is true or false, not {op} {word.text}", "write = true or = false")
    return Given("true" if small == "true" else "false", word.text, start=word.start)


def _tags(scan: Scanner, op: str, word: Word) -> Given:
    if op in ORDERED:
        raise _error(scan, word, f"a tag is not {op} another", f"write tag:{word.text}")
    return _text(scan, op, word)


_READERS = {
    "any": _any,
    "number": _number,
    "status": _status,
    "time": _time,
    "span": _span,
    "version": _version,
    "truth": _truth,
    "tags": _tags,
}
