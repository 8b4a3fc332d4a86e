"""One line of the runs table as parts: pointer, mark, cells. Pure, and painted before Textual is loaded."""

from __future__ import annotations

from .cells import length
from .glyphs import GLYPHS
from .run_cells import cell

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from .cells import Part
    from .run_cells import Listed
    from .table_layout import Placed, TableLayout


def pointer(here: bool, focused: bool) -> Part:
    """The mark of the row under the cursor."""
    if not here:
        return (" ", "")
    return (GLYPHS["pointer"], "head" if focused else "dim")


def run_line(
    layout: TableLayout, row: Listed, width: int, now_ms: int, *, here: bool, focused: bool, mark: Part | None = None
) -> list[Part]:
    """A run over `width` cells; `mark` is what stands beside a marked one."""
    # one style from pointer to name, and over the blanks between them, is few bytes
    ink = "" if not here else "head" if focused else "bold"
    parts = [pointer(here, focused), mark or ("  ", ink)]
    for placed in layout.placed(width):
        gap = ink if placed.column.kind == "name" else ""
        parts += [(placed.gap, gap), *_cell(placed, row, now_ms, ink)]
    return parts


def _cell(placed: Placed, row: Listed, now_ms: int, ink: str) -> list[Part]:
    value = row.values[placed.value] if placed.value is not None and placed.value < len(row.values) else None
    text, style = cell(placed.column, row, value, now_ms, placed.width)
    if placed.column.kind == "name":
        name = text.rstrip()
        return [(name, ink), (" " * (placed.width - length(name)), "")]
    if placed.column.align == "right":
        told = text.lstrip()
        return [(" " * (placed.width - length(told)), ""), (told, style)]
    return [(text, style)]
