"""Mode 2: every metric of the marked runs (or of the one under the cursor) as small charts, or one large.

It decides which metrics, which steps and how many charts fit; curves come from `curves`, drawing is the widget's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Container
from textual.events import Resize

from ...query.views import RunView
from ...units import number, plural
from ..keys import bindings_for
from ..messages import Desk
from ..widgets.cells import Part
from ..widgets.heading import Heading
from ..widgets.line_chart import LineChart
from .chart_keys import ChartKeys
from .curves import Range, load_curves, metric_keys, pick_metric
from .headings import GAP
from .run_verbs import RunVerbs

CELL_WIDTH, CELL_HEIGHT = 54, 9
MAX_CHARTS = 12
BEST_RATIO = 4.5
"""Width to height of a chart, in terminal cells, that is pleasant to read."""
NOTHING = "no run is marked: mark some in 1 Runs with space, or put the cursor on one"


class ChartsScreen(ChartKeys, RunVerbs, inherit_bindings=False):
    """A page of charts over one range of steps."""

    BINDINGS = bindings_for("charts")
    SCREEN = "charts"
    MODE = "charts"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.runs: list[RunView] = []
        self.keys: list[str] = []
        self.large = False
        self.x_range: Range | None = None
        self.column: int | None = None
        """The value cursor's chart column; None hides it."""

    def compose_body(self) -> ComposeResult:
        yield Heading()
        yield Container(id="charts")

    # what is shown

    @property
    def chart_keys(self) -> Sequence[str]:
        return self.keys

    @property
    def pointed(self) -> str | None:
        chosen = self.desk.chosen()
        return self.desk.current if self.desk.current in chosen else (chosen[0] if chosen else None)

    @property
    def charts(self) -> list[LineChart]:
        return list(self.query(LineChart))

    @property
    def key(self) -> str:
        return pick_metric(self.desk, self.keys)

    def _shape(self) -> tuple[int, int]:
        """Columns and rows of charts that fit."""
        size = self.query_one("#charts").size
        return max(size.width // CELL_WIDTH, 1), max(size.height // CELL_HEIGHT, 1)

    def _page(self) -> tuple[list[str], int, int]:
        """The metrics of this page, its number from 0, and how many pages there are."""
        if self.large or not self.keys:
            return [self.key] if self.key else [], self.keys.index(self.key) if self.key else 0, len(self.keys)
        columns, rows = self._shape()
        room = min(columns * rows, MAX_CHARTS)
        place = self.keys.index(self.key) // room
        return self.keys[place * room : (place + 1) * room], place, -(-len(self.keys) // room)

    async def reload(self) -> None:
        self.runs = await self.desk.read_chosen()
        self.keys = metric_keys(self.runs)
        await self.redraw_charts()

    async def redraw_charts(self) -> None:
        keys, page, pages = self._page()
        await self._fit_charts(max(len(keys), 1))
        self.query_one(Heading).show(self._heading(len(keys), page, pages))
        options = replace(self.desk.options, cursor=self.column)
        for chart, key in zip(self.charts, keys or [""], strict=False):
            chart.set_options(options)
            curves = await load_curves(
                self.desk, self.runs, key, chart.columns, x_range=self.x_range, focused=self.pointed or ""
            )
            chart.show(key, curves, empty="" if self.runs else NOTHING)
            if key == self.key and isinstance(self.focused, LineChart | None):
                chart.focus()

    async def _fit_charts(self, count: int) -> None:
        box = self.query_one("#charts", Container)
        have = self.charts
        if len(have) < count:
            await box.mount(*(LineChart() for _ in range(count - len(have))))
        elif len(have) > count:
            await box.remove_children(have[count:])
        columns = best_columns(count, box.size.width, box.size.height)
        box.styles.grid_size_columns = columns
        box.styles.grid_size_rows = -(-count // columns)

    def _heading(self, shown: int, page: int, pages: int) -> list[Part]:
        if not self.runs:
            return [("no run to draw", "bold")]
        what = self.runs[0].name if len(self.runs) == 1 else plural(len(self.runs), "run")
        parts: list[Part] = [(what, "bold"), (f"{GAP}{shown} of {plural(len(self.keys), 'metric')}", "")]
        if pages > 1:
            parts.append((f"{GAP}page {page + 1} of {pages}", "dim"))
        if self.x_range:
            parts.append((f"{GAP}steps {number(self.x_range[0])}–{number(self.x_range[1])}", "accent"))
        return parts

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(lambda: self.start(self.redraw_charts, group="draw"))

    def on_line_chart_resized(self, event: LineChart.Resized) -> None:
        self.start(self.redraw_charts, group="draw")

    # keys

    def do_down(self, count: int) -> None:
        self.start(lambda: self._step_metric(count or 1))

    def do_up(self, count: int) -> None:
        self.start(lambda: self._step_metric(-(count or 1)))

    def do_next(self, count: int) -> None:
        self._turn(count or 1)

    def do_previous(self, count: int) -> None:
        self._turn(-(count or 1))

    def do_page_down(self, count: int) -> None:
        self._turn(count or 1)

    def do_page_up(self, count: int) -> None:
        self._turn(-(count or 1))

    def _turn(self, pages: int) -> None:
        if not self.keys:
            return
        room = 1 if self.large else min(self._shape()[0] * self._shape()[1], MAX_CHARTS)
        place = min(max(self.keys.index(self.key) // room + pages, 0), (len(self.keys) - 1) // room)
        self.desk.metric = self.keys[place * room]
        self.start(self.redraw_charts)

    def do_left(self, count: int) -> None:
        self._move_cursor(-(count or 1))

    def do_right(self, count: int) -> None:
        self._move_cursor(count or 1)

    def _move_cursor(self, step: int) -> None:
        if not self.charts:
            return
        last = max(self.charts[0].columns - 1, 0)
        self.column = last if self.column is None else min(max(self.column + step, 0), last)
        self.start(self.redraw_charts, group="draw")

    async def do_zoom_in(self) -> None:
        await self._zoom(0.5)

    async def do_zoom_out(self) -> None:
        await self._zoom(2.0)

    async def do_zoom_all(self) -> None:
        self.x_range = None
        await self.redraw_charts()

    async def _zoom(self, factor: float) -> None:
        whole = await self.desk.backend.step_range([run.pk for run in self.runs if self.key in run.metrics], self.key)
        if whole is None:
            return
        columns = max(self.charts[0].columns, 1)
        share = (self.column if self.column is not None else columns - 1) / max(columns - 1, 1)
        self.x_range = zoomed(self.x_range or (float(whole[0]), float(whole[1])), whole, factor, share)
        await self.redraw_charts()

    async def do_zoom(self) -> None:
        self.large = not self.large
        await self.redraw_charts()

    async def do_open(self) -> None:
        await self.do_zoom()

    def do_unmark(self) -> None:
        self.say("marks are taken away in 1 Runs")

    async def do_back(self) -> None:
        if self.column is not None:
            self.column = None
        elif self.x_range is not None:
            self.x_range = None
        elif self.large:
            self.large = False
        else:
            self.go("runs")
            return
        await self.redraw_charts()


def best_columns(count: int, width: int, height: int) -> int:
    """In how many columns so many charts come nearest to the best shape, none of them too narrow."""
    most = min(max(width // CELL_WIDTH, 1), count)
    return min(range(1, most + 1), key=lambda columns: _badness(width / columns, height / -(-count // columns)))


def _badness(width: float, height: float) -> float:
    ratio = width / max(height, 1) / BEST_RATIO
    return max(ratio, 1 / ratio if ratio else 1)


def zoomed(now: Range, whole: tuple[int, int], factor: float, share: float) -> Range | None:
    """`now` made `factor` times as long around the point at `share` of it; None where that is all there is."""
    length = max((now[1] - now[0]) * factor, 1.0)
    centre = now[0] + (now[1] - now[0]) * share
    start = max(centre - length * share, float(whole[0]))
    end = min(start + length, float(whole[1]))
    start = max(end - length, float(whole[0]))
    return None if (start, end) == (float(whole[0]), float(whole[1])) else (start, end)
