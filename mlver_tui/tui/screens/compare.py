"""Mode 3: the marked runs side by side; rows that differ first, the curves of one metric below.

What could not be compared is said; it is never shown as the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from ...query.views import Diff, DiffRow, RunView
from ..keys import bindings_for
from ..messages import Desk
from ..widgets.cells import Part
from ..widgets.grid import Grid, GridCell
from ..widgets.heading import Heading
from ..widgets.line_chart import LineChart
from .chart_keys import ChartKeys
from .curves import letter_of, load_curves, metric_keys, pick_metric
from .diff_rows import diff_cells, metric_of, ordered
from .headings import tabs
from .run_verbs import RunVerbs

SECTIONS = ("params", "metrics", "env", "code", "command", "hardware", "summary")
TABS = ("all", *SECTIONS)
EMPTY = ["Nothing to compare yet.", "", "Mark two or more runs in 1 Runs with space, then press c."]
SAME = ["No differences here.", "", "= shows the rows that are the same, ] goes to the next part."]


class CompareScreen(ChartKeys, RunVerbs, inherit_bindings=False):
    """One grid over all sections or one, and a chart."""

    BINDINGS = bindings_for("compare")
    SCREEN = "compare"
    MODE = "compare"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-tall")]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.diff: Diff | None = None
        self.runs: list[RunView] = []
        self.rows: list[DiffRow | None] = []
        """The diff row behind each line of the grid; None for headings."""
        self.tab = 0
        self.all_rows = False
        self.base = 0
        self.row_metric = ""
        """The metric of the row under the cursor; "" for rows about something else."""

    def compose_body(self) -> ComposeResult:
        yield Heading()
        yield Grid()
        yield LineChart()

    def on_mount(self) -> None:
        self.grid.set_empty(EMPTY)
        self.grid.focus()

    @property
    def grid(self) -> Grid:
        return self.query_one(Grid)

    @property
    def chart(self) -> LineChart:
        return self.query_one(LineChart)

    # reading

    def _ids(self) -> list[str]:
        """The marked runs, the base first."""
        ids = list(self.desk.marked)
        place = self.base % max(len(ids), 1)
        return [*ids[place : place + 1], *ids[:place], *ids[place + 1 :]]

    async def reload(self) -> None:
        ids = self._ids()
        self.diff = await self.desk.backend.diff_runs(ids) if len(ids) > 1 else None
        self.runs = [await self.desk.backend.read_run(run_id) for run_id in ids] if self.diff else []
        self._show()
        await self.redraw_charts()

    def _show(self) -> None:
        if self.diff is None:
            self.rows = []
            self.grid.set_empty(EMPTY)
            self.grid.set_rows([], [], None)
            self.query_one(Heading).show([("no comparison yet", "bold")])
            return
        lines = list(self._lines(self.diff))
        self.rows = [row for row, _ in lines]
        self.grid.set_empty(SAME)
        self.grid.set_rows(self._header(self.diff), [cells for _, cells in lines], None, frozen=1)
        self.query_one(Heading).show(self._heading(self.diff))

    def _header(self, diff: Diff) -> list[str]:
        names = [f"{letter_of(self.desk, run.id)} {run.name}" for run in diff.runs]
        return ["", f"{names[0]} (base)", *names[1:], ""]

    def _heading(self, diff: Diff) -> list[Part]:
        counts = {section: len(diff.of(section)) for section in SECTIONS}
        total = sum(counts.values())
        labels = [(tab, str(total if tab == "all" else counts[tab] or "")) for tab in TABS]
        kept = [(label, count) for label, count in labels if count or label == TABS[self.tab]]
        place = [label for label, _ in kept].index(TABS[self.tab])
        parts = tabs(kept, place)
        return [*parts, ("same rows too", "accent")] if self.all_rows else parts

    def _lines(self, diff: Diff) -> list[tuple[DiffRow | None, list[GridCell]]]:
        lines: list[tuple[DiffRow | None, list[GridCell]]] = []
        for section in SECTIONS if self.tab == 0 else (TABS[self.tab],):
            rows = ordered(section, diff.of(section, only_differing=not self.all_rows))
            if rows and self.tab == 0:
                lines.append((None, [GridCell(section, "head")]))
            lines += [(row, diff_cells(row)) for row in rows]
        if diff.unknown and self.tab == 0:
            lines.append((None, [GridCell("not compared", "head")]))
            lines += [(None, [GridCell(f"? {text}", "head")]) for text in diff.unknown]
        return lines

    # the chart

    @property
    def chart_keys(self) -> Sequence[str]:
        return metric_keys(self.runs)

    async def redraw_charts(self) -> None:
        key = self.row_metric or pick_metric(self.desk, self.chart_keys)
        base = self.runs[0].id if self.runs else ""
        curves = await load_curves(self.desk, self.runs, key, self.chart.columns, focused=base)
        self.chart.set_options(self.desk.options)
        self.chart.show(key, curves, empty="")

    def on_line_chart_resized(self, event: LineChart.Resized) -> None:
        self.start(self.redraw_charts, group="draw")

    def on_grid_moved(self, event: Grid.Moved) -> None:
        row = self._row(event.index)
        key = metric_of(row.key) if row is not None and row.section == "metrics" else ""
        if key != self.row_metric:
            self.row_metric = key if key in self.chart_keys else ""
            self.start(self.redraw_charts, group="draw")

    def _row(self, index: int) -> DiffRow | None:
        return self.rows[index] if 0 <= index < len(self.rows) else None

    # keys

    @property
    def pointed(self) -> str | None:
        return self.runs[0].id if self.runs else None

    def blocked(self, name: str) -> str | None:
        if name in ("base", "same", "next", "previous") and self.diff is None:
            return "mark two runs in 1 Runs first"
        return super().blocked(name)

    def do_same(self) -> None:
        self.all_rows = not self.all_rows
        self._show()

    async def do_base(self) -> None:
        self.base = (self.base + 1) % len(self.desk.marked)
        await self.reload()
        self.say(f"compared with {self.runs[0].name}")

    async def do_next_tab(self) -> None:
        self._turn(1)

    async def do_previous_tab(self) -> None:
        self._turn(-1)

    def _turn(self, step: int) -> None:
        if self.diff is None:
            return
        for _ in TABS:
            self.tab = (self.tab + step) % len(TABS)
            if self.tab == 0 or self.diff.of(TABS[self.tab], only_differing=not self.all_rows):
                break
        self._show()
        self.grid.goto(0)

    def do_next(self, count: int) -> None:
        self._find(1)

    def do_previous(self, count: int) -> None:
        self._find(-1)

    def _find(self, step: int) -> None:
        self.grid.select_next(self._differs, step)

    def _differs(self, index: int) -> bool:
        row = self._row(index)
        return row is not None and row.state != "same"

    def on_grid_opened(self, event: Grid.Opened) -> None:
        self.perform("open")

    def do_unmark(self) -> None:
        self.say("marks are taken away in 1 Runs")

    def do_zoom(self) -> None:
        self.toggle_class("-zoom-chart" if isinstance(self.focused, LineChart) else "-zoom-grid")
