"""Numbers, durations and sizes as text: one look in commands and in the app."""

from __future__ import annotations

import math

_BYTES = ("B", "KB", "MB", "GB", "TB", "PB")


def number(value: float | int | str | bool | None, width: int = 10) -> str:
    """A value in at most `width` characters: digits are dropped, never the exponent; unknown is `—`."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if len(value) <= width else value[: max(width - 1, 0)] + "…"
    if isinstance(value, int) and len(str(value)) <= width:
        return str(value)
    return _float(float(value), width) if abs(value) < 1e300 or isinstance(value, float) else "#" * width


def exact(value: float | int | str | bool | None) -> str:
    """A value with every digit it has."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _special(value) or repr(value)
    return str(value)


def duration(milliseconds: float | None) -> str:
    """`850 ms`, `12.3 s`, `4m 05s`, `3h 20m`, `2d 4h`; unknown is `—`."""
    if milliseconds is None:
        return "—"
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, second = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {second:02d}s"
    hours, minute = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}h {minute:02d}m"
    return f"{hours // 24}d {hours % 24}h"


def age(milliseconds: float) -> str:
    """Time since, in one unit: `now`, `12s`, `4m`, `3h`, `2d`, `5w`, `2y`."""
    seconds = max(milliseconds, 0) / 1000
    for limit, size, unit in (
        (60, 1, "s"),
        (3600, 60, "m"),
        (86400 * 2, 3600, "h"),
        (86400 * 21, 86400, "d"),
        (86400 * 730, 86400 * 7, "w"),
    ):
        if seconds < limit:
            return f"{int(seconds // size)}{unit}" if seconds >= 1 else "now"
    return f"{int(seconds // (86400 * 365))}y"


def bytes_(count: int | None) -> str:
    """`512 B`, `3.4 MB` (powers of 1000); unknown is `—`."""
    if count is None:
        return "—"
    size = float(count)
    for unit in _BYTES:
        if size < 999.5 or unit == _BYTES[-1]:
            return f"{count} B" if unit == "B" else f"{size:.3g} {unit}"
        size /= 1000
    return f"{count} B"


def plural(count: int, word: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _float(value: float, width: int) -> str:
    special = _special(value)
    if special:
        return special
    for digits in range(6, 0, -1):
        text = f"{value:.{digits}g}"
        if "e" in text:
            mantissa, exponent = text.split("e")
            text = f"{mantissa}e{int(exponent)}"
        if len(text) <= width:
            return text
    return "#" * width


def _special(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    return ""
