"""Widths and places of a small table's columns: fitted to what they hold, then to the screen. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .cells import length

GAP = "  "
LEAST = 8
"""A column of words is not made narrower than this while others can give."""
_NUMBER = re.compile(r"[-+]?(\d[\d,]*)?\.?\d+([eE][-+]?\d+)?( ?[%a-zA-Z]{1,2})?\Z|[-+]?(NaN|Inf)\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """A visible column: its number, the blank before it, its width and side."""

    column: int
    gap: str
    width: int
    align: Literal["left", "right"]


class GridLayout:
    """Columns of a table; `widths` None measures them."""

    def __init__(
        self, header: Sequence[str], body: Sequence[Sequence[str]], widths: Sequence[int] | None, frozen: int
    ) -> None:
        count = max([len(header), *(len(row) for row in body)], default=0)
        columns = [[row[n] for row in body if n < len(row)] for n in range(count)]
        self._aligns: list[Literal["left", "right"]] = [_side(texts) for texts in columns]
        self._natural = [
            max([length(text[:200]) for text in texts] + [length(header[n]) if n < len(header) else 0])
            for n, texts in enumerate(columns)
        ]
        self._given = list(widths) if widths is not None else None
        self._frozen = min(frozen, count)
        self._first = 0

    def scroll(self, columns: int, width: int) -> None:
        """Move the columns that are not frozen; not past the last that is hidden."""
        scrolling = len(self._natural) - self._frozen
        wanted = min(max(self._first + columns, 0), max(scrolling - 1, 0))
        while wanted > 0 and self._visible(wanted - 1, width) == scrolling - (wanted - 1):
            wanted -= 1
        self._first = wanted

    def hidden_right(self, width: int) -> bool:
        """True when columns are hidden at the right."""
        return self._first + self._visible(self._first, width) < len(self._natural) - self._frozen

    def placed(self, width: int) -> list[Place]:
        """Visible columns from left to right."""
        widths = self._widths(width)
        shown = [*range(self._frozen), *range(self._frozen + self._first, len(widths))]
        places: list[Place] = []
        room = width
        for n in shown:
            gap = GAP if places else ""
            take = min(widths[n], room - len(gap))
            if take < widths[n] and (take < LEAST or self._aligns[n] == "right") and places:
                break
            places.append(Place(n, gap, max(take, 0), self._aligns[n]))
            room -= len(gap) + take
        return places

    def _visible(self, first: int, width: int) -> int:
        before, self._first = self._first, first
        shown = len(self.placed(width)) - self._frozen
        self._first = before
        return shown

    def _widths(self, width: int) -> list[int]:
        """Natural widths; where they are too wide the widest words give first, down to LEAST."""
        if self._given is not None:
            return self._given
        widths = list(self._natural)
        spare = width - len(GAP) * max(len(widths) - 1, 0)
        while sum(widths) > spare:
            soft = [n for n, w in enumerate(widths) if w > LEAST and self._aligns[n] == "left"]
            if not soft:
                break
            widest = max(widths[n] for n in soft)
            for n in soft:
                if widths[n] == widest and sum(widths) > spare:
                    widths[n] -= 1
        return widths


def _side(texts: Sequence[str]) -> Literal["left", "right"]:
    """Right for a column of numbers, left for words."""
    told = [text for text in texts if text and text != "—"]
    return "right" if told and all(_NUMBER.match(text) for text in told) else "left"
