"""Help and palette: the same list of what a screen can do, searched by typing; enter does the chosen one.

Help begins with all keys under their headings; the palette begins where a person already knows the word.
"""

from __future__ import annotations

from itertools import groupby

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from ..messages import Desk
from ..palette import Entry, entries_for, find
from ..widgets.grid import Grid, GridCell
from ..widgets.heading import Heading
from .base import FrameScreen

MOTIONS: list[BindingType] = [
    Binding("down,ctrl+n", "do('down')", show=False),
    Binding("up,ctrl+p", "do('up')", show=False),
    Binding("pagedown", "do('page_down')", show=False),
    Binding("pageup", "do('page_up')", show=False),
    Binding("escape", "do('back')", show=False),
]
WIDTHS = [14, 9, 200]
KEYS = [("↑ ↓", "choose"), ("enter", "do it"), ("esc", "back")]


class FinderScreen(FrameScreen, inherit_bindings=False):
    """A list, and a line to type into."""

    BINDINGS = MOTIONS
    LABEL = "find"

    def __init__(self, desk: Desk, origin: FrameScreen) -> None:
        super().__init__(desk)
        self.origin = origin
        self.entries = entries_for(origin.SCREEN)
        self.lines: list[Entry | None] = []
        """The entry on each line; None for headings."""

    def compose_body(self) -> ComposeResult:
        yield Heading()
        yield Grid()

    def on_mount(self) -> None:
        self.query_one(Heading).show([(self.headline, "bold"), ("   type to search", "dim")])
        self.grid.set_empty(["Nothing is called so."])
        self.show_found("")
        self.start(self._choose)

    def key_line(self) -> list[tuple[str, str]]:
        return KEYS

    def prompt_keys(self, completes: bool) -> list[tuple[str, str]]:
        return KEYS

    @property
    def headline(self) -> str:
        return "everything this screen can do"

    @property
    def grid(self) -> Grid:
        return self.query_one(Grid)

    @property
    def moving(self) -> Grid:
        return self.grid

    def show_found(self, text: str) -> None:
        """List what fits the typed text."""
        found = find(text, self.entries)
        self.lines = list(found)
        self._fill()

    def _fill(self) -> None:
        self.grid.set_rows([], [_cells(entry) for entry in self.lines], WIDTHS, frozen=0)
        self.grid.goto(next((place for place, entry in enumerate(self.lines) if entry), 0))

    async def _choose(self) -> None:
        text = await self.ask(self.LABEL, live=self.show_found)
        cursor = self.grid.cursor
        entry = self.lines[cursor] if text is not None and 0 <= cursor < len(self.lines) else None
        self.app.pop_screen()
        if entry is not None:
            self.origin.call_after_refresh(self.origin.perform, entry.action)

    def do_back(self) -> None:
        self.app.pop_screen()


class PaletteScreen(FinderScreen, inherit_bindings=False):
    """`:` and ctrl+p."""

    BINDINGS = MOTIONS
    LABEL = ":"


class HelpScreen(FinderScreen, inherit_bindings=False):
    """`?`: all keys of the screen it was asked from, under headings until something is typed."""

    BINDINGS = MOTIONS
    LABEL = "find a key"

    @property
    def headline(self) -> str:
        return f"keys in {self.origin.SCREEN}"

    def show_found(self, text: str) -> None:
        if text.strip():
            super().show_found(text)
            return
        self.lines = []
        rows = []
        for group, entries in groupby(sorted(self.entries, key=self._place), key=lambda entry: entry.group):
            self.lines.append(None)
            rows.append([GridCell(group, "head")])
            for entry in entries:
                self.lines.append(entry)
                rows.append(_cells(entry))
        self.grid.set_rows([], rows, WIDTHS, frozen=0)
        self.grid.goto(1)

    def _place(self, entry: Entry) -> int:
        groups = list(dict.fromkeys(each.group for each in self.entries))
        return groups.index(entry.group)


def _cells(entry: Entry | None) -> list[GridCell]:
    if entry is None:
        return []
    return [GridCell(entry.title), GridCell(entry.shown, "good"), GridCell(entry.help, "dim")]
