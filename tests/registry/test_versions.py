"""Releases: which number, when refused, and that what was agreed to is what is written."""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlver_tui.digest import canonical_json, digest_text
from mlver_tui.errors import DiffersError, MlverError, NotFoundError, RefusedError, UsageError
from mlver_tui.query.registry import find_version, list_models, list_versions
from mlver_tui.query.views import VersionView
from mlver_tui.registry.versions import plan_release, release
from mlver_tui.store.connection import close, open_writer, transaction
from mlver_tui.store.registry import read_anchor


def tag(store: Any, run_id: str, model: str = "digits", **options: Any) -> VersionView:
    return release(store.db, store.home, plan_release(store.db, store.home, run_id, model, **options), "ada")


def test_a_first_release_is_0_1_0(store: Any) -> None:
    run_id = store.add_run()
    plan = plan_release(store.db, store.home, run_id, "digits", message="it works")
    assert (plan.semver, plan.seq, plan.previous, plan.run_name) == ("0.1.0", 1, None, "brisk-otter-14")
    assert plan.warnings == ()
    assert list_models(store.db) == []
    version = release(store.db, store.home, plan, "ada")
    assert (version.ref, version.seq, version.digest) == ("digits:0.1.0", 1, plan.digest)
    assert (version.message, version.author, version.run_id) == ("it works", "ada", run_id)


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, "0.1.1"), ({"bump": "minor"}, "0.2.0"), ({"bump": "major"}, "1.0.0"), ({"version": "3.0.7"}, "3.0.7")],
)
def test_later_releases_go_up(store: Any, options: dict[str, Any], expected: str) -> None:
    tag(store, store.add_run("01ha"))
    version = tag(store, store.add_run("01hb"), **options)
    assert (version.semver, version.seq) == (expected, 2)


def test_versions_compare_as_numbers_not_as_text(store: Any) -> None:
    tag(store, store.add_run("01ha"), version="0.9.0")
    assert tag(store, store.add_run("01hb"), version="0.10.0").semver == "0.10.0"
    assert find_version(store.db, "digits:latest").semver == "0.10.0"


@pytest.mark.parametrize("version", ["0.1.0", "0.0.9", "0.0.1"])
def test_a_number_that_is_not_above_the_newest_is_refused(store: Any, version: str) -> None:
    tag(store, store.add_run("01ha"))
    with pytest.raises(RefusedError, match=r"not above digits:0\.1\.0") as caught:
        plan_release(store.db, store.home, store.add_run("01hb"), "digits", version=version)
    assert "0.1.1" in caught.value.hint


@pytest.mark.parametrize("version", ["1", "1.2", "v1.2.3", "1.2.3-rc1", "01.2.3", "1.2.3.4", "", "1.2.3\n", "-1.2.3"])
def test_a_number_that_is_no_semver_is_wrong_usage(store: Any, version: str) -> None:
    with pytest.raises(UsageError):
        plan_release(store.db, store.home, store.add_run(), "digits", version=version)


@pytest.mark.parametrize("model", ["", "a b", "../x", "a:b", "a@b", "-x", "x\n", "m'; DROP TABLE run; --", "é"])
def test_a_bad_model_name_is_wrong_usage(store: Any, model: str) -> None:
    with pytest.raises(UsageError):
        plan_release(store.db, store.home, store.add_run(), model)


def test_bump_and_version_exclude_each_other(store: Any) -> None:
    with pytest.raises(UsageError):
        plan_release(store.db, store.home, store.add_run(), "digits", bump="minor", version="1.0.0")
    with pytest.raises(UsageError):
        plan_release(store.db, store.home, store.add_run("01hb"), "digits", bump="huge")  # type: ignore[arg-type]


def test_a_running_run_is_refused(store: Any) -> None:
    with pytest.raises(RefusedError, match="still running; finish it first") as caught:
        plan_release(store.db, store.home, store.add_run(status=None), "digits")
    assert caught.value.exit_code == 3


def test_a_run_in_the_trash_and_no_run_are_refused(store: Any) -> None:
    run_id = store.add_run()
    store.db.execute("UPDATE run SET deleted = 1")
    with pytest.raises(RefusedError, match="trash"):
        plan_release(store.db, store.home, run_id, "digits")
    with pytest.raises(NotFoundError):
        plan_release(store.db, store.home, "01hnobody", "digits")


