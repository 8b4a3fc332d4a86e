"""Mode 6: what was done with the runs: restores and their verdicts, newest first."""

from __future__ import annotations

import json

from textual.app import ComposeResult
from textual.containers import Container

from ...query.views import RestoreRow
from ...units import plural
from ..keys import bindings_for
from ..messages import Desk
from ..widgets.detail import Detail, DetailLine
from ..widgets.grid import Grid, GridCell
from ..widgets.heading import Heading
from .details import clock_text
from .run_verbs import RunVerbs
from .verdicts import verdict_style

EMPTY = [
    "Nothing has been restored yet.",
    "",
    "Put the cursor on a run in 1 Runs and press r,",
    "or:  mlver-tui restore RUN --to FOLDER",
]
HEADER = ["when", "run", "verdict", "folder"]


class ActivityScreen(RunVerbs, inherit_bindings=False):
    """Restores, and what each of them proved."""

    BINDINGS = bindings_for("activity")
    SCREEN = "activity"
    MODE = "activity"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.rows: list[RestoreRow] = []

    def compose_body(self) -> ComposeResult:
        yield Heading()
        with Container(id="split"):
            yield Grid()
            yield Detail()

    def on_mount(self) -> None:
        self.grid.set_empty(EMPTY)
        self.grid.focus()

    @property
    def grid(self) -> Grid:
        return self.query_one(Grid)

    @property
    def row(self) -> RestoreRow | None:
        cursor = self.grid.cursor
        return self.rows[cursor] if 0 <= cursor < len(self.rows) else None

    @property
    def pointed(self) -> str | None:
        return self.row.run_id if self.row else None

    async def reload(self) -> None:
        self.rows = sorted(await self.desk.backend.list_restores(), key=lambda row: -row.at_ms)
        self.grid.set_rows(HEADER if self.rows else [], [_cells(row) for row in self.rows], None, frozen=1)
        self.query_one(Heading).show([(plural(len(self.rows), "restore"), "bold")])
        self._show_detail()

    def _show_detail(self) -> None:
        self.query_one(Detail).set_lines(restore_lines(self.row) if self.row else [])

    def on_grid_moved(self, event: Grid.Moved) -> None:
        self._show_detail()

    def on_grid_opened(self, event: Grid.Opened) -> None:
        self.perform("open")

    def do_zoom(self) -> None:
        self.toggle_class("-zoom-detail" if isinstance(self.focused, Detail) else "-zoom-grid")


def _cells(row: RestoreRow) -> list[GridCell]:
    return [
        GridCell(clock_text(row.at_ms)[:16], "dim"),
        GridCell(row.run_name),
        GridCell(row.verdict, verdict_style(row.verdict)),
        GridCell(row.target),
    ]


def restore_lines(row: RestoreRow) -> list[DetailLine]:
    """One restore with everything that was kept of it."""
    lines = [
        DetailLine(row.run_name, "", "head"),
        DetailLine("verdict", row.verdict, verdict_style(row.verdict)),
        DetailLine("folder", row.target),
        DetailLine("when", clock_text(row.at_ms)),
    ]
    for key, value in row.detail.items():
        lines.append(DetailLine(key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))
    return lines
