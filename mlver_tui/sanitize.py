"""Hostile text made harmless, once, at the border where recorded text meets a terminal.

Everything that could move a cursor, recolour, reorder or hide text becomes a visible mark.
"""

from __future__ import annotations

import re

_LINE_ENDS = {"\n": "⏎", "\r": "␍", "\t": "→"}
# C0, DEL, C1; soft hyphen; zero-width and bidi controls; line separators; variation selectors; tags; surrogates
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]"
)


def clean(text: str, limit: int | None = None) -> str:
    """`text` with every control, bidi, zero-width and broken character replaced by one visible mark.

    With `limit`, at most that many characters come back, the last one `…` if something was cut.
    """
    if limit is not None and len(text) > limit:
        text = text[: max(limit - 1, 0)] + "…"
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_mark, text)


def _mark(match: re.Match[str]) -> str:
    character = match.group()
    if character in _LINE_ENDS:
        return _LINE_ENDS[character]
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)  # the control pictures block: ␛ for escape
    return "␡" if code == 0x7F else "�"
