"""The first and the last line of the app as parts. Pure, and painted before Textual is loaded."""

from __future__ import annotations

from .cells import fit, length

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .cells import Part

HELP = ("?", "help")


def top_line(modes: Sequence[tuple[str, str]], current: str, right: str, width: int) -> list[Part]:
    """(digit, title) of each mode, the digit of the current one, and what stands at the right."""
    left = _modes(modes, current, short=False)
    if _size(left) + length(right) + 2 > width:
        left = _modes(modes, current, short=True)
    room = width - _size(left) - 2
    right = fit(right, min(length(right), max(room, 0)))
    return [*left, (" " * (width - _size(left) - length(right) - 1), ""), (right, "dim")]


def _modes(modes: Sequence[tuple[str, str]], current: str, *, short: bool) -> list[Part]:
    """With little room only the current mode keeps its title."""
    parts: list[Part] = [(" mlver ", "head")]
    for digit, title in modes:
        if digit == current:
            parts.append((f"[{digit} {title}]", "bold"))
        else:
            parts += [(f" {digit}", "accent"), (" " if short else f" {title} ", "dim")]
    return parts


def key_line(keys: Sequence[tuple[str, str]], width: int) -> list[Part]:
    """Whole pairs of key and label as far as they fit; help at the end in any case."""
    last = _pair(*HELP)
    room = width - _size(last)
    parts: list[Part] = []
    for key, label in keys:
        if key == HELP[0]:
            continue
        pair = _pair(key, label)
        if _size(pair) > room:
            break
        parts += pair
        room -= _size(pair)
    return [*parts, *last]


def _pair(key: str, label: str) -> list[Part]:
    return [(f" {key}", "accent"), (f" {label} ", "dim")]


def _size(parts: Sequence[Part]) -> int:
    return sum(length(text) for text, _ in parts)
