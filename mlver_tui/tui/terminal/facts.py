"""What can be known about a terminal without asking it: its size, its letters, how it erases."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Mapping

SMALLEST = (80, 24)
"""What a terminal is taken for that does not say its size."""


def size() -> tuple[int, int]:
    """Columns and rows, found as Textual finds them: the environment first, then the terminal itself."""
    told = [_number(os.environ.get(name, "")) for name in ("COLUMNS", "LINES")]
    if not all(told):
        try:
            found = tuple(os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1))
        except (OSError, ValueError):
            found = SMALLEST
        told = [own or there or least for own, there, least in zip(told, found, SMALLEST, strict=True)]
    return told[0], told[1]


def _number(text: str) -> int:
    return max(int(text), 0) if text.isdecimal() else 0


def can_show() -> bool:
    """True if input and output are a terminal that can be drawn on."""
    return os.isatty(0) and os.isatty(1) and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def encoding() -> str:
    """In which letters are written."""
    return getattr(sys.__stdout__, "encoding", None) or "ascii"


def lacking() -> str | None:
    """The encoding, if there are letters that it cannot write."""
    return None if encoding().lower().replace("-", "") == "utf8" else encoding()


def has_colour() -> bool:
    """False where a person wants none (https://no-color.org)."""
    return not os.environ.get("NO_COLOR")


def fills_erased(environ: Mapping[str, str] = os.environ) -> bool:
    """False for GNU screen, where erased cells lose their ground."""
    return not environ.get("TERM", "").startswith("screen") or "TMUX" in environ
