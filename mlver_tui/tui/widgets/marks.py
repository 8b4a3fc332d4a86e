"""Which runs are marked, in which order, and in which colour each is drawn everywhere. Knows ids only."""

from __future__ import annotations

import string
from collections.abc import Iterable

from .palette_colours import COLOURS


class MarkSet:
    """Marked run ids in the order of marking; a mark keeps its colour until it is taken away."""

    def __init__(self) -> None:
        self._slots: dict[str, int] = {}

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._slots

    @property
    def ids(self) -> tuple[str, ...]:
        """Marked ids in the order of marking."""
        return tuple(self._slots)

    def add(self, run_id: str) -> None:
        """Mark a run with the lowest colour that is free; the ninth run shares one."""
        if run_id not in self._slots:
            taken = set(self._slots.values())
            self._slots[run_id] = next(n for n in range(len(taken) + 1) if n not in taken)

    def toggle(self, run_id: str) -> None:
        """Mark a run, or take its mark away."""
        if self._slots.pop(run_id, None) is None:
            self.add(run_id)

    def replace(self, run_ids: Iterable[str]) -> None:
        """Exactly these marks; those that stay keep their colours."""
        wanted = list(dict.fromkeys(run_ids))
        self._slots = {run_id: slot for run_id, slot in self._slots.items() if run_id in set(wanted)}
        for run_id in wanted:
            self.add(run_id)

    def clear(self) -> None:
        """Take all marks away."""
        self._slots.clear()

    def colour(self, run_id: str) -> int:
        """0 to 7; for an unmarked run the colour it would get."""
        taken = set(self._slots.values())
        slot = self._slots.get(run_id, next(n for n in range(len(taken) + 1) if n not in taken))
        return slot % COLOURS

    def letter(self, run_id: str) -> str:
        """The letter of a marked run, by its place in the order of marking; "" for others."""
        if run_id not in self._slots:
            return ""
        return string.ascii_lowercase[list(self._slots).index(run_id) % 26]
