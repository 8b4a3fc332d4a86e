"""Apps with one widget in them, and the screen as text."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from textual._context import active_app
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from mlver_tui.query.views import Bucket, Overview, RunRow
from mlver_tui.tui.widgets.glyphs import GLYPHS


class Bench(App[None]):
    """Shows the given widgets one under the other, and keeps what they post."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { overflow: hidden; } Vertical { height: 1fr; }"

    def __init__(self, widgets: Sequence[Widget]) -> None:
        super().__init__()
        self._widgets = widgets
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield from self._widgets

    def hear(self, message: Message) -> None:
        if all(message is not other for other in self.heard):  # the hook sees a message once for each who handles it
            self.heard.append(message)


@dataclass
class Stage:
    """A running bench."""

    app: Bench
    pilot: Pilot[None]

    async def lines(self) -> list[str]:
        """The screen as text, one line for each row, without blanks at the ends."""
        await self.pilot.pause()
        strips = self.app.screen._compositor.render_strips()
        return [strip.text.rstrip() for strip in strips]


async def play(app: Bench, size: tuple[int, int], ready: asyncio.Future[Pilot[None]], done: asyncio.Event) -> None:
    """One app from start to end in one task, as its context variables want it."""
    async with app.run_test(size=size, message_hook=app.hear) as pilot:
        await pilot.pause()
        ready.set_result(pilot)
        await done.wait()


@pytest.fixture(autouse=True)
def no_waiting_for_an_idle_machine() -> None:
    """Single widgets are looked at right after a key, so here Textual's own waits stay."""


@pytest.fixture
async def stage_of() -> AsyncIterator[Callable[..., Any]]:
    """`await stage_of(widget, …, size=(80, 24))` runs an app with these widgets until the test ends."""
    done = asyncio.Event()
    plays: list[asyncio.Task[None]] = []

    async def start(*widgets: Widget, size: tuple[int, int] = (80, 24)) -> Stage:
        app = Bench(widgets)
        ready: asyncio.Future[Pilot[None]] = asyncio.get_running_loop().create_future()
        plays.append(asyncio.create_task(play(app, size, ready, done)))
        pilot = await ready
        active_app.set(app)  # the test calls widgets from its own task
        return Stage(app, pilot)

    yield start
    done.set()
    await asyncio.gather(*plays)


@pytest.fixture
def ascii_only() -> Iterator[None]:
    """ASCII marks for one test."""
    GLYPHS.choose(ascii_only=True)
    yield
    GLYPHS.choose(ascii_only=False)


def bucket_of(values: Sequence[float]) -> Bucket | None:
    """The bucket that the query floor would make of these points."""
    if not values:
        return None
    told = [v for v in values if not math.isnan(v)]
    solid = [v for v in told if math.isfinite(v)]
    low, high = (min(told), max(told)) if told else (math.nan, math.nan)
    mean = sum(v / len(solid) for v in solid) if solid else math.nan
    return Bucket(low, high, mean, values[0], values[-1], len(values), len(values) - len(told))


@pytest.fixture
def overview_of() -> Callable[..., Overview]:
    """Points at steps 0, 1, 2 … as an overview of so many columns."""

    def make(values: Sequence[float], columns: int) -> Overview:
        columned: list[list[float]] = [[] for _ in range(columns)]
        for step, value in enumerate(values):
            columned[min(step * columns // max(len(values), 1), columns - 1)].append(value)
        buckets = tuple(bucket_of(column) for column in columned)
        last = values[-1] if values else None
        return Overview(
            1, "loss", 0.0, float(max(len(values) - 1, 0)), buckets, len(values) - 1 if values else None, last
        )

    return make


@pytest.fixture
def run_row() -> Callable[..., RunRow]:
    """`run_row(7)` is run-7; every field can be given."""

    def make(n: int, **fields: Any) -> RunRow:
        plain: dict[str, Any] = {
            "pk": n,
            "id": f"01RUN{n:021d}",
            "name": f"run-{n}",
            "project": "digits",
            "group": None,
            "status": "finished",
            "stalled": False,
            "start_ms": 1_000_000,
            "end_ms": 2_000_000,
            "tags": (),
            "values": (n / 8,),
        }
        return RunRow(**{**plain, **fields})

    return make
