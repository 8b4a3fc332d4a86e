"""Rows of a comparison as cells: order, short but distinct numbers, and how a difference looks. Pure."""

from __future__ import annotations

import re

from ...query.views import DiffRow
from ..widgets.grid import GridCell
from .interest import interest

LEAST_DIGITS = 5
_ASPECT = re.compile(r"(?:first|last|min|max|mean|count)\((.+)\)\Z")


def diff_cells(row: DiffRow) -> list[GridCell]:
    """Key, one cell for each run (what differs from the base stands out), and the note."""
    base = row.cells[0]
    texts = short_cells(row)
    cells = [GridCell(row.key, "dim" if row.state == "same" else "")]
    for place, text in enumerate(row.cells):
        if row.state == "unknown":
            cells.append(GridCell("? unknown" if text is None else f"? {text}", "warn"))
        else:
            changed = place > 0 and text != base
            cells.append(GridCell(texts[place], "changed" if changed else "dim" if place else ""))
    return [*cells, GridCell(row.note, "dim")]


def ordered(section: str, rows: list[DiffRow]) -> list[DiffRow]:
    """Metrics with the likeliest to be looked at first; other sections as they are."""
    if section != "metrics":
        return rows
    return sorted(rows, key=lambda row: (interest(metric_of(row.key)), metric_of(row.key)))


def short_cells(row: DiffRow) -> list[str]:
    """Numbers of a metric with as few digits as still tell different ones apart; other cells as they are."""
    texts = ["—" if text is None else text for text in row.cells]
    if row.section != "metrics":
        return texts
    for digits in range(LEAST_DIGITS, 17):
        short = [_rounded(text, digits) for text in texts]
        if len(set(short)) == len(set(texts)):
            return short
    return texts


def _rounded(text: str, digits: int) -> str:
    try:
        return (
            text if text.lstrip("-").isdigit() else f"{float(text):.{digits}g}".replace("e-0", "e-").replace("e+", "e")
        )
    except ValueError:
        return text


def metric_of(key: str) -> str:
    """`min(val/loss)` and `val/loss` are both about `val/loss`."""
    match = _ASPECT.match(key)
    return match[1] if match else key
