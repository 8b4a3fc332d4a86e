"""Text cut and padded to an exact number of terminal cells. Wide letters count two; nothing here knows a widget.

The first rows are painted with it before anything heavy is loaded: Rich is asked only about letters that may be wide.
"""

from __future__ import annotations

from ..terminal.grid import SURE
from .glyphs import GLYPHS

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

Part = tuple[str, str]
"""A piece of a line: text and the name of its style."""


def length(text: str) -> int:
    """Cells that `text` takes."""
    if text.isascii() or SURE.issuperset(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _cut(text: str, width: int) -> str:
    """The start of `text` in exactly `width` cells; a wide letter that would be halved becomes a blank."""
    if text.isascii() or SURE.issuperset(text):
        return text[:width].ljust(width)
    from rich.cells import set_cell_size

    return set_cell_size(text, width)


def fit(text: str, width: int, align: Literal["left", "right"] = "left") -> str:
    """`text` in exactly `width` cells; what does not fit ends in a visible mark."""
    if width <= 0:
        return ""
    text = GLYPHS.plain(text[: width * 4 + 16])  # a name of 5,000 letters is never measured whole
    size = length(text)
    if size > width:
        return _cut(_cut(text, width - 1) + GLYPHS["more"], width)
    gap = " " * (width - size)
    return gap + text if align == "right" else text + gap


def clip(parts: list[Part], width: int) -> list[Part]:
    """`parts` cut or padded to exactly `width` cells."""
    kept: list[Part] = []
    room = width
    for text, style in parts:
        if room <= 0:
            break
        size = length(text)
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
    if length(text) <= width:
        return [text]
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        candidate = f"{line} {word}" if line else word
        if length(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        line = word
        while length(line) > width > 1:
            head = _head(line, width)
            lines.append(head)
            line = line[len(head) :]
    return [*lines, line]


def _head(text: str, width: int) -> str:
    """The longest start of `text` that fits in `width` cells (one character at least)."""
    size = 0
    for index, character in enumerate(text):
        size += length(character)
        if size > width:
            return text[: max(index, 1)]
    return text
