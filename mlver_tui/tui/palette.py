"""What help and palette offer, and how typed letters find it.

Pure: entries and letters go in, a ranked list comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .keys import Action, actions_for

NO_MATCH = -1
_OWN = frozenset(("help", "palette"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line that can be chosen."""

    title: str
    shown: str
    """Its keys; "" if it has none."""
    help: str
    group: str
    action: str
    """Id in the table of keys."""


def entries_for(screen: str) -> list[Entry]:
    """Everything that a screen can do, in table order."""
    return [_entry(action) for action in actions_for(screen) if action.id not in _OWN]


def _entry(action: Action) -> Entry:
    title = f"go to {action.label}" if action.id.startswith("mode_") else action.label
    return Entry(title, action.shown, action.help, action.group, action.id)


def find(text: str, entries: Sequence[Entry]) -> list[Entry]:
    """Entries that fit what was typed, best first; all of them, in their order, if nothing was."""
    words = text.lower().split()
    if not words:
        return list(entries)
    scored = [(score(words, entry), place, entry) for place, entry in enumerate(entries)]
    return [entry for points, _, entry in sorted(scored, key=lambda item: (-item[0], item[1])) if points != NO_MATCH]


def score(words: Iterable[str], entry: Entry) -> int:
    """How well all words fit: a key counts most, then the start of the title, its middle, then the help; else -1."""
    total = 0
    for word in words:
        points = _word_score(word, entry)
        if points == NO_MATCH:
            return NO_MATCH
        total += points
    return total


def _word_score(word: str, entry: Entry) -> int:
    title = entry.title.lower()
    if word in entry.shown.lower().split() and len(word) > 1:
        return 50
    if title.startswith(word):
        return 40
    if word in title:
        return 30
    if word in entry.help.lower() or word in entry.group.lower():
        return 10
    return 5 if _in_order(word, title) else NO_MATCH


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)