def test_the_same_content_is_not_released_twice_as_one_model(store: Any) -> None:
    run_id = store.add_run()
    tag(store, run_id)
    with pytest.raises(RefusedError, match=r"as digits:0\.1\.0"):
        plan_release(store.db, store.home, run_id, "digits")
    assert tag(store, run_id, "other").semver == "0.1.0"


def test_the_digest_is_of_the_content_not_of_the_message(store: Any) -> None:
    run_id = store.add_run()
    one = plan_release(store.db, store.home, run_id, "digits", message="one")
    two = plan_release(store.db, store.home, run_id, "other", message="two", version="4.0.0")
    assert one.digest == two.digest


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.event("01hrun", e="params", values={"lr": ("float", 0.02, "0.02")}),
        lambda store: store.event("01hrun", e="params", values={"lr": ("str", None, "0.01")}),
        lambda store: store.event("01hrun", e="summary", values={"note": ("str", None, "x")}),
        lambda store: store.log("01hrun", "loss", [0.1], first_step=3),
        lambda store: store.log("01hrun", "acc", [0.1]),
    ],
)
def test_a_run_that_changed_since_the_plan_is_refused(store: Any, change: Any) -> None:
    plan = plan_release(store.db, store.home, store.add_run(), "digits")
    with transaction(store.db, store.home):
        change(store)
    with pytest.raises(RefusedError, match="changed since"):
        release(store.db, store.home, plan, "ada")
    assert list_models(store.db) == []
    assert not home_events(store)


def home_events(store: Any) -> list[Any]:
    return list(store.db.execute("SELECT * FROM event"))


def test_a_plan_that_somebody_else_overtook_is_refused(store: Any) -> None:
    mine = plan_release(store.db, store.home, store.add_run("01ha"), "digits", version="2.0.0")
    tag(store, store.add_run("01hb", params={"lr": 1}))
    with pytest.raises(RefusedError, match="meanwhile"):
        release(store.db, store.home, mine, "ada")


def test_releases_of_many_writers_at_once_form_one_chain(store: Any) -> None:
    for number in range(8):
        store.add_run(f"01h{number}", name=f"run-{number}", params={"seed": number})
    refused: list[MlverError] = []

    def work(number: int) -> None:
        db = open_writer(store.home)
        try:
            while True:
                plan = plan_release(db, store.home, f"01h{number}", "digits")
                try:
                    release(db, store.home, plan, "ada")
                    return
                except RefusedError as error:
                    refused.append(error)
        finally:
            close(db, store.home)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    versions = list_versions(store.db, "digits")
    assert [version.seq for version in versions] == [8, 7, 6, 5, 4, 3, 2, 1]
    events = store.db.execute("SELECT id, hash FROM event ORDER BY id").fetchall()
    assert [(line.event, line.hash) for line in read_anchor(store.home).lines] == events


def test_the_manifest_holds_the_facts(store: Any) -> None:
    run_id = store.add_run(params={"lr": 0.1, "n": 1, "big": 2**70, "x": math.nan}, summary={"best": 0.5})
    version = tag(store, run_id)
    text = store.db.execute("SELECT manifest FROM version").fetchone()[0]
    assert digest_text(text) == version.digest
    assert canonical_json(json.loads(text)) == text
    manifest = version.manifest
    assert manifest["params"]["big"] == ["int", str(2**70)]
    assert manifest["params"]["x"] == ["float", "nan"]
    assert manifest["summary"]["final"] == {"best": ["float", "0.5"]}
    loss = manifest["summary"]["metrics"]["loss"]
    assert (loss["count"], loss["last"], loss["min_step"]) == (3, 0.25, 2)
    assert manifest["code"]["commit"] == "c" * 40
    assert manifest["environment"]["packages"] == 2
    assert manifest["command"]["argv"] == ["python", "train.py"]
    assert manifest["files"] == []


def test_what_was_not_recorded_is_null_and_said(store: Any) -> None:
    run_id = store.add_run(environment=None, code=None, metrics={"loss": [1.0, math.nan]}, status="failed")
    plan = plan_release(store.db, store.home, run_id, "digits", bump="minor")
    words = "\n".join(plan.warnings)
    for part in ("code was not recorded", "environment was not recorded", "failed, not finished", "loss", "0.1.0"):
        assert part in words
    assert release(store.db, store.home, plan, "ada").manifest["environment"] is None


