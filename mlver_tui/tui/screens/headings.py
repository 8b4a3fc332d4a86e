"""The one line above a screen's content: what is shown, how much of it, in which order.

Pure parts, and the widget that draws them; reads nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...units import plural
from ..widgets.cells import Part
from ..widgets.surface import Surface

GAP = "   "


class Heading(Surface):
    """One line of parts."""

    DEFAULT_CSS = "Heading { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Part] = []

    def show(self, parts: Sequence[Part]) -> None:
        """Draw these; only what changed goes to the terminal."""
        self._parts = list(parts)
        self.repaint()

    def draw_line(self, y: int, width: int) -> list[Part]:
        return [(" ", ""), *self._parts] if y == 0 else []


def runs_heading(shown: int, total: int, filter_text: str, sort: str, marked: int, *, follow: bool) -> list[Part]:
    """`4 of 12 runs   filter lr < 0.1   sort newest first   2 marked`."""
    parts: list[Part] = [(f"{shown:,} of {plural(total, 'run')}" if filter_text else plural(total, "run"), "bold")]
    if filter_text:
        parts += [(f"{GAP}filter ", "dim"), (filter_text, "accent")]
    parts += [(f"{GAP}sort ", "dim"), (short_sort(sort), "")]
    if marked:
        parts.append((f"{GAP}{marked} marked", "accent"))
    if follow:
        parts.append((f"{GAP}following", "accent"))
    return parts


def short_sort(sort: str) -> str:
    """`-params.lr` as `lr, greatest first`."""
    key = sort.lstrip("-")
    if key == "started":
        return "newest first" if sort.startswith("-") else "oldest first"
    for prefix in ("params.", "metrics."):
        key = key.removeprefix(prefix)
    return f"{key}, greatest first" if sort.startswith("-") else f"{key}, least first"


def tabs(labels: Sequence[tuple[str, str]], current: int) -> list[Part]:
    """`[all 14]  params 3  metrics 6`, the current one in brackets and bold."""
    parts: list[Part] = []
    for place, (label, count) in enumerate(labels):
        chosen = place == current
        words = f"{label} {count}" if count else label
        parts.append((f"[{words}]" if chosen else f" {words} ", "head" if chosen else "dim"))
        parts.append((" ", ""))
    return parts
