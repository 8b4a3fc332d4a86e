"""A backend with canned views, and a screen as text, for all tests of the app's screens."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from mlver_tui.errors import FilterError, NotFoundError, RefusedError
from mlver_tui.home import Home
from mlver_tui.query.views import (
    Bucket,
    Diff,
    DiffRow,
    Finding,
    MetricSummary,
    ModelRow,
    Overview,
    PackageVerdict,
    ReleasePlan,
    RestorePart,
    RestorePlan,
    RestoreRow,
    RestoreVerdict,
    RunRow,
    RunView,
    Scalar,
    VersionView,
)
from mlver_tui.records import Code, Command, Hardware, Missing, Value
from mlver_tui.tui.app import MlverApp
from mlver_tui.tui.backend import Backend, Bump, EnvironmentView
from mlver_tui.tui.widgets.prompt import Prompt

NAMES = ("brisk-otter-14", "calm-heron-02", "swift-fox-77", "lucid-wren-31", "merry-yak-05", "noble-crane-63")
STATUSES = ("running", "finished", "finished", "failed", "killed", "finished")
START_MS = 1_790_000_000_000
STEPS = 400
PATIENCE = 800
WAIT_S = 0.006
"""The app's short waits in tests, and how often it is looked at."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--snapshot-update", action="store_true", help="write the text snapshots of screens again")


def loss(run: int, step: int) -> float:
    return 2.3 * math.exp(-step / (60 + 25 * run)) + 0.05 * run + 0.02 * math.sin(step * (run + 3))


def series(run: int, key: str, step: int) -> float:
    if key == "train/loss":
        return loss(run, step)
    if key == "val/loss":
        return loss(run, step) * 1.1 + 0.03
    return 1 - loss(run, step) / 2.5


def summary(run: int, key: str, section: str = "metric") -> MetricSummary:
    values = [series(run, key, step) for step in range(STEPS)]
    low, high = min(values), max(values)
    return MetricSummary(
        key,
        STEPS,
        0,
        0,
        STEPS - 1,
        values[0],
        values[-1],
        low,
        values.index(low),
        high,
        values.index(high),
        sum(values) / STEPS,
        section,
    )


def view(n: int) -> RunView:
    rate = (0.1, 0.03, 0.01, 0.003, 0.1, 0.03)[n]
    return RunView(
        pk=n + 1,
        id=f"01k6zq3v8c2m5n7p9r1s4t6w{n:02d}",
        name=NAMES[n],
        project="digits",
        group="seeds" if n > 3 else None,
        job_type=None,
        status=STATUSES[n],
        stalled=False,
        start_ms=START_MS - n * 3_600_000,
        end_ms=None if n == 0 else START_MS - n * 3_600_000 + 252_000,
        heartbeat_ms=START_MS,
        tags=("baseline",) if n == 1 else (),
        notes="first try with momentum" if n == 2 else "",
        parent=None,
        source_id=None,
        deleted=False,
        params={
            "lr": Value("float", repr(rate)),
            "hidden": Value("int", str(16 << (n % 3))),
            "optim.name": Value("str", "adam" if n % 2 else "sgd"),
            "seed": Value("int", str(n)),
        },
        metrics={key: summary(n, key) for key in ("train/loss", "val/loss", "val/acc")},
        summary={},
        command=Command(("python", "train.py", "--lr", repr(rate)), "/data/digits"),
        code=Code(root="/data/digits", commit="3f9c2a7be1d04566", branch="main", dirty=n == 0),
        environment_id="e" * 64,
        hardware=Hardware("atlas", "Linux 6.8", "Ryzen 9 7950X", 16, 32, 64_000_000_000, ()),
        missing=(Missing("data", "no data was named"),),
        failure="Traceback (most recent call last):\n  …\nValueError: loss is NaN" if n == 3 else None,
        exit_code=1 if n == 3 else None,
        dropped=0,
    )


