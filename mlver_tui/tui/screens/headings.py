"""The one line above a screen's content: what is shown, how much of it, in which order.

Pure: words go in, parts of a line come out; the first of them are painted before Textual is loaded.
"""

from __future__ import annotations

from ...units import plural

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..widgets.cells import Part

GAP = "   "


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
