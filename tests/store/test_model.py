"""Any sequence of log, fork, kill, damage to the folder, fold, resume and verify agrees with a dict."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import mlver_tui as mlver
from mlver_tui.home import Home
from mlver_tui.registry.verify import verify_store
from mlver_tui.shim.run import Run
from mlver_tui.store.connection import close, open_writer
from mlver_tui.store.fold import fold
from mlver_tui.store.rebuild import rebuild

numbers = st.floats(allow_nan=False)
steps = st.one_of(st.none(), st.integers(-5, 5), st.integers(-(1 << 63), (1 << 63) - 1))
metrics = st.dictionaries(st.sampled_from(["loss", "acc", "val/loss", "é"]), numbers, min_size=1, max_size=3)
calls = st.lists(st.tuples(metrics, steps), min_size=1, max_size=4)

Points = list[tuple[int, float]]


class Model:
    """One run as it must be in the store."""

    def __init__(self) -> None:
        self.points: dict[str, Points] = {}
        self.next = 0
        self.status = "running"

    def log(self, values: dict[str, float], step: int | None) -> None:
        at = min(self.next, (1 << 63) - 1) if step is None else step
        self.next = at + 1
        for key, value in values.items():
            self.points.setdefault(key, []).append((at, value))

    def resume(self) -> None:
        lasts = [points[-1][0] for points in self.points.values()]
        self.next = max(lasts, default=-1) + 1
        self.status = "running"


class Store(RuleBasedStateMachine):
    """Runs here and in forked processes that are killed; the folder suffers, the database is folded and rebuilt."""

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="mlver-model-"))
        self.home = Home(self.root / "home")
        self.models: dict[str, Model] = {}
        self.open: dict[str, Run] = {}
        self.forks = 0

    @rule(calls=calls)
    def start(self, calls: list[tuple[dict[str, float], int | None]]) -> None:
        name = f"r{len(self.models)}"
        self.models[name] = Model()
        self.open[name] = mlver.init(name=name, home=self.home.root, capture=False)
        self._log(name, calls)

    @rule(calls=calls, data=st.data())
    def log(self, calls: list[tuple[dict[str, float], int | None]], data: st.DataObject) -> None:
        if self.open:
            self._log(data.draw(st.sampled_from(sorted(self.open))), calls)

    @rule(calls=calls, data=st.data())
    def log_in_a_forked_child(self, calls: list[tuple[dict[str, float], int | None]], data: st.DataObject) -> None:
        if not self.open:
            return
        name = data.draw(st.sampled_from(sorted(self.open)))
        self.forks += 1  # names of its own: between processes at work at once there is no order to keep
        own = [({f"c{self.forks}/{key}": value for key, value in values.items()}, step) for values, step in calls]
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                for values, step in own:
                    self.open[name].log(values, 7 if step is None else step)
                os._exit(0)
            os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        for values, step in own:
            before = self.models[name].next
            self.models[name].log(values, 7 if step is None else step)
            self.models[name].next = before

    @rule(calls=calls)
    def a_process_that_is_killed(self, calls: list[tuple[dict[str, float], int | None]]) -> None:
        name = f"r{len(self.models)}"
        model = self.models[name] = Model()
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                run = mlver.init(name=name, home=self.home.root, capture=False)
                for values, step in calls:
                    run.log(values, step)
            os.kill(os.getpid(), 9)
        os.waitpid(child, 0)
        for values, step in calls:
            model.log(values, step)
        model.status = "killed"

    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        if self.open:
            name = data.draw(st.sampled_from(sorted(self.open)))
            self.open.pop(name).finish()
            self.models[name].status = "finished"

    @rule(data=st.data(), calls=calls)
    def resume(self, data: st.DataObject, calls: list[tuple[dict[str, float], int | None]]) -> None:
        over = sorted(self.models.keys() - self.open.keys())
        if over:
            name = data.draw(st.sampled_from(over))
            self.open[name] = mlver.init(resume=name, home=self.home.root, capture=False)
            self.models[name].resume()
            self._log(name, calls)

    @rule()
    def fold(self) -> None:
        self._fold()

    @rule()
    def journals_are_removed_under_the_runs(self) -> None:
        self._fold()  # so that runs which are over keep what they have
        for path in list(self.home.journals.glob("*")) if self.home.journals.is_dir() else ():
            path.unlink()
        for run in self.open.values():
            assert run._writer is not None
            run._writer.sync()

    @rule()
    def rebuild(self) -> None:
        if self.home.database.exists():
            rebuild(self.home)

    @invariant()
    def agrees(self) -> None:
        if not getattr(self, "models", None):
            return
        self._fold()
        with mlver.open(self.home.root) as store:
            found = {run.name: run for run in store.runs()}
            assert found.keys() == self.models.keys()
            for name, model in self.models.items():
                assert found[name].status == model.status
                assert found[name].metrics.keys() == model.points.keys()
                for key, points in model.points.items():
                    series = store.series(found[name], key)
                    assert list(zip(series.step, series.value, strict=True)) == points

    def teardown(self) -> None:
        if not hasattr(self, "root"):
            return
        connection = open_writer(self.home)
        bad = [finding for finding in verify_store(connection, self.home) if not finding.ok]
        close(connection, self.home)
        for run in self.open.values():
            run.finish()
        shutil.rmtree(self.root)
        assert not bad

    def _log(self, name: str, calls: list[tuple[dict[str, float], int | None]]) -> None:
        for values, step in calls:
            self.open[name].log(values, step)
            self.models[name].log(values, step)

    def _fold(self) -> None:
        connection = open_writer(self.home)
        try:
            while fold(connection, self.home):
                continue
        finally:
            close(connection, self.home)


def check(examples: int, length: int) -> None:
    run_state_machine_as_test(
        Store,
        settings=settings(
            max_examples=examples,
            stateful_step_count=length,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


def test_some_sequences_agree_with_a_dict() -> None:
    check(30, 6)


@pytest.mark.slow
def test_a_thousand_sequences_agree_with_a_dict() -> None:
    check(1000, 12)
