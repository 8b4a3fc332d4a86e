"""What every screen has: the mode line, the key line, the prompt, counts, and errors that never end the app.

It turns a key of the table into a call of `do_<id>(count)`; what that does is the screen's own business.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen
from textual.timer import Timer
from textual.worker import WorkType

from ...errors import MlverError
from ...sanitize import clean
from ..keys import BY_ID, COUNTED, MODE_OF_DIGIT, MODES, bar_for
from ..messages import Desk, ScreenRead, StoreChanged
from ..widgets.prompt import Prompt
from ..widgets.status_bar import KeyBar, TopBar
from .motion import Motions

Severity = Literal["information", "good", "warning", "error"]
Work = Callable[[], Awaitable[None]]
Done = Awaitable[None] | None
"""What an action gives back: nothing, or work to be done in the background."""
MODE_WAIT_S = 0.25
"""A digit waits this long for a second digit or a motion (`25j`) before it changes the mode."""


PROMPT_KEYS = [("enter", "ok"), ("esc", "leave")]
COMPLETE_KEYS = [("tab", "complete")]


class FrameScreen(Motions, Screen[None], inherit_bindings=False):
    """One screen between the mode line above and the key line below."""

    SCREEN: ClassVar[str] = ""
    """Its name in the table of keys."""
    MODE: ClassVar[str] = ""
    """The mode it belongs to; "" for a screen that is pushed over any mode."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._stale = False
        self._reloading = False
        self._typed = ""
        self._mode_timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield TopBar()
        with Vertical(id="body"):
            yield from self.compose_body()
        yield Prompt()
        yield KeyBar()

    def compose_body(self) -> ComposeResult:
        """What stands between the bars."""
        yield from ()

    async def reload(self) -> None:
        """Read again from the backend what the screen shows."""

    def blocked(self, name: str) -> str | None:
        """Why an action cannot be done now, in plain words; None if it can."""
        return None

    def on_mount(self) -> None:
        self.show_keys()

    def on_screen_resume(self) -> None:
        self.show_top()
        self.read_again()

    def on_store_changed(self, event: StoreChanged) -> None:
        event.stop()
        self.read_again()

    def read_again(self) -> None:
        """Reload in the background; while one reload is under way, news wait for its end and are read at once."""
        self._stale = True
        if not self._reloading:
            self._reloading = True
            self.start(self._reload_while_stale, group="reload")

    async def _reload_while_stale(self) -> None:
        try:
            while self._stale:
                self._stale = False
                await self.reload()
        finally:
            self._reloading = False
            self.post_message(ScreenRead())

    # talking

    def key_line(self) -> list[tuple[str, str]]:
        """Keys and labels for the line at the bottom, the most wanted first."""
        return bar_for(self.SCREEN)

    def prompt_keys(self, completes: bool) -> list[tuple[str, str]]:
        """The same while the prompt asks."""
        return [*COMPLETE_KEYS, *PROMPT_KEYS] if completes else PROMPT_KEYS

    def show_keys(self) -> None:
        """Draw the key line again."""
        self.query_one(KeyBar).set_keys(self.key_line())

    def say(self, text: str, severity: Severity = "information") -> None:
        """One line instead of the keys, until the next key."""
        self.query_one(KeyBar).say(text, severity)

    def show_top(self) -> None:
        """Draw the mode line again."""
        desk = self.desk
        state = "read only" if desk.backend.read_only else "● live" if desk.live else "○ not live"
        modes = [(digit, title) for digit, _, title in MODES]
        current = next((digit for digit, name, _ in MODES if name == self.MODE), "")
        self.query_one(TopBar).set(modes, current, f"{desk.backend.home_name}  {state}")

    async def ask(
        self,
        label: str,
        value: str = "",
        *,
        hint: str = "",
        check: Callable[[str], str | None] | None = None,
        live: Callable[[str], None] | None = None,
        choices: Sequence[str] = (),
        edit: bool = False,
    ) -> str | None:
        """A line from the person; None if they pressed esc. Typing replaces `value`, unless `edit`."""
        self.query_one(KeyBar).set_keys(self.prompt_keys(bool(choices)))
        try:
            return await self.query_one(Prompt).ask(
                label, value, hint=hint, check=check, live=live, choices=choices, edit=edit
            )
        finally:
            self.show_keys()

    async def confirm(self, question: str, expected: str = "y") -> bool:
        """True only if the person typed the expected word."""
        return await self.query_one(Prompt).confirm(question, expected=expected)

    def start(self, work: Work, group: str = "action") -> None:
        """Run something in the background; in one group only the newest goes on. Its failure becomes a line."""

        async def guarded() -> None:
            await self._guarded(work)

        run: WorkType[None] = guarded
        self.run_worker(run, group=group, exclusive=group != "action", exit_on_error=False)

    async def _guarded(self, work: Work) -> None:
        try:
            await work()
        except MlverError as error:
            self.fail(error)
        except Exception as error:  # the border: nothing that goes wrong below may end the app
            self.say(f"{type(error).__name__}: {clean(str(error), 300)}", "error")

    def fail(self, error: MlverError) -> None:
        """Say what is wrong and the way out."""
        self.say(f"{clean(error.message)} · {clean(error.hint)}" if error.hint else clean(error.message), "error")

    # keys

    async def action_do(self, name: str) -> None:
        """Do one action of the table of keys."""
        self.query_one(KeyBar).hush()
        if name == "zoom_all" and self._typed:  # the 0 of 20l
            self.action_digit("0")
            return
        count = self._take_count() if name in COUNTED else 0
        self._forget_digits()
        self.perform(name, count)
        await asyncio.sleep(0)  # what was started opens its prompt before the next key comes

    def perform(self, name: str, count: int = 0) -> None:
        """Call `do_<name>`, or say why not. `count` is 0 if none was typed."""
        reason = self.blocked(name)
        if reason:
            self.say(reason, "warning")
            return
        method = getattr(self, f"do_{name}", None)
        if method is None:
            self.say(f"{BY_ID[name].label} does nothing here", "warning")
            return
        call = partial(method, count) if name in COUNTED else method
        if inspect.iscoroutinefunction(method):
            self.start(call)
        else:
            call()

    def action_digit(self, digit: str) -> None:
        """Gather a count; a lone digit that nothing follows is a mode."""
        self._typed = (self._typed + digit).lstrip("0")[:6]
        self._stop_timer()
        if self._typed in MODE_OF_DIGIT:
            self._mode_timer = self.set_timer(MODE_WAIT_S, self._digit_is_mode)
        elif self._typed:
            self.say(f"{self._typed} …  then j k g G n or an arrow")

    def _digit_is_mode(self) -> None:
        mode = MODE_OF_DIGIT[self._typed]
        self._forget_digits()
        self.perform(f"mode_{mode}")

    def _take_count(self) -> int:
        return int(self._typed or 0)

    def _forget_digits(self) -> None:
        self._typed = ""
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._mode_timer is not None:
            self._mode_timer.stop()
            self._mode_timer = None

    # what every screen can do

    def go(self, mode: str) -> None:
        """Show a mode from its top."""
        while len(self.app.screen_stack) > 1:
            self.app.pop_screen()
        self.app.switch_mode(mode)

    def do_mode_runs(self) -> None:
        self.go("runs")

    def do_mode_charts(self) -> None:
        self.go("charts")

    def do_mode_compare(self) -> None:
        self.go("compare")

    def do_mode_registry(self) -> None:
        self.go("registry")

    def do_mode_activity(self) -> None:
        self.go("activity")

    def do_next_pane(self) -> None:
        self.focus_next()

    def do_previous_pane(self) -> None:
        self.focus_previous()

    def do_back(self) -> Done:
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()
        elif self.MODE != "runs":
            self.go("runs")
        return None

    def do_help(self) -> None:
        from .finder import HelpScreen

        self.app.push_screen(HelpScreen(self.desk, self))

    def do_palette(self) -> None:
        from .finder import PaletteScreen

        self.app.push_screen(PaletteScreen(self.desk, self))

    async def do_theme(self) -> None:
        await self.app.run_action("next_theme")

    async def do_redraw(self) -> None:
        await self.app.run_action("redraw")

    async def do_quit(self) -> None:
        await self.app.run_action("quit")