def test_dirty_code_is_said(store: Any) -> None:
    from mlver_tui.records import Code

    plan = plan_release(store.db, store.home, store.add_run(code=Code(commit="c" * 40, dirty=True)), "digits")
    assert any("dirty" in warning for warning in plan.warnings)


def test_hostile_text_is_kept_as_data(store: Any) -> None:
    hostile = "'); DROP TABLE version; -- \x1b[31m [bold] ‮"
    version = tag(store, store.add_run(params={hostile: hostile}), message=hostile)
    assert version.message == hostile
    assert version.manifest["params"][hostile] == ["str", hostile]


@pytest.mark.parametrize("message", ["x" * 10_001, "broken \udcff"])
def test_a_message_that_cannot_be_kept_is_wrong_usage(store: Any, message: str) -> None:
    with pytest.raises(UsageError):
        plan_release(store.db, store.home, store.add_run(), "digits", message=message)


def test_an_author_of_odd_bytes_is_kept_readable(store: Any) -> None:
    plan = plan_release(store.db, store.home, store.add_run(), "digits")
    assert release(store.db, store.home, plan, "ad\udce9").author == "ad\\udce9"


def test_no_release_is_built_on_a_cut_history(store: Any) -> None:
    tag(store, store.add_run("01ha"))
    plan = plan_release(store.db, store.home, store.add_run("01hb"), "digits")
    store.force("DELETE FROM event", "DELETE FROM version")
    plan = plan_release(store.db, store.home, "01hb", "digits")
    with pytest.raises(DiffersError):
        release(store.db, store.home, plan, "ada")
    assert list_versions(store.db) == []


def test_a_release_survives_when_only_the_anchor_could_not_be_written(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_release(store.db, store.home, store.add_run("01ha"), "digits")
    with monkeypatch.context() as patch:
        patch.setattr("mlver_tui.store.registry._append_durably", _full_disk)
        assert release(store.db, store.home, plan, "ada").semver == "0.1.0"
    assert not store.home.anchor.exists()
    tag(store, store.add_run("01hb"))
    assert len(read_anchor(store.home).lines) == 2


def test_an_anchor_that_cannot_be_read_refuses_before_anything_is_written(store: Any) -> None:
    plan = plan_release(store.db, store.home, store.add_run(), "digits")
    store.home.anchor.mkdir()
    with pytest.raises(MlverError, match=r"events\.anchor"):
        release(store.db, store.home, plan, "ada")
    assert list_models(store.db) == []


def _full_disk(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    params=st.dictionaries(st.text(min_size=1, max_size=8), st.integers() | st.floats() | st.text() | st.none()),
    values=st.lists(st.floats(), min_size=1, max_size=6),
)
def test_the_same_facts_always_give_the_same_digest(store: Any, params: dict[str, Any], values: list[float]) -> None:
    store.db.execute("BEGIN")
    try:
        clean = {key: value for key, value in params.items() if _storable(key) and _storable(value)}
        add_loose(store, clean, values)
        one = plan_release(store.db, store.home, "01hloose", "digits")
        two = plan_release(store.db, store.home, "01hloose", "digits")
        assert one == two
    finally:
        store.db.execute("ROLLBACK")


def add_loose(store: Any, params: dict[str, Any], values: list[float]) -> None:
    from mlver_tui.values import encode

    store.event("01hloose", e="start", at=1, name="loose", project="p")
    encoded = {key: encode(value) for key, value in params.items()}
    store.event("01hloose", e="params", values={k: (v.kind, v.number, v.text) for k, v in encoded.items()})
    store.log("01hloose", "loss", values)
    store.event("01hloose", e="finish", at=2, status="finished", exit_code=0)


def _storable(value: object) -> bool:
    try:
        str(value).encode()
    except UnicodeEncodeError:
        return False
    return True


def test_a_store_that_is_read_only_says_so(store: Any) -> None:
    plan = plan_release(store.db, store.home, store.add_run(), "digits")
    store.db.execute("PRAGMA query_only = ON")
    with pytest.raises((MlverError, sqlite3.OperationalError)):
        release(store.db, store.home, plan, "ada")
