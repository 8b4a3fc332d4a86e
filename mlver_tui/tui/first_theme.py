"""Which colours to begin with, from what the terminal and its person say. Needed before Textual is loaded."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Mapping

ANSI = "ansi-dark"
NAMES = ("mlver-dark", "mlver-light", ANSI)
THEME_VARIABLE = "MLVER_THEME"
ASCII_VARIABLE = "MLVER_ASCII"


def first_theme(environ: Mapping[str, str] = os.environ) -> str:
    """The terminal's own where colour is not wanted, `$MLVER_THEME` (dark, light or ansi), what the terminal says of
    itself; else dark."""
    if environ.get("NO_COLOR"):
        return ANSI
    wanted = environ.get(THEME_VARIABLE, "")
    for word, name in zip(("dark", "light", "ansi"), NAMES, strict=True):
        if wanted in (word, name):
            return name
    if environ.get("TERM", "") in ("linux", "vt100", "vt220", "screen", "xterm"):
        return ANSI
    ground = environ.get("COLORFGBG", "").rpartition(";")[2]  # 7 and 15 are light grounds
    return NAMES[1] if ground in ("7", "15") else NAMES[0]


def ascii_wanted(encoding: str | None, environ: Mapping[str, str] = os.environ) -> bool:
    """True where marks outside ASCII cannot be written, or `$MLVER_ASCII` asks for none."""
    return environ.get(ASCII_VARIABLE, "") not in ("", "0") or (encoding or "").lower().replace("-", "") != "utf8"
