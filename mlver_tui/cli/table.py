"""Text in columns: how wide a text is on a terminal, how it is cut, how columns line up. Pure; knows no stream."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..sanitize import clean

Style = Literal["", "dim", "bold", "good", "warn", "bad", "accent"]
GAP = 2


@dataclass(frozen=True, slots=True)
class Cell:
    """A text and how it looks."""

    text: str
    style: Style = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. When the terminal is narrow, those with the highest `gives_way` shrink first, the widest of them
    before the others, none under `least`; 0 never shrinks."""

    title: str
    right: bool = False
    gives_way: int = 0
    least: int = 8


def cells_wide(text: str) -> int:
    """Terminal columns that a cleaned text takes: wide characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_wide(character) for character in text)


def cut(text: str, width: int) -> str:
    """At most `width` columns of a cleaned text, ending in `…` if something was cut."""
    if cells_wide(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        used += _wide(character)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept) + "…" if width > 0 else ""


def lay_out(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int | None) -> list[list[Cell]]:
    """Header and rows as padded cells, one list per line; nothing is cut when `width` is None."""
    cleaned = _cleaned(columns, rows)
    widths = _widths(cleaned)
    if width is not None:
        _squeeze(columns, widths, width)
    return [_line(columns, widths, row) for row in cleaned]


def natural_width(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> int:
    """Columns of the terminal that the whole table takes when nothing is cut."""
    return sum(_widths(_cleaned(columns, rows))) + GAP * (len(columns) - 1)


def _cleaned(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    head = [Cell(column.title, "dim") for column in columns]
    return [[replace(cell, text=clean(cell.text)) for cell in row] for row in (head, *rows)]


def _widths(lines: Sequence[Sequence[Cell]]) -> list[int]:
    return [max(cells_wide(cell.text) for cell in column) for column in zip(*lines, strict=True)]


def _squeeze(columns: Sequence[Column], widths: list[int], width: int) -> None:
    excess = sum(widths) + GAP * (len(widths) - 1) - width
    for rank in sorted({column.gives_way for column in columns} - {0}, reverse=True):
        group = [place for place, column in enumerate(columns) if column.gives_way == rank]
        while excess > 0:
            widest = max(group, key=lambda place: widths[place] - columns[place].least)
            if widths[widest] <= columns[widest].least:
                break
            widths[widest] -= 1
            excess -= 1


def _line(columns: Sequence[Column], widths: Sequence[int], row: Sequence[Cell]) -> list[Cell]:
    line: list[Cell] = []
    for index, (column, room, cell) in enumerate(zip(columns, widths, row, strict=True)):
        text = cut(cell.text, room)
        padding = " " * (room - cells_wide(text))
        last = index == len(columns) - 1
        line.append(Cell(padding + text if column.right else text + ("" if last else padding), cell.style))
        if not last:
            line.append(Cell(" " * GAP))
    return line


def _wide(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
