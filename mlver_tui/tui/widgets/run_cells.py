"""What a run says in one cell of the runs table: text and style for each kind of column. Pure."""

from __future__ import annotations

import math

from ...units import age, number
from .cells import fit
from .glyphs import GLYPHS

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from typing import Literal, Protocol

    from ...query.views import Scalar
    from .cells import Part

    Kind = Literal["mark", "name", "status", "id", "tags", "age", "value"]

    class Listed(Protocol):
        """What a cell shows of a run; `query.views.RunRow` is one."""

        @property
        def id(self) -> str: ...
        @property
        def name(self) -> str: ...
        @property
        def status(self) -> str: ...
        @property
        def stalled(self) -> bool: ...
        @property
        def start_ms(self) -> int: ...
        @property
        def tags(self) -> tuple[str, ...]: ...
        @property
        def values(self) -> tuple[Scalar, ...]: ...


_STATUS_INK = {"running": "accent", "finished": "dim", "failed": "bad", "killed": "warn", "stalled": "warn"}
SHORT_ID = 6


class Column:
    """One column of the runs table; `key` is what sorting by it is called."""

    __slots__ = ("align", "key", "kind", "title", "width")

    def __init__(
        self, key: str, title: str, width: int, align: Literal["left", "right"] = "left", kind: Kind = "value"
    ) -> None:
        self.key = key
        self.title = title
        self.width = width
        self.align: Literal["left", "right"] = align
        self.kind: Kind = kind

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Column) and all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __hash__(self) -> int:
        return hash((self.key, self.title, self.width, self.kind))


def cell(column: Column, row: Listed, value: Scalar, now_ms: int, width: int) -> Part:
    """One cell in exactly `width` cells."""
    if column.kind == "status":
        return status_cell(row, width)
    if column.kind == "value":
        return value_cell(value, column, width)
    text, style = _plain(column.kind, row, now_ms)
    return fit(text, width, column.align), style


def _plain(kind: Kind, row: Listed, now_ms: int) -> Part:
    if kind == "name":
        return row.name, ""
    if kind == "id":
        return row.id[-SHORT_ID:], "dim"
    if kind == "tags":
        return " ".join(row.tags), "dim"
    return (age(now_ms - row.start_ms), "dim") if kind == "age" else ("", "")


def status_cell(row: Listed, width: int) -> Part:
    """A mark and a word: `● running`."""
    word = "stalled" if row.stalled and row.status == "running" else row.status
    if word in ("scheduled", "queued"):
        return fit(f"{GLYPHS['waiting']} {word}", width), "dim"
    known = word if word in _STATUS_INK else "unknown"
    return fit(f"{GLYPHS[known]} {word}", width), _STATUS_INK.get(word, "dim")


def value_cell(value: Scalar, column: Column, width: int) -> Part:
    """A number in the room there is, digits dropped and never the exponent; unknown and NaN are words of their own."""
    if value is None:
        return fit(GLYPHS["none"], width, column.align), "faint"
    style = "bad" if isinstance(value, float) and not math.isfinite(value) else ""
    return fit(number(value, width), width, column.align), style
