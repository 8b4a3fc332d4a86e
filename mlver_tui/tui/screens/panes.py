"""Widgets as screens use them: details without keys of their own, charts that follow their height."""

from __future__ import annotations

from textual.events import Resize

from ..widgets.detail import Detail
from ..widgets.line_chart import LineChart


class Details(Detail, inherit_bindings=False):
    """Lines whose keys are the screen's, so that counts work on them too."""


class Plot(LineChart):
    """A chart that is drawn again when only its height has changed."""

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self.refresh)
