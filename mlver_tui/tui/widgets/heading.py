"""The widget of the one line above a screen's content; which parts it has is the screen's business."""

from __future__ import annotations

from collections.abc import Sequence

from .cells import Part
from .surface import Surface


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
