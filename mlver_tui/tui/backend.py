"""The one door down: everything a screen may ask of the store, as awaitable methods over the database thread.

Nothing above this file knows SQL, connections or files; every text that goes up through it has been cleaned.
"""

from __future__ import annotations

import asyncio
import getpass
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from ..errors import HomeError, MlverError
from ..home import Home
from ..query.views import (
    Diff,
    Finding,
    ModelRow,
    Overview,
    ReleasePlan,
    RestorePlan,
    RestoreRow,
    RestoreVerdict,
    RunRow,
    RunView,
    VersionView,
)
from ..records import Environment, Package
from .clean_views import clean_view
from .database import Database, own_connection

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")
Bump = Literal["major", "minor", "patch"]
MAX_RENAMED = 10_000


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """The environment of a run as screens show it."""

    python: str
    """Such as `CPython 3.11.7 on linux-x86_64`."""
    packages: tuple[tuple[str, str], ...]
    """Name, and version with its origin where it is not an index."""
    problems: tuple[str, ...]


class Backend:
    """One home, one connection, one thread; restores run beside it with their own."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._database = Database(home)
        self._raw: dict[str, str] = {}
        self._release: tuple[ReleasePlan, ReleasePlan] | None = None
        self._restore: tuple[RestorePlan, RestorePlan] | None = None
        self._stopping = threading.Event()

    @property
    def read_only(self) -> bool:
        """True when the home belongs to somebody else: nothing can be tagged, released or folded."""
        return self._database.read_only

    @property
    def home_name(self) -> str:
        """The home as a person knows it, cleaned."""
        root = self._home.root
        name = root.parent.name if root.name == ".mlver" else root.name
        return clean_view(name)

    def open_soon(self) -> Future[None]:
        """Start opening in the database thread; the result is None, or the MlverError that says why not."""
        return self._database.open_soon()

    async def close(self) -> None:
        """Stop restores, let go of the store."""
        self._stopping.set()
        await self._database.close()

    async def refresh(self) -> bool:
        """Fold what training processes wrote; True if anything is new since the last call."""
        return await self._database.look()

    # runs

    async def list_runs(
        self, text: str = "", sort: str = "-started", columns: Sequence[str] = (), limit: int = 256, offset: int = 0
    ) -> list[RunRow]:
        """One window of the runs table. Raises FilterError."""
        from ..query import runs

        return await self._ask(lambda db: runs.list_runs(db, text, sort, columns=columns, limit=limit, offset=offset))

    async def count_runs(self, text: str = "") -> int:
        """How many runs a filter fits. Raises FilterError."""
        from ..query import runs

        return await self._ask(lambda db: runs.count_runs(db, text))

    async def check_filter(self, text: str) -> None:
        """Raises FilterError if the filter cannot be read."""
        from ..query import runs

        await self._ask(lambda db: runs.check_filter(text))

    async def read_run(self, run_id: str) -> RunView:
        """One run with everything but its points. Raises NotFoundError."""
        from ..query import find

        return await self._ask(lambda db: find.read_run(db, run_id))

    async def known_keys(self) -> tuple[list[str], list[str]]:
        """Names of all params, and of all metrics."""
        from ..query import runs

        return await self._ask(runs.known_keys)

    async def read_environment(self, environment_id: str | None) -> EnvironmentView | None:
        """Interpreter and packages; None if they were not recorded."""
        from ..query import snapshots

        if environment_id is None:
            return None
        return await self._ask(lambda db: _environment_view(snapshots.environment_of(db, environment_id)))

    async def set_tags(self, run_pk: int, add: Sequence[str], remove: Sequence[str]) -> None:
        """Add and take away tags."""
        from ..store import runs

        await self._write(lambda db: runs.set_tags(db, run_pk, add, [self._raw.get(tag, tag) for tag in remove]))

    async def set_notes(self, run_pk: int, text: str) -> None:
        """Replace the note of a run."""
        from ..store import runs

        await self._write(lambda db: runs.set_notes(db, run_pk, text))

    # charts and comparison

    async def overviews(
        self,
        run_pks: Sequence[int],
        key: str,
        columns: int,
        x_range: tuple[float, float] | None = None,
        section: str = "metric",
    ) -> list[Overview | None]:
        """One series in several runs, reduced to chart columns; None for a run without it."""
        from ..query import series

        raw = self._raw.get(key, key)
        return await self._ask(lambda db: [series.overview(db, pk, raw, columns, x_range, section) for pk in run_pks])

    async def step_range(self, run_pks: Sequence[int], key: str) -> tuple[int, int] | None:
        """First and last step of a series over several runs; None if none has it."""
        from ..query import series

        raw = self._raw.get(key, key)
        return await self._ask(lambda db: series.step_range(db, run_pks, raw))

    async def diff_runs(self, run_ids: Sequence[str]) -> Diff:
        """Two or more runs side by side; the first is the base."""
        from ..query import diff

        return await self._ask(lambda db: diff.diff_runs(db, run_ids))

    # registry

    async def list_models(self) -> list[ModelRow]:
        """All models."""
        from ..query import registry

        return await self._ask(registry.list_models)

    async def list_versions(self, model: str) -> list[VersionView]:
        """All versions of a model."""
        from ..query import registry

        raw = self._raw.get(model, model)
        return await self._ask(lambda db: registry.list_versions(db, raw))

    async def verify_version(self, ref: str) -> list[Finding]:
        """Check a version against what was recorded."""
        from ..registry import verify

        return await self._ask(lambda db: verify.verify_version(db, self._home, ref))

    async def plan_release(self, run_id: str, model: str, bump: Bump | None, message: str) -> ReleasePlan:
        """What a release would do. Raises RefusedError with the rule that says no."""
        from ..registry import versions

        raw = await self._database.run(
            lambda db: versions.plan_release(db, self._home, run_id, model, bump=bump, message=message)
        )
        self._release = (self._clean(raw), raw)
        return self._release[0]

    async def release(self, plan: ReleasePlan) -> VersionView:
        """Do what `plan_release` said. Raises RefusedError if the run has changed since."""
        from ..registry import versions

        self._check_writable()
        raw = _raw_plan(self._release, plan)
        return await self._ask(lambda db: versions.release(db, self._home, raw, _author()))

    # restore

    async def list_restores(self) -> list[RestoreRow]:
        """Past restores."""
        from ..query import snapshots

        return await self._ask(snapshots.list_restores)

    async def plan_restore(self, run_id: str, target: str) -> RestorePlan:
        """What a restore into `target` would do. Raises RefusedError, RestoreError."""
        from ..restore.plan import make_plan

        folder = Path(target).expanduser().absolute()
        raw = await self._database.run(lambda db: make_plan(db, self._home, run_id, folder))
        self._restore = (self._clean(raw), raw)
        return self._restore[0]

    async def restore(
        self, plan: RestorePlan, progress: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> RestoreVerdict:
        """Do what `plan_restore` said, in a thread of its own; `progress` is called in the caller's loop."""
        from ..restore.apply import restore

        loop = asyncio.get_running_loop()
        raw = _raw_plan(self._restore, plan)

        def tell(line: str) -> None:
            loop.call_soon_threadsafe(progress, clean_view(line))

        def stop() -> bool:
            return cancelled() or self._stopping.is_set()

        def work() -> RestoreVerdict:
            with own_connection(self._home) as connection:
                return restore(connection, self._home, raw, progress=tell, cancelled=stop)

        return self._clean(await asyncio.to_thread(work))

    # the thread

    async def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        return self._clean(await self._database.run(question))

    async def _write(self, change: Callable[[sqlite3.Connection], None]) -> None:
        self._check_writable()
        await self._database.write(change)

    def _check_writable(self) -> None:
        if self.read_only:
            raise HomeError(f"{self.home_name} is open for reading only", "ask its owner, or open a home of your own")

    def _clean(self, view: T) -> T:
        return clean_view(view, self._remember)

    def _remember(self, cleaned: str, raw: str) -> None:
        if len(self._raw) < MAX_RENAMED:
            self._raw[cleaned] = raw


def _raw_plan(pair: tuple[T, T] | None, shown: T) -> T:
    """The plan as the lower floors made it, for the cleaned one that a screen holds."""
    if pair is None or pair[0] is not shown:
        raise MlverError("that plan is out of date", "ask for it again")
    return pair[1]


def _environment_view(environment: Environment | None) -> EnvironmentView | None:
    if environment is None:
        return None
    python = environment.interpreter
    return EnvironmentView(
        f"{python.implementation} {python.version} on {python.platform}",
        tuple((package.name, _version_text(package)) for package in environment.packages),
        environment.problems,
    )


def _version_text(package: Package) -> str:
    told = "" if package.origin.kind in ("index", "unknown") else f"  {package.origin}"
    return package.version + told


def _author() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