class FakeBackend(Backend):
    """Six runs, one model with two versions, one restore; every change is written down in `calls`."""

    def __init__(self, runs: int = 6) -> None:
        super().__init__(Home(Path("/nowhere/demo")))
        self.views = [view(n) for n in range(runs)]
        self.calls: list[tuple[Any, ...]] = []
        self.failing: Exception | None = None
        self.news = False
        self.models = {"digits": [version(1, "0.1.0"), version(2, "0.2.0")]} if runs else {}
        self.restores = [RestoreRow(view(1).id, NAMES[1], START_MS, "/data/restored", "exact", {"seconds": 4.2})]
        self.restore_error: Exception | None = None
        if not runs:
            self.restores = []

    async def close(self) -> None:
        self._database.forget()

    async def refresh(self) -> bool:
        if self.failing:
            raise self.failing
        news, self.news = self.news, False
        return news

    def _fitting(self, text: str) -> list[RunView]:
        if text.endswith("<"):
            raise FilterError("a value is missing after <", text, len(text) - 1, "such as lr < 0.01")
        return [run for run in self.views if text in run.name]

    async def list_runs(
        self, text: str = "", sort: str = "-started", columns: Sequence[str] = (), limit: int = 256, offset: int = 0
    ) -> list[RunRow]:
        if self.failing:
            raise self.failing
        runs = self._fitting(text)
        key = sort.lstrip("-")
        if key == "started":
            runs = sorted(runs, key=lambda run: run.start_ms, reverse=sort.startswith("-"))
        else:
            runs = sorted(runs, key=lambda run: str(_cell(run, key)), reverse=sort.startswith("-"))
        return [_row(run, columns) for run in runs[offset : offset + limit]]

    async def count_runs(self, text: str = "") -> int:
        return len(self._fitting(text))

    async def check_filter(self, text: str) -> None:
        self._fitting(text)

    async def read_run(self, run_id: str) -> RunView:
        for run in self.views:
            if run.id == run_id:
                return run
        raise NotFoundError(f"there is no run {run_id}", "see mlver-tui runs")

    async def known_keys(self) -> tuple[list[str], list[str]]:
        params = sorted({key for run in self.views for key in run.params})
        return params, sorted({key for run in self.views for key in run.metrics})

    async def read_environment(self, environment_id: str | None) -> EnvironmentView | None:
        return EnvironmentView("CPython 3.11.7 on linux-x86_64", (("numpy", "2.1.3"), ("six", "1.17.0")), ())

    async def set_tags(self, run_pk: int, add: Sequence[str], remove: Sequence[str]) -> None:
        self.calls.append(("tags", run_pk, tuple(add), tuple(remove)))

    async def set_notes(self, run_pk: int, text: str) -> None:
        self.calls.append(("note", run_pk, text))

    async def overviews(
        self,
        run_pks: Sequence[int],
        key: str,
        columns: int,
        x_range: tuple[float, float] | None = None,
        section: str = "metric",
    ) -> list[Overview | None]:
        low, high = x_range or (0.0, STEPS - 1.0)
        return [_overview(pk, key, columns, low, high) for pk in run_pks]

    async def step_range(self, run_pks: Sequence[int], key: str) -> tuple[int, int] | None:
        return (0, STEPS - 1) if run_pks else None

    async def diff_runs(self, run_ids: Sequence[str]) -> Diff:
        runs = [await self.read_run(run_id) for run_id in run_ids]
        rows: list[DiffRow] = []
        for key in ("hidden", "lr", "optim.name", "seed"):
            cells = tuple(run.params[key].text for run in runs)
            rows.append(DiffRow("params", key, cells, "same" if len(set(cells)) == 1 else "differs"))
        for key in ("train/loss", "val/acc"):
            cells = tuple(repr(round(run.metrics[key].last, 4)) for run in runs)
            rows.append(DiffRow("metrics", key, cells, "differs", "at step " + " · ".join("399" for _ in runs)))
        rows.append(DiffRow("env", "numpy", ("2.1.3",) * len(runs), "same"))
        rows.append(DiffRow("env", "torch", (None,) * len(runs), "unknown"))
        unknown = (f"environment of {runs[-1].name} was not recorded",)
        return Diff(tuple(_row(run, ()) for run in runs), tuple(rows), unknown)

    async def list_models(self) -> list[ModelRow]:
        return [ModelRow(name, len(known), known[-1].semver, START_MS) for name, known in self.models.items()]

    async def list_versions(self, model: str) -> list[VersionView]:
        return self.models[model]

    async def verify_version(self, ref: str) -> list[Finding]:
        return [Finding(ref, True, "manifest hashes to its digest"), Finding("event 2", False, "row 2 was edited")]

    async def plan_release(self, run_id: str, model: str, bump: Bump | None, message: str) -> ReleasePlan:
        run = await self.read_run(run_id)
        if run.status == "running":
            raise RefusedError(f"{run.name} is still running", "finish it first")
        known = self.models.get(model, [])
        semver = "0.1.0" if not known else "0.2.1"
        return ReleasePlan(
            run_id, run.name, model, semver, len(known) + 1, "9c" * 32, message, known[-1].semver if known else None
        )

    async def release(self, plan: ReleasePlan) -> VersionView:
        made = replace(version(plan.seq, plan.semver), model=plan.model, message=plan.message)
        self.calls.append(("release", plan.model, plan.semver, plan.message))
        self.models.setdefault(plan.model, []).append(made)
        return made

    async def list_restores(self) -> list[RestoreRow]:
        return self.restores

    async def plan_restore(self, run_id: str, target: str) -> RestorePlan:
        run = await self.read_run(run_id)
        self.calls.append(("plan", target))
        parts = (
            RestorePart("environment", "index", 12_400_000, "exact", "hashes of all 2 packages are known"),
            RestorePart("code", "git", None, "missing", "not stored: git worktree add … 3f9c2a7be1d0"),
        )
        return RestorePlan(
            run_id,
            run.name,
            target,
            "3.11.7 (/usr/bin/python3.11)",
            "uv 0.9.9",
            "pylock.toml",
            "all hashes known",
            parts,
            2,
        )

    async def restore(
        self, plan: RestorePlan, progress: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> RestoreVerdict:
        if self.restore_error:
            raise self.restore_error
        progress("making the venv")
        progress("installing 2 packages")
        packages = (
            PackageVerdict("numpy", "2.1.3", "2.1.3", "exact"),
            PackageVerdict("six", "1.17.0", "1.16.0", "degraded", "another version was installed"),
        )
        return RestoreVerdict(
            plan.run_id,
            plan.run_name,
            plan.target,
            "degraded",
            "1 of 2 packages differs from the record.",
            "pylock.toml",
            "uv 0.9.9",
            "3.11.7",
            "3.11.7",
            packages,
            4.2,
        )


def version(seq: int, semver: str) -> VersionView:
    manifest = {"schema": 1, "params": {"lr": ["float", "0.03"]}, "code": {"commit": "3f9c2a7be1d04566"}}
    return VersionView(
        "digits", seq, semver, f"{seq}f" * 32, view(1).id, NAMES[1], "better on digits", "ada", START_MS, manifest
    )


def _cell(run: RunView, key: str) -> Scalar:
    kind, _, name = key.partition(".")
    if kind == "metrics":
        return run.metrics[name].last if name in run.metrics else None
    if kind == "params":
        value = run.params.get(name)
        return None if value is None else value.number if value.number is not None else value.text
    return run.name


def _row(run: RunView, columns: Sequence[str]) -> RunRow:
    return RunRow(
        run.pk,
        run.id,
        run.name,
        run.project,
        run.group,
        run.status,
        run.stalled,
        run.start_ms,
        run.end_ms,
        run.tags,
        tuple(_cell(run, key) for key in columns),
    )


def _overview(pk: int, key: str, columns: int, low: float, high: float) -> Overview:
    buckets: list[Bucket | None] = [None] * columns
    width = (high - low) / columns or 1.0
    for step in range(STEPS):
        place = min(int((step - low) / width), columns - 1)
        if low <= step <= high:
            buckets[place] = _joined(buckets[place], series(pk - 1, key, step))
    return Overview(pk, key, low, high, tuple(buckets), STEPS - 1, series(pk - 1, key, STEPS - 1))


def _joined(bucket: Bucket | None, value: float) -> Bucket:
    if bucket is None:
        return Bucket(value, value, value, value, value, 1, 0)
    mean = (bucket.mean * bucket.count + value) / (bucket.count + 1)
    return Bucket(min(bucket.min, value), max(bucket.max, value), mean, bucket.first, value, bucket.count + 1, 0)


@pytest.fixture
def fake() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def fake_of() -> Callable[[int], FakeBackend]:
    """A backend with so many runs."""
    return FakeBackend


@pytest.fixture(autouse=True)
def frozen_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ages, times and themes that do not depend on when and where the test runs."""
    monkeypatch.setattr("time.time", lambda: (START_MS + 120_000) / 1000)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("MLVER_THEME", "dark")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("TMUX", raising=False)
    __import__("time").tzset()


@pytest.fixture
def make_app() -> Callable[..., MlverApp]:
    """An app on a backend, without the live tick."""

    def make(backend: Backend) -> MlverApp:
        return MlverApp(backend, tick_s=0)

    return make


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for a resting cursor or a second digit."""
    monkeypatch.setattr("mlver_tui.tui.screens.base.MODE_WAIT_S", WAIT_S)
    monkeypatch.setattr("mlver_tui.tui.screens.runs.PREVIEW_WAIT_S", WAIT_S)
    monkeypatch.setattr("mlver_tui.tui.screens.asked.TYPING_WAIT_S", WAIT_S)


@pytest.fixture(autouse=True)
def no_waiting_for_an_idle_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual waits for a quiet CPU after every key, which says nothing on a busy machine: `settled` asks the app."""

    async def give_way(*_: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr("textual.app.wait_for_idle", give_way)
    monkeypatch.setattr("textual.pilot.wait_for_idle", give_way)


def text_of(app: MlverApp) -> str:
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    lines = ("".join(segment.text for segment in strip)[:width].rstrip() for strip in strips[:height])
    return "\n".join(lines) + "\n"


async def wait_until(pilot: Pilot[int], condition: Callable[[], bool]) -> bool:
    """Let the app go on until the condition holds; False if it never does."""
    for _ in range(PATIENCE):
        await pilot.pause(WAIT_S)
        if condition():
            return True
    return False


async def settled(pilot: Pilot[int]) -> None:
    """Let the app go on until nothing is under way and its screen stays the same for longer than its short waits."""
    before, same = "", 0
    while same < 3:
        await pilot.pause(WAIT_S)
        now = text_of(pilot.app)  # type: ignore[arg-type]
        same = same + 1 if now == before and not busy(pilot) else 0
        before = now


def busy(pilot: Pilot[int]) -> bool:
    """True while work is under way; an action that waits for a person's answer is none."""
    asking = any(prompt.asking for prompt in pilot.app.screen.query(Prompt))
    return any(not worker.is_finished for worker in pilot.app.workers if not (asking and worker.group == "action"))


@pytest.fixture
def grid_of() -> Callable[[MlverApp], str]:
    """The screen as text."""
    return text_of


@pytest.fixture
def until() -> Callable[[Pilot[int], Callable[[], bool]], Awaitable[bool]]:
    """Wait for a condition."""
    return wait_until


@pytest.fixture
def play() -> Callable[[Pilot[int], Sequence[str]], Awaitable[None]]:
    """Press keys one by one, each on a screen that has come to rest."""

    async def press(pilot: Pilot[int], keys: Sequence[str]) -> None:
        await settled(pilot)
        for key in keys:
            await pilot.press(key)
            await settled(pilot)

    return press


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Callable[[Pilot[int], str], Awaitable[None]]:
    """Wait for the screen to show its stored text; `--snapshot-update` writes what it shows."""

    async def check(pilot: Pilot[int], name: str) -> None:
        app: Any = pilot.app
        path = Path(__file__).parent / "snapshots" / f"{name}-{app.size.width}x{app.size.height}.txt"
        if request.config.getoption("--snapshot-update"):
            await settled(pilot)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text_of(app), encoding="utf-8")
        assert path.exists(), f"no snapshot {path.name}: run with --snapshot-update and look at it"
        stored = path.read_text(encoding="utf-8")
        await wait_until(pilot, lambda: text_of(app) == stored)
        assert text_of(app) == stored

    return check
