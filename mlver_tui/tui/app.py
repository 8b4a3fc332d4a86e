"""The app itself, kept thin: it owns the desk and the clock tick that looks for news, and holds the modes.

What is on a screen is the screen's business; what is in the store is the backend's.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from functools import partial

from textual.app import App
from textual.binding import Binding

from ..errors import MlverError
from ..sanitize import clean
from .backend import Backend
from .driver import CellDriver
from .first_theme import first_theme
from .messages import Desk, KeyAnswered, ScreenRead, StoreChanged
from .screens.base import FrameScreen
from .screens.runs import RunsScreen
from .themes import THEMES, next_theme

LOCAL_TICK_S = 0.5
REMOTE_TICK_S = 1.0
REPEAT_S = 0.01
PATIENCE_S = 1.0
"""So long the first rows stay where the store does not answer."""


class MlverApp(App[int], inherit_bindings=False):
    """Five modes over one desk."""

    CSS_PATH = "mlver.tcss"
    TITLE = "mlver-tui"
    ENABLE_COMMAND_PALETTE = False
    DEFAULT_MODE = "runs"
    AUTO_FOCUS = None
    BINDINGS = [Binding("ctrl+q,ctrl+c", "quit", show=False, priority=True)]

    def __init__(self, backend: Backend, *, tick_s: float | None = None) -> None:
        super().__init__(driver_class=CellDriver)
        self.desk = Desk(backend)
        self._tick_s = tick_s if tick_s is not None else default_tick_s()
        self._looking = False
        for name, make in MODE_SCREENS.items():
            self.add_mode(name, partial(make, self.desk))
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = first_theme()

    def on_mount(self) -> None:
        self.set_timer(PATIENCE_S, self._release)
        if self._tick_s:
            self.set_interval(self._tick_s, self._tick)

    def on_key_answered(self, event: KeyAnswered) -> None:
        event.tell()

    def on_screen_read(self, event: ScreenRead) -> None:
        event.stop()
        if isinstance(self._driver, CellDriver):
            self._driver.take_keys()
        self.call_after_refresh(self._release)

    def _release(self) -> None:
        """From now on the app is seen, and no longer what was painted before it: where that has got to."""
        if isinstance(self._driver, CellDriver):
            self._driver.take_keys()
            if self._driver.repeats:
                self.set_timer(REPEAT_S, self._release)
                return
            self._driver.release()
        if not gc.isenabled():
            gc.freeze()
            gc.enable()

    def _tick(self) -> None:
        """One look at a time; a slow disk makes looks rarer, never a queue of them."""
        if not self._looking:
            self._looking = True
            self.run_worker(self.look(), group="live", exit_on_error=False)

    async def look(self) -> None:
        """Fold what is new and tell the screen in front; a store that cannot be read is said once and tried again."""
        try:
            changed = await self.desk.backend.refresh()
            self._set_live(True)
            if changed:
                self.screen.post_message(StoreChanged())
        except MlverError as error:
            self._set_live(False, f"{clean(error.message)} · {clean(error.hint)}")
        except Exception as error:  # the border: the look must go on whatever the store does
            self._set_live(False, f"{type(error).__name__}: {clean(str(error), 200)}")
        finally:
            self._looking = False

    def _set_live(self, live: bool, why: str = "") -> None:
        if live == self.desk.live:
            return
        self.desk.live = live
        if isinstance(self.screen, FrameScreen):
            self.screen.show_top()
            self.screen.say("the store can be read again" if live else why, "information" if live else "error")

    def action_next_theme(self) -> None:
        """Dark, light, the terminal's own."""
        self.theme = next_theme(self.theme)

    def action_redraw(self) -> None:
        """Draw the whole screen again, whatever the terminal shows."""
        if isinstance(self._driver, CellDriver):
            self._driver.redraw()
        self.refresh(repaint=True, layout=True)

    async def action_quit(self) -> None:
        """Leave unless the screen in front says why not."""
        screen = self.screen
        reason = screen.blocked("quit") if isinstance(screen, FrameScreen) else None
        if reason and isinstance(screen, FrameScreen):
            screen.say(reason, "warning")
            return
        self.exit(0)


def _charts(desk: Desk) -> FrameScreen:
    from .screens.charts import ChartsScreen

    return ChartsScreen(desk)


def _compare(desk: Desk) -> FrameScreen:
    from .screens.compare import CompareScreen

    return CompareScreen(desk)


def _registry(desk: Desk) -> FrameScreen:
    from .screens.registry import RegistryScreen

    return RegistryScreen(desk)


def _activity(desk: Desk) -> FrameScreen:
    from .screens.activity import ActivityScreen

    return ActivityScreen(desk)


MODE_SCREENS: dict[str, Callable[[Desk], FrameScreen]] = {
    "runs": RunsScreen,
    "charts": _charts,
    "compare": _compare,
    "registry": _registry,
    "activity": _activity,
}
"""How each mode is made; those that nobody has looked at are not even loaded."""


def default_tick_s() -> float:
    """Half a second between looks; a second over ssh."""
    return REMOTE_TICK_S if "SSH_CONNECTION" in os.environ else LOCAL_TICK_S
