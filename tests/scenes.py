"""The pictures of the README: which keys lead to each, and the words that show that it has arrived."""

from __future__ import annotations

from dataclasses import dataclass

SIZES = ((80, 24), (140, 40))
BEST_FIRST = ("s", "ctrl+u", *"val/loss", "enter", "g")
TWO_MARKED = (*BEST_FIRST, "space", "j", "j", "space")


@dataclass(frozen=True)
class Scene:
    """One picture. A key such as `=some words` types them; `~some words` waits for them."""

    name: str
    keys: tuple[str, ...]
    arrives: str
    """Text that is on the screen when the scene is complete."""


SCENES = (
    Scene("runs", TWO_MARKED, "2 marked"),
    Scene("charts", (*TWO_MARKED, "2"), "of 4 metrics"),
    Scene("compare", (*TWO_MARKED, "c"), "[all "),
    Scene(
        "release",
        (*BEST_FIRST, "t", "ctrl+u", "=penguins", "enter", "=widest net that still generalises", "enter"),
        "type y and enter",
    ),
    Scene("restore", (*BEST_FIRST, "r", "enter", "~enter starts it", "enter"), "verdict"),
    Scene("help", ("question_mark",), "find a key"),
)
