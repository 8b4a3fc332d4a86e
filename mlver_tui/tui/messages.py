"""What the app tells its screens, and the one desk that all screens look at together.

Facts live in the store; the desk holds only what a person chose in this session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from textual.message import Message

from ..query.views import RunView
from .backend import Backend
from .widgets.braille import ChartOptions


class StoreChanged(Message):
    """Something new was folded or written; a newer one replaces an older one that still waits."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, StoreChanged)


class KeyAnswered(Message):
    """Follows a key through the widgets; when it has come to the app, the key has been dealt with."""

    def __init__(self, tell: Callable[[], None]) -> None:
        super().__init__()
        self.tell = tell


class ScreenRead(Message):
    """A screen shows what it has read for the first time."""


@dataclass(slots=True)
class Desk:
    """What a person has laid out: marked runs, the run under the cursor, the metric to look at."""

    backend: Backend
    marked: dict[str, int] = field(default_factory=dict)
    """Run id to curve colour, in the order of marking."""
    current: str | None = None
    """Id of the run under the cursor."""
    metric: str = ""
    options: ChartOptions = field(default_factory=ChartOptions)
    follow: bool = False
    live: bool = True
    """False once the store could not be read; the reason is on the key line."""

    def colour(self, run_id: str) -> int:
        """The run's curve colour; an unmarked run gets the one it would get if it were marked."""
        if run_id in self.marked:
            return self.marked[run_id]
        return next((n for n in range(8) if n not in self.marked.values()), len(self.marked) % 8)

    def chosen(self) -> list[str]:
        """Ids to look at: the marked runs, else the one under the cursor."""
        if self.marked:
            return list(self.marked)
        return [self.current] if self.current else []

    async def read_chosen(self) -> list[RunView]:
        """The chosen runs with everything but their points."""
        return [await self.backend.read_run(run_id) for run_id in self.chosen()]
