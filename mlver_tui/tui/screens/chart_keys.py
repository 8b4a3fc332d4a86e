"""The keys that change what a chart shows, for each screen that has one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from .base import FrameScreen
from .curves import next_smoothing, pick_metric, step_key


class ChartKeys(FrameScreen, inherit_bindings=False):
    """Metric, scale, smoothing and band; all charts of the app share these choices."""

    @property
    @abstractmethod
    def chart_keys(self) -> Sequence[str]:
        """Metrics that can be chosen, in the order of stepping."""

    @abstractmethod
    async def redraw_charts(self) -> None:
        """Paint the charts again with the desk's metric and options."""

    async def do_metric(self) -> None:
        keys = self.chart_keys
        if not keys:
            self.say("no metric has been logged here yet", "warning")
            return
        text = await self.ask("metric", "", choices=keys, hint="tab completes", check=self._known_metric)
        if text:
            self.desk.metric = text.strip()
            await self.redraw_charts()

    def _known_metric(self, text: str) -> str | None:
        return None if text.strip() in self.chart_keys else "no such metric here"

    async def do_next_tab(self) -> None:
        await self._step_metric(1)

    async def do_previous_tab(self) -> None:
        await self._step_metric(-1)

    async def _step_metric(self, step: int) -> None:
        keys = self.chart_keys
        self.desk.metric = step_key(keys, pick_metric(self.desk, keys), step)
        await self.redraw_charts()

    async def do_log_scale(self) -> None:
        self.desk.options = replace(self.desk.options, log_y=not self.desk.options.log_y)
        await self.redraw_charts()

    async def do_band(self) -> None:
        self.desk.options = replace(self.desk.options, band=not self.desk.options.band)
        await self.redraw_charts()

    async def do_smooth(self) -> None:
        self.desk.options = next_smoothing(self.desk.options)
        await self.redraw_charts()
