"""Every mark the app draws, with its ASCII twin, chosen once at start. Knows no widget and no colour."""

from __future__ import annotations

UNICODE: dict[str, str] = {
    "pointer": "▌",
    "mark": "◆",
    "running": "●",
    "finished": "✔",
    "failed": "✗",
    "killed": "†",
    "stalled": "◌",
    "unknown": "?",
    "waiting": "○",
    "up": "↑",
    "down": "↓",
    "left": "‹",
    "right": "›",
    "more": "…",
    "dot": "·",
    "times": "×",
    "at_most": "≤",
    "line": "━",
    "branch": "├─",
    "last_branch": "└─",
    "stem": "│ ",
    "lock": "🔒",
    "live": "●",
    "error": "✗",
    "warning": "!",
    "good": "✔",
    "above": "▲",
    "below": "▼",
    "nan": "×",
    "axis": "│",
    "tick": "┤",
    "corner": "└",
    "floor": "─",
    "floor_tick": "┬",
    "cursor": "│",
    "cursor_floor": "┼",
    "caret": "▾",
    "none": "—",
}

ASCII: dict[str, str] = {
    "pointer": ">",
    "mark": "*",
    "running": "o",
    "finished": "+",
    "failed": "x",
    "killed": "#",
    "stalled": "~",
    "unknown": "?",
    "waiting": ".",
    "up": "^",
    "down": "v",
    "left": "<",
    "right": ">",
    "more": "~",
    "dot": "-",
    "times": "x",
    "at_most": "<=",
    "line": "-",
    "branch": "|-",
    "last_branch": "`-",
    "stem": "| ",
    "lock": "=",
    "live": "o",
    "error": "x",
    "warning": "!",
    "good": "+",
    "above": "^",
    "below": "v",
    "nan": "x",
    "axis": "|",
    "tick": "+",
    "corner": "+",
    "floor": "-",
    "floor_tick": "+",
    "cursor": ":",
    "cursor_floor": "+",
    "caret": "v",
    "none": "-",
}


class Glyphs:
    """The chosen set. `GLYPHS["mark"]` is read at each drawing, so choosing works before or after widgets exist."""

    def __init__(self) -> None:
        self._chosen = UNICODE

    @property
    def ascii_only(self) -> bool:
        """True when every mark is ASCII."""
        return self._chosen is ASCII

    def choose(self, *, ascii_only: bool) -> None:
        """Take the Unicode or the ASCII twins for all widgets."""
        self._chosen = ASCII if ascii_only else UNICODE

    def __getitem__(self, name: str) -> str:
        return self._chosen[name]

    def plain(self, text: str) -> str:
        """`text` with the marks that other rooms write (`—`, `…`, `·`) in ASCII too, when ASCII was chosen."""
        return text.translate(_TWINS) if self.ascii_only else text


_TWINS = str.maketrans(
    {"—": "-", "…": "~", "·": "-", "×": "x", "↑": "^", "↓": "v", "●": "o", "○": ".", "←": "<", "→": ">"}
)
GLYPHS = Glyphs()
