"""Reads what Textual would send to a terminal, and paints it into cells: the second wall against text that acts.

A frame holds letters, line ends, SGR and cursor places. Of everything else nothing reaches the terminal: links and
other operating system commands are left out whole, of other escapes only the letters stay.
"""

from __future__ import annotations

import re

from .grid import CellGrid
from .letters import put_text
from .pens import PLAIN

_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|\x1b\[(?P<sgr>[0-9;]*)m"
    r"|\x1b\[(?P<y>[0-9]{1,4});(?P<x>[0-9]{1,4})H"
    r"|(?P<line>\n)"
    r"|\x1b\][^\x00-\x1f\x7f-\x9f]*(?:\x1b\\|\x07)"
    r"|[\x00-\x1f\x7f-\x9f]"
)


def paint(grid: CellGrid, frame: str) -> tuple[int, int]:
    """Paint a frame; gives the row and column where it leaves the cursor."""
    y = x = 0
    pen = PLAIN
    for token in _TOKEN.finditer(frame):
        kind = token.lastgroup
        if kind == "text":
            x = put_text(grid, y, x, token[0], pen)
        elif kind == "sgr":
            pen = grid.pens.applied(pen, token["sgr"])
        elif kind == "x":
            y, x = max(int(token["y"]) - 1, 0), max(int(token["x"]) - 1, 0)
        elif kind == "line":
            y, x = y + 1, 0
    return y, x
