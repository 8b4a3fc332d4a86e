"""The keys that do something to one run, for each screen on which a run can be pointed at."""

from __future__ import annotations

from .base import Done, FrameScreen
from .verbs import copy_from_run, edit_note, edit_tags, release_run, restore_run

NEEDS_A_RUN = frozenset(("open", "release", "restore", "tags", "note", "copy", "mark"))


class RunVerbs(FrameScreen, inherit_bindings=False):
    """Release, restore, tags, note, copy, open and compare."""

    @property
    def pointed(self) -> str | None:
        """Id of the run that the screen points at."""
        return self.desk.current

    def blocked(self, name: str) -> str | None:
        if name == "compare" and len(self.desk.marked) < 2:
            return "mark two runs with space first" if self.SCREEN == "runs" else "mark two runs in 1 Runs first"
        if name in NEEDS_A_RUN and self.pointed is None:
            return "there is no run here"
        if name in ("release", "tags", "note") and self.desk.backend.read_only:
            return "this home is open for reading only"
        return None

    def do_open(self) -> Done:
        from .run_page import RunScreen

        if self.pointed:
            self.app.push_screen(RunScreen(self.desk, self.pointed))
        return None

    def do_compare(self) -> None:
        self.go("compare")

    async def do_release(self) -> None:
        await release_run(self, self._run())

    async def do_restore(self) -> None:
        await restore_run(self, self._run())

    async def do_tags(self) -> None:
        await edit_tags(self, self._run())

    async def do_note(self) -> None:
        await edit_note(self, self._run())

    async def do_copy(self) -> None:
        await copy_from_run(self, self._run())

    def _run(self) -> str:
        run_id = self.pointed
        assert run_id is not None, "blocked() lets no verb through without a run"
        return run_id
