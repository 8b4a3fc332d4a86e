"""Colours by name for all widgets: curves that colour-blind readers tell apart, and a few quiet inks from the theme.

A style never carries meaning alone: each has a glyph, a letter or a word beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from rich.color import Color as RichColor
from rich.style import Style
from textual.app import App
from textual.color import Color

CURVES_ON_DARK = ("#56b4e9", "#e69f00", "#19b38a", "#cc79a7", "#f0e442", "#e0682a", "#5b8fd9", "#bbbbbb")
CURVES_ON_LIGHT = ("#0072b2", "#c75300", "#00785a", "#a0457f", "#857200", "#a56a00", "#2787c4", "#333333")
CURVES_ANSI = ("cyan", "yellow", "green", "magenta", "bright_yellow", "red", "blue", "white")
"""Okabe and Ito's set; black becomes grey on a dark ground, and light colours are darkened on a light one."""

COLOURS = len(CURVES_ON_DARK)
Inks = dict[str, Style]


def inks(app: App[object], ground: Style) -> Inks:
    """Style by name, on the ground of a widget (its own colour and background).

    `""` text, `dim`, `faint`, `head`, `accent`, `good`, `bad`, `warn`, `changed`, `title`, `bold`, `axis`,
    `note`, `nan`, `cursor`; for curve n: `cN` line, `fN` line in focus, `dN` band.
    """
    theme = app.current_theme
    if app.native_ansi_color:
        return _grounded(ground, _ansi)
    colours = app.theme_variables
    names = ("background", "foreground", "accent", "success", "warning", "error")
    return _grounded(ground, _true_colour, tuple(colours[name] for name in names), theme.dark)


@lru_cache(maxsize=32)
def _grounded(ground: Style, make: Callable[..., Inks], *theme: object) -> Inks:
    return {name: ground + style for name, style in make(*theme).items()}


def _true_colour(names: tuple[str, ...], dark: bool) -> Inks:
    ground, text, accent, good, warn, bad = (Color.parse(name) for name in names)
    styles = _words(ground.blend(text, 0.62), ground.blend(text, 0.32), accent, good, warn, bad)
    for n, name in enumerate(CURVES_ON_DARK if dark else CURVES_ON_LIGHT):
        colour = Color.parse(name)
        styles[f"c{n}"] = Style(color=colour.rich_color)
        styles[f"f{n}"] = Style(color=colour.rich_color, bold=True)
        styles[f"d{n}"] = Style(color=ground.blend(colour, 0.45).rich_color)
    return styles


def _words(dim: Color, faint: Color, accent: Color, good: Color, warn: Color, bad: Color) -> Inks:
    def ink(colour: Color, bold: bool | None = None) -> Style:
        return Style(color=colour.rich_color, bold=bold)

    return {
        "": Style(),
        "bold": Style(bold=True),
        "title": Style(bold=True),
        "dim": ink(dim),
        "faint": ink(faint),
        "head": ink(accent, bold=True),
        "accent": ink(accent),
        "good": ink(good),
        "bad": ink(bad),
        "warn": ink(warn),
        "changed": ink(warn, bold=True),
        "axis": ink(dim),
        "note": ink(warn),
        "nan": ink(bad, bold=True),
        "cursor": ink(accent),
    }


def _ansi() -> Inks:
    """The user's own 16 colours; quiet is the terminal's own dim."""
    styles = {
        "": Style(),
        "bold": Style(bold=True),
        "title": Style(bold=True),
        "dim": Style(dim=True),
        "faint": Style(dim=True),
        "head": _named("cyan", bold=True),
        "accent": _named("cyan"),
        "good": _named("green"),
        "bad": _named("red"),
        "warn": _named("yellow"),
        "changed": _named("yellow", bold=True),
        "axis": Style(dim=True),
        "note": _named("yellow"),
        "nan": _named("red", bold=True),
        "cursor": _named("cyan"),
    }
    for n, name in enumerate(CURVES_ANSI):
        styles[f"c{n}"] = _named(name)
        styles[f"f{n}"] = _named(name, bold=True)
        styles[f"d{n}"] = _named(name, dim=True)
    return styles


def _named(name: str, bold: bool | None = None, dim: bool | None = None) -> Style:
    return Style(color=RichColor.parse(name), bold=bold, dim=dim)
