"""One run with everything on record, its chart beside it. Opened with enter from any screen that points at a run."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.widget import Widget

from ...units import duration
from ..keys import bindings_for
from ..messages import Desk
from ..widgets.cells import Part
from ..widgets.heading import Heading
from ..widgets.line_chart import LineChart
from .chart_keys import ChartKeys
from .details import clock_text
from .headings import GAP
from .preview import Preview
from .run_verbs import RunVerbs


class RunScreen(ChartKeys, RunVerbs, inherit_bindings=False):
    """What is on record, to scroll, and the chart of one metric."""

    BINDINGS = bindings_for("run")
    SCREEN = "run"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]

    def __init__(self, desk: Desk, run_id: str) -> None:
        super().__init__(desk)
        self._run_id = run_id

    def compose_body(self) -> ComposeResult:
        yield Heading()
        yield Preview(self.desk, full=True)

    def on_mount(self) -> None:
        self.preview.detail.focus()

    @property
    def preview(self) -> Preview:
        return self.query_one(Preview)

    @property
    def pointed(self) -> str | None:
        return self._run_id

    @property
    def chart_keys(self) -> Sequence[str]:
        return self.preview.keys

    @property
    def moving(self) -> Widget | None:
        return self.preview.detail

    async def reload(self) -> None:
        await self.preview.show(self._run_id)
        self.query_one(Heading).show(self._heading())

    def _heading(self) -> list[Part]:
        run = self.preview.run
        if run is None:
            return []
        took = "" if run.end_ms is None else f"{GAP}took {duration(run.end_ms - run.start_ms)}"
        status = "stalled" if run.stalled else run.status
        words = f"{GAP}{run.project}{GAP}started {clock_text(run.start_ms)}{took}"
        return [(run.name, "bold"), (f"{GAP}{status}", "accent"), (words, "dim")]

    async def redraw_charts(self) -> None:
        await self.preview.draw()

    def on_line_chart_resized(self, event: LineChart.Resized) -> None:
        self.start(self.preview.draw, group="draw")

    def do_open(self) -> None:
        self.say("this run is open already")

    def do_zoom(self) -> None:
        self.toggle_class("-zoom-chart" if isinstance(self.focused, LineChart) else "-zoom-detail")
