"""The app's colours: one accent, quiet greys, a light twin, and one that leaves all to the terminal."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

from .first_theme import ANSI, NAMES

DARK = Theme(
    name=NAMES[0],
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
    name=NAMES[1],
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


def next_theme(current: str) -> str:
    """The one after it, around the end."""
    return NAMES[(NAMES.index(current) + 1) % len(NAMES)] if current in NAMES else NAMES[0]
