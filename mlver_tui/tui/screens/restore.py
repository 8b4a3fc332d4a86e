"""The way of one restore: the plan, then what is being done, then the verdict. Pushed over the screen that asked."""

from __future__ import annotations

import threading

from textual.app import ComposeResult
from textual.widget import Widget

from ...errors import MlverError
from ...query.views import RestorePlan, RestoreVerdict
from ...sanitize import clean
from ..keys import bindings_for
from ..messages import Desk
from ..widgets.cells import Part
from ..widgets.detail import Detail, DetailLine
from ..widgets.heading import Heading
from .base import FrameScreen
from .headings import GAP
from .verdicts import plan_lines, verdict_lines, verdict_style

KEPT_LINES = 500


class RestoreScreen(FrameScreen, inherit_bindings=False):
    """Enter starts it, esc stops it; leaving is only possible while nothing is being built."""

    BINDINGS = bindings_for("restore")
    SCREEN = "restore"

    def __init__(self, desk: Desk, plan: RestorePlan) -> None:
        super().__init__(desk)
        self.plan = plan
        self.verdict: RestoreVerdict | None = None
        self.running = False
        self.told: list[str] = []
        self._stop = threading.Event()

    def compose_body(self) -> ComposeResult:
        yield Heading()
        yield Detail()

    def on_mount(self) -> None:
        self.detail.focus()
        self.detail.set_lines(plan_lines(self.plan))
        self._show_heading("enter starts it, esc leaves it", "accent")

    def key_line(self) -> list[tuple[str, str]]:
        if self.verdict is not None:
            return [("esc", "back"), ("j", "down"), ("k", "up")]
        return [("esc", "stop")] if self.running else [("enter", "start"), ("esc", "leave")]

    @property
    def detail(self) -> Detail:
        return self.query_one(Detail)

    @property
    def moving(self) -> Widget | None:
        return self.detail

    def _show_heading(self, words: str, style: str) -> None:
        parts: list[Part] = [(f"restore {self.plan.run_name}", "bold"), (f"{GAP}{words}", style)]
        self.query_one(Heading).show(parts)
        self.show_keys()

    def blocked(self, name: str) -> str | None:
        leaving = name.startswith("mode_") or name == "quit"
        if self.running and (leaving or name == "go"):
            return "a restore is running; esc stops it"
        if name == "go" and self.verdict is not None:
            return "it is done; esc goes back"
        return None

    async def do_go(self) -> None:
        self.running = True
        self._stop.clear()
        self._show_heading("running, esc stops it", "accent")
        try:
            self.verdict = await self.desk.backend.restore(self.plan, self._tell, self._stop.is_set)
        except MlverError as error:
            self._show_heading("not restored", "bad")
            self._tell(clean(error.message))
            raise
        finally:
            self.running = False
        self.detail.set_lines(verdict_lines(self.verdict))
        self.detail.scroll_to(y=0, animate=False)
        self._show_heading(self.verdict.word, verdict_style(self.verdict.word))

    def _tell(self, line: str) -> None:
        self.told = [*self.told, line][-KEPT_LINES:]
        lines = [DetailLine("doing" if n == 0 else "", text) for n, text in enumerate(self.told)]
        self.detail.set_lines(lines)
        self.detail.scroll_to(y=self.detail.max_scroll_y, animate=False)

    async def do_back(self) -> None:
        if not self.running:
            self.app.pop_screen()
        elif await self.confirm("stop the restore and take away what was built?"):
            self._stop.set()
