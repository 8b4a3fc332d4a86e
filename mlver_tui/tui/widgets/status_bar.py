"""The first and the last line of the app: modes and home above; keys, or one message, below. They decide nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from textual.timer import Timer

from .bars import key_line, top_line
from .cells import Part, fit, length
from .glyphs import GLYPHS
from .surface import Surface

Severity = Literal["information", "warning", "error", "good"]
MESSAGE_S = 6.0
_SIGNS: dict[str, Part] = {
    "information": ("dot", "accent"),
    "good": ("good", "good"),
    "warning": ("warning", "warn"),
    "error": ("error", "bad"),
}


class TopBar(Surface):
    """`mlver  [1 Runs] 2 Charts …` at the left, the home and its state at the right."""

    DEFAULT_CSS = "TopBar { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._modes: tuple[tuple[str, str], ...] = ()
        self._current = ""
        self._right = ""

    def set(self, modes: Sequence[tuple[str, str]], current: str, right: str) -> None:
        """(digit, title) of each mode, the digit of the current one, and what stands at the right."""
        self._modes, self._current, self._right = tuple(modes), current, right
        self.repaint()

    def draw_line(self, y: int, width: int) -> list[Part]:
        return top_line(self._modes, self._current, self._right, width)


class KeyBar(Surface):
    """Keys and what they do; a message takes their place for 6 seconds or until `hush` (call it on each key)."""

    DEFAULT_CSS = "KeyBar { height: 1; width: 1fr; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._keys: tuple[tuple[str, str], ...] = ()
        self._message: tuple[str, Severity] | None = None
        self._timer: Timer | None = None

    def set_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """(key, label) pairs, the most wanted first; help is always there."""
        self._keys = tuple(keys)
        self.repaint()

    @property
    def message(self) -> str:
        """What is being said; "" while keys are shown."""
        return self._message[0] if self._message else ""

    def say(self, text: str, severity: Severity = "information") -> None:
        """Show one line instead of the keys."""
        self._message = (text, severity)
        self._stop_timer()
        self._timer = self.set_timer(MESSAGE_S, self.hush)
        self.repaint()

    def hush(self) -> None:
        """Show the keys again."""
        if self._message is not None:
            self._message = None
            self._stop_timer()
            self.repaint()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def draw_line(self, y: int, width: int) -> list[Part]:
        return self._message_parts(width) if self._message else key_line(self._keys, width)

    def _message_parts(self, width: int) -> list[Part]:
        assert self._message is not None
        text, severity = self._message
        glyph, style = _SIGNS[severity]
        room = max(width - 4, 0)
        words = fit(text, min(length(text), room))
        return [(f" {GLYPHS[glyph]} ", style), (words, style if severity in ("error", "warning") else "")]
