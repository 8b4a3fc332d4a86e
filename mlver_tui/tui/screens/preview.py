"""The run under the cursor at a glance: charts and what is on record.

Used beside the runs table and on the run page; as many charts as there is height for.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical

from ...query.views import RunView
from ..messages import Desk
from ..widgets.detail import Detail
from ..widgets.line_chart import LineChart
from .curves import load_curves, metric_keys, pick_metric
from .details import run_lines

NO_METRIC = 'this run has logged no metric yet: run.log({"loss": loss}, step=step)'
CHART_HEIGHT = 11
"""Lines that each chart wants before there is another."""
MAX_OVERLAID = 8


class Preview(Vertical):
    """Charts over details, all of one run; marked runs are drawn with it."""

    def __init__(self, desk: Desk, *, full: bool = False) -> None:
        super().__init__()
        self._desk = desk
        self._full = full
        self.run: RunView | None = None
        self.keys: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="curves"):
            yield LineChart()
        yield Detail()

    @property
    def charts(self) -> list[LineChart]:
        return list(self.query(LineChart))

    @property
    def detail(self) -> Detail:
        return self.query_one(Detail)

    async def show(self, run_id: str | None) -> None:
        """Read and paint a run; None empties the pane."""
        self.run = await self._desk.backend.read_run(run_id) if run_id is not None else None
        self.keys = metric_keys([self.run]) if self.run else []
        if self.run is None:
            self.detail.set_lines([])
        else:
            environment = await self._desk.backend.read_environment(self.run.environment_id)
            self.detail.set_lines(run_lines(self.run, environment, full=self._full))
        await self.draw()

    async def draw(self) -> None:
        """Paint the charts again, such as after a change of metric, options or size."""
        keys = self._shown_keys()
        await self._fit_charts(max(len(keys), 1))
        runs = await self._overlaid()
        focused = self.run.id if self.run else ""
        for chart, key in zip(self.charts, keys or [""], strict=False):
            curves = await load_curves(self._desk, runs, key, chart.columns, focused=focused)
            chart.set_options(self._desk.options)
            chart.show(key, curves, empty=NO_METRIC if self.run else "")

    def _shown_keys(self) -> list[str]:
        """The chosen metric and those after it, as many as there is height for."""
        if not self.keys:
            return []
        room = max(self.query_one("#curves").size.height // CHART_HEIGHT, 1)
        place = self.keys.index(pick_metric(self._desk, self.keys))
        return [*self.keys[place:], *self.keys[:place]][:room]

    async def _fit_charts(self, count: int) -> None:
        box, have = self.query_one("#curves"), self.charts
        if len(have) < count:
            await box.mount(*(LineChart() for _ in range(count - len(have))))
        elif len(have) > count:
            await box.remove_children(have[count:])

    async def _overlaid(self) -> Sequence[RunView]:
        if self.run is None:
            return []
        others = [run_id for run_id in self._desk.marked if run_id != self.run.id][: MAX_OVERLAID - 1]
        return [*[await self._desk.backend.read_run(run_id) for run_id in others], self.run]
