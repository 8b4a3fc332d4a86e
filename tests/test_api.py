"""`mlver.open()`: what a notebook sees."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

import mlver_tui as mlver
from mlver_tui.errors import FilterError, HomeError, NotFoundError, UsageError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[mlver.Store]:
    for number in range(3):
        with mlver.init(home=tmp_path, name=f"run-{number}", config={"lr": 10.0**-number}, capture=False) as run:
            for step in range(50):
                run.log({"loss": number + step / 100})
    with mlver.open(tmp_path) as opened:
        yield opened


def test_runs_are_newest_first_filtered_sorted_and_limited(store: mlver.Store) -> None:
    assert [run.name for run in store.runs()] == ["run-2", "run-1", "run-0"]
    assert [run.name for run in store.runs("lr < 0.5")] == ["run-2", "run-1"]
    assert [run.name for run in store.runs(sort="-max(loss)", limit=1)] == ["run-2"]
    with pytest.raises(FilterError):
        store.runs("lr <")


def test_one_run_and_its_points(store: mlver.Store) -> None:
    run = store.run("run-1")
    points = store.series(run, "loss")
    steps, values, times = points
    assert list(steps) == list(range(50))
    assert list(values) == [1 + step / 100 for step in range(50)]
    assert len(points) == len(times) == 50
    assert len(store.series("run-1", "no such metric")) == 0
    with pytest.raises(NotFoundError):
        store.run("nobody")


def test_an_overview_keeps_the_extremes(store: mlver.Store) -> None:
    view = store.overview("run-0", "loss", 5)
    assert view is not None
    assert [bucket and bucket.count for bucket in view.buckets] == [10] * 5
    assert view.buckets[4] is not None
    assert view.buckets[4].max == 0.49
    assert store.overview("run-0", "nothing", 5) is None


def test_what_is_logged_later_shows_after_refresh(store: mlver.Store, tmp_path: Path) -> None:
    with mlver.init(home=tmp_path, name="late", capture=False) as run:
        run.log({"loss": 1.0})
    assert store.refresh()
    assert store.run("late").metrics["loss"].count == 1
    assert not store.refresh()


def test_a_home_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HomeError):
        mlver.open(tmp_path / "nowhere")


def test_versions_of_a_model_nobody_made(store: mlver.Store) -> None:
    with pytest.raises(NotFoundError):
        store.versions("digits")


def test_pandas_is_asked_for_plainly_or_used(store: mlver.Store) -> None:
    if importlib.util.find_spec("pandas") is None:
        with pytest.raises(UsageError, match="pandas"):
            store.to_pandas()
    else:
        assert len(store.to_pandas()) == 3
