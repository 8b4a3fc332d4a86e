"""Text cut and padded to an exact number of terminal cells. Wide letters count two; nothing here knows a widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rich.cells import cell_len, set_cell_size

from .glyphs import GLYPHS

Part = tuple[str, str]
"""A piece of a line: text and the name of its style."""


def fit(text: str, width: int, align: Literal["left", "right"] = "left") -> str:
    """`text` in exactly `width` cells; what does not fit ends in a visible mark."""
    if width <= 0:
        return ""
    text = GLYPHS.plain(text[: width * 4 + 16])  # a name of 5,000 letters is never measured whole
    length = cell_len(text)
    if length > width:
        return set_cell_size(set_cell_size(text, width - 1) + GLYPHS["more"], width)
    gap = " " * (width - length)
    return gap + text if align == "right" else text + gap


def length(text: str) -> int:
    """Cells that `text` takes."""
    return cell_len(text)


def clip(parts: list[Part], width: int) -> list[Part]:
    """`parts` cut or padded to exactly `width` cells."""
    kept: list[Part] = []
    room = width
    for text, style in parts:
        if room <= 0:
            break
        size = cell_len(text)
        kept.append((text if size <= room else fit(text, room), style))
        room -= min(size, room)
    if room > 0:
        kept.append((" " * room, ""))
    return kept


def merged(parts: Sequence[Part]) -> list[Part]:
    """The same text with neighbours of one style as one part."""
    joined: list[Part] = []
    for text, style in parts:
        if joined and joined[-1][1] == style:
            joined[-1] = (joined[-1][0] + text, style)
        elif text:
            joined.append((text, style))
    return joined


def wrap(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` cells, broken at spaces where there are some."""
    if cell_len(text) <= width:
        return [text]
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        candidate = f"{line} {word}" if line else word
        if cell_len(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        line = word
        while cell_len(line) > width > 1:
            head = _head(line, width)
            lines.append(head)
            line = line[len(head) :]
    return [*lines, line]


def _head(text: str, width: int) -> str:
    """The longest start of `text` that fits in `width` cells (one character at least)."""
    size = 0
    for index, character in enumerate(text):
        size += cell_len(character)
        if size > width:
            return text[: max(index, 1)]
    return text
