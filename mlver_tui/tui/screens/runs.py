"""Mode 1: all runs in a live table, the one under the cursor beside it.

The table fetches its own windows through the backend; here is what happens when something changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container
from textual.events import Resize
from textual.timer import Timer
from textual.widget import Widget

from ..keys import bindings_for
from ..messages import Desk
from ..widgets.heading import Heading
from ..widgets.line_chart import LineChart
from ..widgets.run_table import RunTable
from .asked import NEWEST_FIRST
from .chart_keys import ChartKeys
from .columns import choose_columns, param_columns, rank_params, sorted_column
from .headings import runs_heading
from .marking import Marking
from .preview import Preview
from .run_verbs import RunVerbs

EMPTY = [
    "No runs yet. Three lines in a training script make them:",
    "",
    "import mlver_tui as mlver              ",
    'run = mlver.init(project="digits")     ',
    'run.log({"loss": loss}, step=step)     ',
    "",
    "or see it with real runs first:  mlver-tui demo",
]
AGEING_S = 20.0
SAMPLE = 64
"""Runs looked at to learn which params vary."""
PREVIEW_WAIT_S = 0.06
"""The preview follows the cursor once it rests, so that a held key costs nothing."""


class RunsScreen(Marking, ChartKeys, RunVerbs, inherit_bindings=False):
    """The table and the preview."""

    BINDINGS = bindings_for("runs")
    SCREEN = "runs"
    MODE = "runs"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-tall"), (32, "-high")]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._rest: Timer | None = None

    def compose_body(self) -> ComposeResult:
        yield Heading()
        with Container(id="split"):
            yield RunTable()
            yield Preview(self.desk)

    def on_mount(self) -> None:
        self.table.bind(self.rows)
        self.table.set_empty(EMPTY)
        self.table.focus()
        self.set_interval(AGEING_S, self._age)

    def _age(self) -> None:
        """Ages grow and heartbeats stop without anything being written."""
        if self.is_current:
            self.read_again()

    @property
    def preview(self) -> Preview:
        return self.query_one(Preview)

    @property
    def pointed(self) -> str | None:
        row = self.table.current
        return row.id if row else None

    @property
    def moving(self) -> Widget | None:
        return self.focused or self.table

    # reading

    async def reload(self) -> None:
        backend = self.desk.backend
        self.total = await backend.count_runs()
        await self._learn_keys()
        self.fit_columns()
        await self.refill()

    async def _learn_keys(self) -> None:
        """Which params and metrics there are; the params that tell runs apart come first."""
        params, metrics = await self.desk.backend.known_keys()
        if (sorted(params), metrics) != (sorted(self.keys[0]), self.keys[1]):
            rows = await self.desk.backend.list_runs("", NEWEST_FIRST, param_columns(params), SAMPLE, 0)
            self.keys = (rank_params(params, rows), metrics)

    async def refill(self) -> None:
        self.shown = await self.desk.backend.count_runs(self.filter) if self.filter else self.total
        self.table.set_empty([f"No run fits  {self.filter}", "", "esc clears the filter"] if self.filter else EMPTY)
        self.table.set_total(self.shown)
        await self.table.reload(None if self.desk.follow else self.desk.current)
        if self.desk.follow:
            self.table.goto(0)
        self.show_heading()
        await self._follow_cursor()

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self._fit_and_read)

    def _fit_and_read(self) -> None:
        if self.fit_columns():
            self.read_again()

    def fit_columns(self) -> bool:
        """Choose columns for the table's width; True if they changed and rows must be read again."""
        columns = choose_columns(*self.keys, self.table.size.width)
        if columns == self.columns:
            return False
        self.columns = columns
        self.table.set_columns(columns)
        self.show_sort()
        return True

    def show_heading(self) -> None:
        marked, follow = len(self.desk.marked), self.desk.follow
        parts = runs_heading(self.shown, self.total, self.filter, self.sort, marked, follow=follow)
        self.query_one(Heading).show(parts)

    def show_sort(self) -> None:
        self.table.set_sort(sorted_column(self.columns, self.sort), self.sort.startswith("-"))

    # the cursor and what follows it

    def on_run_table_moved(self, event: RunTable.Moved) -> None:
        self.desk.current = event.row.id if event.row else None
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(PREVIEW_WAIT_S, lambda: self.start(self._follow_cursor, group="preview"))

    async def _follow_cursor(self) -> None:
        self.desk.current = self.pointed
        if self.preview.display:
            await self.preview.show(self.desk.current)

    def on_run_table_marks_changed(self, event: RunTable.MarksChanged) -> None:
        self.desk.marked = {run_id: self.table.mark_colour(run_id) for run_id in event.ids}
        self.show_heading()
        self.start(self.preview.draw, group="preview")

    def on_run_table_failed(self, event: RunTable.Failed) -> None:
        self.fail(event.error)

    def on_run_table_opened(self, event: RunTable.Opened) -> None:
        self.perform("open")

    def on_line_chart_resized(self, event: LineChart.Resized) -> None:
        self.start(self.preview.draw, group="preview")

    @property
    def chart_keys(self) -> Sequence[str]:
        return self.preview.keys

    async def redraw_charts(self) -> None:
        await self.preview.draw()

    # keys

    async def do_follow(self) -> None:
        self.desk.follow = not self.desk.follow
        if self.desk.follow:
            await self.set_sort(NEWEST_FIRST)
        self.show_heading()
        self.say("the cursor stays on the newest run" if self.desk.follow else "the cursor stays where you put it")

    async def do_back(self) -> None:
        if self.range_start is not None:
            self.range_start = None
            self.say("no range")
        elif self.filter:
            await self.set_filter("")

    def do_zoom(self) -> None:
        inside = self.focused is not None and self.preview in self.focused.ancestors_with_self
        self.toggle_class("-zoom-preview" if inside else "-zoom-table")
        self.call_after_refresh(self._fit_and_read)
