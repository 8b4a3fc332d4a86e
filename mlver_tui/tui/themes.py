"""The app's colours: one accent, quiet greys, a light twin, and one that leaves all to the terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.theme import BUILTIN_THEMES, Theme

ANSI = "ansi-dark"
DARK = Theme(
    name="mlver-dark",
    primary="#7aa2c8",
    accent="#7fb4e0",
    foreground="#d4d7dc",
    background="#12151a",
    surface="#12151a",
    panel="#1a1f27",
    success="#5fb88a",
    warning="#e0a84e",
    error="#e5726b",
    dark=True,
    luminosity_spread=0.1,
)
LIGHT = Theme(
    name="mlver-light",
    primary="#2c6291",
    accent="#1f5f99",
    foreground="#22262c",
    background="#fbfbf9",
    surface="#fbfbf9",
    panel="#efeeea",
    success="#1f7a4d",
    warning="#93600a",
    error="#b3362e",
    dark=False,
    luminosity_spread=0.1,
)
THEMES = (DARK, LIGHT, BUILTIN_THEMES[ANSI])
NAMES = tuple(theme.name for theme in THEMES)
THEME_VARIABLE = "MLVER_THEME"


def first_theme(environ: Mapping[str, str] = os.environ) -> str:
    """`$MLVER_THEME` (dark, light or ansi); else what the terminal says of itself; else dark."""
    wanted = environ.get(THEME_VARIABLE, "")
    for word, name in zip(("dark", "light", "ansi"), NAMES, strict=True):
        if wanted in (word, name):
            return name
    if environ.get("TERM", "") in ("linux", "vt100", "vt220", "screen", "xterm"):
        return ANSI
    ground = environ.get("COLORFGBG", "").rpartition(";")[2]  # 7 and 15 are light grounds
    return LIGHT.name if ground in ("7", "15") else DARK.name


def next_theme(current: str) -> str:
    """The one after it, around the end."""
    return NAMES[(NAMES.index(current) + 1) % len(NAMES)] if current in NAMES else NAMES[0]
