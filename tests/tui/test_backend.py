"""The one door down, on a real store: what screens ask is answered, written, cleaned, and refused in plain words."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

import mlver_tui
from mlver_tui.errors import FilterError, HomeError, MlverError, NotFoundError, RefusedError
from mlver_tui.home import Home
from mlver_tui.tui.backend import Backend


@pytest.fixture(autouse=True)
def real_clock(monkeypatch: pytest.MonkeyPatch, frozen_clock: None) -> Iterator[None]:
    """Journals and heartbeats need the time as it is."""
    with monkeypatch.context():
        monkeypatch.undo()
        yield


def train(home: Path, rate: float, key: str = "loss", steps: int = 100) -> str:
    run = mlver_tui.init(project="digits", config={"lr": rate}, home=home, capture=False)
    for step in range(steps):
        run.log({key: rate * step}, step=step)
    run.finish()
    return str(run.id)


@pytest_asyncio.fixture
async def backend(tmp_path: Path) -> AsyncIterator[Backend]:
    opened = Backend(Home(tmp_path / "home"))
    yield opened
    await opened.close()


async def test_a_new_run_is_news_once(backend: Backend, tmp_path: Path) -> None:
    await backend.refresh()
    run_id = train(tmp_path / "home", 0.1)
    assert await backend.refresh()
    assert not await backend.refresh()
    assert [row.id for row in await backend.list_runs()] == [run_id]
    assert await backend.count_runs("lr < 1") == 1
    assert await backend.known_keys() == (["lr"], ["loss"])


async def test_columns_come_in_order(backend: Backend, tmp_path: Path) -> None:
    train(tmp_path / "home", 0.5)
    await backend.refresh()
    (row,) = await backend.list_runs(columns=["metrics.loss", "params.lr", "params.absent"])
    assert row.values == (49.5, 0.5, None)


async def test_a_wrong_filter_says_where(backend: Backend) -> None:
    with pytest.raises(FilterError) as caught:
        await backend.check_filter("lr <")
    assert caught.value.position >= 3


async def test_overviews_of_several_runs(backend: Backend, tmp_path: Path) -> None:
    first, second = train(tmp_path / "home", 0.1), train(tmp_path / "home", 0.2, key="other")
    await backend.refresh()
    pks = [(await backend.read_run(run_id)).pk for run_id in (first, second)]
    assert await backend.step_range(pks, "loss") == (0, 99)
    drawn, absent = await backend.overviews(pks, "loss", 10)
    assert drawn is not None
    assert sum(bucket.count for bucket in drawn.buckets if bucket) == 100
    assert absent is None


async def test_a_metric_with_a_hostile_name_can_still_be_drawn(backend: Backend, tmp_path: Path) -> None:
    run_id = train(tmp_path / "home", 0.1, key="loss\x1b[2J")
    await backend.refresh()
    run = await backend.read_run(run_id)
    (shown,) = run.metrics
    assert "\x1b" not in shown
    (overview,) = await backend.overviews([run.pk], shown, 4)
    assert overview is not None


async def test_tags_and_notes_are_kept(backend: Backend, tmp_path: Path) -> None:
    run_id = train(tmp_path / "home", 0.1)
    await backend.refresh()
    pk = (await backend.read_run(run_id)).pk
    await backend.set_tags(pk, ["good", "old"], [])
    await backend.set_tags(pk, [], ["old"])
    await backend.set_notes(pk, "a note")
    run = await backend.read_run(run_id)
    assert (run.tags, run.notes) == (("good",), "a note")


async def test_a_release_is_planned_made_and_verified(backend: Backend, tmp_path: Path) -> None:
    run_id = train(tmp_path / "home", 0.1)
    await backend.refresh()
    plan = await backend.plan_release(run_id, "digits", None, "first")
    assert (plan.semver, plan.seq) == ("0.1.0", 1)
    version = await backend.release(plan)
    assert [model.name for model in await backend.list_models()] == ["digits"]
    assert (await backend.list_versions("digits"))[0].digest == version.digest
    assert all(finding.ok for finding in await backend.verify_version("digits:0.1.0"))
    with pytest.raises(RefusedError):
        await backend.plan_release(run_id, "digits", "patch", "again")


async def test_only_the_plan_that_was_shown_is_carried_out(backend: Backend, tmp_path: Path) -> None:
    run_id = train(tmp_path / "home", 0.1)
    await backend.refresh()
    old = await backend.plan_release(run_id, "digits", None, "one")
    await backend.plan_release(run_id, "digits", None, "two")
    with pytest.raises(MlverError, match="out of date"):
        await backend.release(old)


async def test_two_runs_differ_in_their_rate(backend: Backend, tmp_path: Path) -> None:
    ids = [train(tmp_path / "home", rate) for rate in (0.1, 0.2)]
    await backend.refresh()
    diff = await backend.diff_runs(ids)
    assert [(row.key, row.cells) for row in diff.of("params")] == [("lr", ("0.1", "0.2"))]


async def test_no_such_run(backend: Backend) -> None:
    with pytest.raises(NotFoundError):
        await backend.read_run("01k0000000000000000000000a")


async def test_a_home_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    backend = Backend(Home(tmp_path / "file"))
    with pytest.raises(HomeError, match="is a file"):
        backend.open_soon().result()
    await backend.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_home_of_somebody_else_is_read_only(tmp_path: Path) -> None:
    train(tmp_path / "home", 0.1)
    first = Backend(Home(tmp_path / "home"))
    await first.refresh()
    await first.close()
    (tmp_path / "home").chmod(0o500)
    backend = Backend(Home(tmp_path / "home"))
    rows = await backend.list_runs()
    assert backend.read_only
    with pytest.raises(HomeError, match="reading only"):
        await backend.set_notes(rows[0].pk, "no")
    await backend.close()
    (tmp_path / "home").chmod(0o700)


def test_the_home_is_named_by_its_project() -> None:
    assert Backend(Home(Path("/data/vision/.mlver"))).home_name == "vision"
    assert Backend(Home(Path("/srv/demo"))).home_name == "demo"


async def test_a_store_that_is_gone_is_said_and_one_that_takes_its_place_is_shown(
    backend: Backend, tmp_path: Path
) -> None:
    train(tmp_path / "home", 0.1)
    await backend.refresh()
    other = train(tmp_path / "other", 0.2)
    with mlver_tui.open(tmp_path / "other"):
        pass
    for name in ("runs.db", "runs.db-wal", "runs.db-shm"):
        (tmp_path / "home" / name).unlink(missing_ok=True)
    with pytest.raises(MlverError, match="was removed"):
        await backend.refresh()
    os.rename(tmp_path / "other" / "runs.db", tmp_path / "home" / "runs.db")
    assert await backend.refresh()
    assert [row.id for row in await backend.list_runs()] == [other]
