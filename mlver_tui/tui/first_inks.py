"""The colours of the first rows, as SGR parameters: what the themes come to, written down so that nothing is loaded.

A test holds them against the themes. Whoever changes a theme gets the new table from its failure.
"""

from __future__ import annotations

import os

from .first_theme import NAMES

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Mapping

_DARK, _LIGHT, _ANSI = NAMES
Inks = dict[str, str]


def _inks(ground: str, text: str, **own: str) -> Inks:
    inks = {name: f"{told};{ground}" for name, told in own.items()}
    return {"": f"{text};{ground}", "bold": f"1;{text};{ground}", "head": f"1;{own['accent']};{ground}", **inks}


def _true(ground: str, text: str, **own: str) -> Inks:
    return _inks(f"48;2;{ground}", f"38;2;{text}", **{name: f"38;2;{told}" for name, told in own.items()})


def _few(ground: int, text: int, **own: int) -> Inks:
    return _inks(f"48;5;{ground}", f"38;5;{text}", **{name: f"38;5;{told}" for name, told in own.items()})


INKS: dict[tuple[str, int], Inks] = {
    (_DARK, 24): _true(
        "18;21;26",
        "212;215;220",
        dim="138;141;146",
        faint="80;83;88",
        accent="127;180;224",
        good="95;184;138",
        bad="228;114;107",
        warn="223;168;78",
    ),
    (_DARK, 8): _few(16, 252, dim=245, faint=239, accent=110, good=72, bad=167, warn=179),
    (_LIGHT, 24): _true(
        "251;251;249",
        "34;38;44",
        dim="116;118;121",
        faint="181;182;183",
        accent="31;95;153",
        good="31;122;77",
        bad="178;54;46",
        warn="146;96;10",
    ),
    (_LIGHT, 8): _few(231, 235, dim=243, faint=249, accent=24, good=29, bad=130, warn=94),
    (_ANSI, 0): _inks("49", "39", dim="2;39", faint="2;39", accent="36", good="32", bad="31", warn="33"),
}
"""By theme and bits of colour."""


def first_inks(theme: str, environ: Mapping[str, str] = os.environ) -> Inks | None:
    """SGR parameters by name of style; None where they are not written down."""
    if theme == _ANSI:
        return INKS[_ANSI, 0]
    return INKS.get((theme, bits_of_colour(environ)))


def bits_of_colour(environ: Mapping[str, str] = os.environ) -> int:
    """24, 8 or 4, as Rich reads them from the environment."""
    asked = {"truecolor": 24, "256": 8, "standard": 4}.get(environ.get("TEXTUAL_COLOR_SYSTEM", ""))
    if asked is not None:
        return asked
    if environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return 24
    return 8 if environ.get("TERM", "").strip().lower().endswith(("-256color", "-kitty")) else 4
