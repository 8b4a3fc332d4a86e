"""Every edit behind our back is found, at its exact place; what is merely unfinished or went on is not an alarm."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import shutil
import subprocess
from typing import Any

import pytest

from mlver_tui.digest import canonical_json, digest_text
from mlver_tui.errors import NotFoundError
from mlver_tui.query.views import Finding
from mlver_tui.registry.verify import verify_chain, verify_run, verify_store, verify_version
from mlver_tui.registry.versions import plan_release, release
from mlver_tui.store.connection import transaction
from mlver_tui.store.registry import GENESIS, EventRecord


def tag(store: Any, run_id: str, model: str = "digits", **options: Any) -> str:
    return release(store.db, store.home, plan_release(store.db, store.home, run_id, model, **options), "ada").ref


@pytest.fixture
def released(store: Any) -> Any:
    """A store with three releases of three runs."""
    for number in (1, 2, 3):
        tag(store, store.add_run(f"01h{number}", name=f"run-{number}", params={"seed": number}), message="fine")
    return store


def bad(findings: list[Finding]) -> str:
    assert findings
    return "\n".join(f"{finding.subject}: {finding.detail}" for finding in findings if not finding.ok)


def everything(store: Any) -> str:
    return bad(verify_store(store.db, store.home))


def test_an_honest_store_verifies(released: Any) -> None:
    findings = verify_store(released.db, released.home)
    assert bad(findings) == ""
    subjects = {finding.subject for finding in findings}
    assert {"database", "schema", "history", "digits:0.1.0", "digits:0.1.2", "run run-1"} <= subjects
    assert bad(verify_version(released.db, released.home, "digits:v2")) == ""
    assert bad(verify_chain(released.db, released.home)) == ""
    assert bad(verify_run(released.db, released.home, "01h1")) == ""


def test_an_empty_store_verifies(store: Any) -> None:
    assert everything(store) == ""


def test_progress_is_told(released: Any) -> None:
    seen: list[tuple[int, int]] = []
    verify_store(released.db, released.home, lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] == len(seen)


def test_what_does_not_exist_is_not_a_finding(released: Any) -> None:
    with pytest.raises(NotFoundError):
        verify_version(released.db, released.home, "digits:9.9.9")
    with pytest.raises(NotFoundError):
        verify_run(released.db, released.home, "01hnobody")


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ("UPDATE version SET message = 'better' WHERE seq = 2", "message"),
        ("UPDATE version SET author = 'eve' WHERE seq = 2", "author"),
        ("UPDATE version SET created_ms = 1 WHERE seq = 2", "created_ms"),
        ("UPDATE version SET run = '01h1' WHERE seq = 2", "run"),
        ("UPDATE version SET digest = 'x' WHERE seq = 2", "digest"),
        ("UPDATE version SET seq = 9 WHERE seq = 2", "seq"),
        ("UPDATE version SET manifest = replace(manifest, '\"seed\"', '\"feed\"') WHERE seq = 2", "manifest"),
        ("UPDATE version SET manifest = x'ff00' WHERE seq = 2", ""),
        ("UPDATE version SET manifest = '[' WHERE seq = 2", "manifest"),
        ("UPDATE version SET digest = 5, author = 7 WHERE seq = 2", "digest"),
    ],
)
def test_an_edited_version_is_named(released: Any, statement: str, column: str) -> None:
    released.force(statement)
    found = bad(verify_version(released.db, released.home, "digits:0.1.1"))
    assert found.startswith("digits:0.1.1")
    assert column in found
    assert "digits:0.1.1" in everything(released)
    assert bad(verify_version(released.db, released.home, "digits:0.1.0")) == ""


def test_a_new_manifest_with_a_fitting_digest_is_still_found(released: Any) -> None:
    text = released.db.execute("SELECT manifest FROM version WHERE seq = 2").fetchone()[0]
    forged = json.loads(text)
    forged["params"]["seed"] = ["int", "99"]
    new = canonical_json(forged)
    released.db.execute("DROP TRIGGER version_no_update")
    released.db.execute("UPDATE version SET manifest = ?, digest = ? WHERE seq = 2", (new, digest_text(new)))
    found = bad(verify_version(released.db, released.home, "digits:0.1.1"))
    assert "digest: is" in found
    assert "param 'seed' was" in found


def test_a_removed_version_is_named(released: Any) -> None:
    released.force("DELETE FROM version WHERE seq = 2")
    expected = "event 2 records its release, but it is missing from table version"
    assert expected in everything(released)
    assert expected in bad(verify_version(released.db, released.home, "digits:0.1.1"))


def test_an_added_version_is_named(released: Any) -> None:
    released.force(
        "INSERT INTO version SELECT 77, model, 77, '7.7.7', digest, run, message, author, created_ms, manifest "
        "FROM version WHERE seq = 1"
    )
    assert "digits:7.7.7: table version has it, but no event records its release" in everything(released)


def test_a_renamed_model_is_named(released: Any) -> None:
    released.force("UPDATE model SET name = 'stolen'")
    assert "stolen:0.1.1" in everything(released)
    assert "digits:0.1.1: event 2 records its release" in everything(released)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE event SET actor = 'eve' WHERE id = 2", "event 2: hash does not fit"),
        ("UPDATE event SET body = body || ' ' WHERE id = 2", "event 2: hash does not fit"),
        ("UPDATE event SET body = x'00' WHERE id = 2", "event 2: hash does not fit"),
        ("UPDATE event SET prev = hash WHERE id = 2", "event 2: prev is not the hash"),
        ("UPDATE event SET hash = 'x' WHERE id = 2", "event 3: prev is not the hash"),
        ("DELETE FROM event WHERE id = 2", "event 3: event 2 before it: missing"),
        ("DELETE FROM event WHERE id < 3", "event 3: events 1 to 2 before it: missing"),
        ("UPDATE event SET id = 20 WHERE id = 3", "event 20: events 3 to 19 before it: missing"),
    ],
)
def test_an_edited_event_is_named(released: Any, statement: str, words: str) -> None:
    released.force(statement)
    assert words in bad(verify_chain(released.db, released.home))
    assert words in everything(released)


def test_rows_cut_from_the_end_together_with_their_events_are_caught_by_the_anchor(released: Any) -> None:
    released.force("DELETE FROM version WHERE seq = 3", "DELETE FROM event WHERE id = 3")
    found = bad(verify_chain(released.db, released.home))
    assert found == "events.anchor line 3: knows event 3, which is missing from table event"


def test_a_history_that_was_forged_with_all_its_hashes_is_caught_by_the_anchor(released: Any) -> None:
    rows = released.db.execute("SELECT id, at_ms, actor, kind, subject, body, prev FROM event ORDER BY id").fetchall()
    released.force("DELETE FROM event")
    prev = GENESIS
    for row in rows:
        event = dataclasses.replace(EventRecord(*row), actor="eve", prev=prev)
        prev = event.digest()
        values = (*row[:2], "eve", *row[3:6], event.prev, prev)
        released.db.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    assert bad(verify_chain(released.db, released.home)).splitlines() == [
        f"events.anchor line {number}: event {number} is not the one that was anchored" for number in (1, 2, 3)
    ]


def test_an_old_database_put_back_is_caught(released: Any, tmp_path: Any) -> None:
    copy = tmp_path / "old.db"
    released.db.execute("VACUUM INTO ?", (str(copy),))
    tag(released, released.add_run("01h4", name="run-4"))
    released.db.close()
    for suffix in ("-wal", "-shm"):
        released.home.database.with_name("runs.db" + suffix).unlink(missing_ok=True)
    shutil.copy(copy, released.home.database)
    from mlver_tui.store.connection import open_writer

    released.db = open_writer(released.home)
    assert "knows event 4, which is missing" in bad(verify_chain(released.db, released.home))


@pytest.mark.parametrize("left", [0, 1, 30, 66])
def test_an_anchor_that_a_kill_left_behind_is_no_alarm(released: Any, left: int) -> None:
    *lines, last = released.home.anchor.read_text().splitlines(keepends=True)
    released.home.anchor.write_text("".join(lines) + last[:left])
    assert bad(verify_chain(released.db, released.home)) == ""
    tag(released, released.add_run("01h4", name="run-4"))
    assert bad(verify_chain(released.db, released.home)) == ""
    assert len(released.home.anchor.read_text().split()) >= 8


def test_zeros_that_a_power_loss_left_are_no_alarm(released: Any) -> None:
    *lines, _ = released.home.anchor.read_bytes().splitlines(keepends=True)
    released.home.anchor.write_bytes(b"".join(lines) + b"\0" * 67)
    tag(released, released.add_run("01h4", name="run-4"))
    assert bad(verify_chain(released.db, released.home)) == ""


@pytest.mark.parametrize("keep", [0, 1])
def test_an_anchor_that_lost_more_than_a_kill_can_cost_is_named(released: Any, keep: int) -> None:
    lines = released.home.anchor.read_text().splitlines(keepends=True)
    released.home.anchor.write_text("".join(lines[:keep]))
    assert f"ends at event {keep}, but the history goes on to 3" in bad(verify_chain(released.db, released.home))


def test_an_anchor_that_is_gone_is_named(released: Any) -> None:
    released.home.anchor.unlink()
    assert "events.anchor: is missing" in bad(verify_chain(released.db, released.home))


@pytest.mark.parametrize("line", ["3 " + "a" * 64, "garbage", "-1 x", "\x1b[31m", "99999999999999999999 " + "a" * 64])
def test_a_foreign_line_in_the_anchor_is_named(released: Any, line: str) -> None:
    with released.home.anchor.open("a") as file:
        file.write(line + "\n")
    assert "events.anchor line 4" in bad(verify_chain(released.db, released.home))


def test_an_anchor_that_cannot_be_read_is_a_finding(released: Any) -> None:
    released.home.anchor.unlink()
    released.home.anchor.mkdir()
    assert "events.anchor: cannot be read" in bad(verify_chain(released.db, released.home))


@pytest.mark.parametrize("trigger", ["version_no_update", "version_no_delete", "version_no_replace", "event_no_update"])
def test_a_missing_trigger_is_named(released: Any, trigger: str) -> None:
    released.db.execute(f"DROP TRIGGER {trigger}")
    assert f"schema: trigger {trigger} is gone" in everything(released)


def test_a_weakened_or_added_trigger_is_named(released: Any) -> None:
    released.db.execute("DROP TRIGGER version_no_update")
    released.db.execute("CREATE TRIGGER version_no_update BEFORE UPDATE ON version WHEN 0 BEGIN SELECT 1; END")
    released.db.execute("CREATE TRIGGER silent AFTER INSERT ON run BEGIN UPDATE run SET notes = ''; END")
    found = everything(released)
    assert "trigger version_no_update is not as it was made" in found
    assert "trigger silent was added" in found


def test_a_table_made_anew_is_named(released: Any) -> None:
    released.force(
        "ALTER TABLE version RENAME TO other", "CREATE TABLE version AS SELECT * FROM other", "DROP TABLE other"
    )
    assert "schema: table version is not as it was made" in everything(released)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE param SET text = '2', num = 2 WHERE run = 1", 'param \'seed\' was ["int","1"]'),
        ("DELETE FROM param WHERE run = 1", "param 'seed' is gone"),
        ("INSERT INTO param VALUES (1, 'new', 'int', 1, '1')", "param 'new' was added"),
        ("INSERT INTO final VALUES (1, 'acc', 'float', 1.0, '1.0')", "final value 'acc' was added"),
        ("UPDATE snapshot SET code = replace(code, 'main', 'other') WHERE run = 1", 'code.branch was "main"'),
        ("UPDATE snapshot SET code = NULL WHERE run = 1", "code is gone"),
        ("UPDATE run SET environment = NULL WHERE pk = 1", "environment is gone"),
        ("UPDATE environment SET record = replace(record, '2.1.0', '2.1.1')", "environment.sha256"),
        ("UPDATE snapshot SET command = replace(command, 'train', 'other') WHERE run = 1", "command.argv"),
        ("UPDATE run SET status = 'failed' WHERE pk = 1", "status"),
        ("UPDATE run SET start_ms = 5 WHERE pk = 1", "run.start_ms was"),
        ("UPDATE run SET id = '01hx' WHERE pk = 1", "there is no run 01h1"),
        ("UPDATE snapshot SET command = '[' WHERE run = 1", "command is gone"),
        ("UPDATE series SET last = 0.001 WHERE run = 1", "metric 'loss': last was 0.25"),
        ("UPDATE series SET vsum = 0.001 WHERE run = 1", "metric 'loss': mean was"),
        ("DELETE FROM series WHERE run = 1", "metric 'loss' is gone"),
        ("DELETE FROM chunk WHERE series = 1", "metric 'loss' had 3 points, has 0"),
        ("UPDATE chunk SET vals = zeroblob(24) WHERE series = 1", "its points are not the released ones"),
        ("UPDATE chunk SET first_step = 7 WHERE series = 1", "its points are not the released ones"),
        ("UPDATE chunk SET first_time = first_time + 64 WHERE series = 1", "its points are not the released ones"),
        ("UPDATE chunk SET vals = x'00' WHERE series = 1", "cannot be compared"),
    ],
)
def test_an_edit_of_the_released_run_is_named(released: Any, statement: str, words: str) -> None:
    released.force("PRAGMA foreign_keys = OFF", statement)
    assert words in bad(verify_version(released.db, released.home, "digits:0.1.0"))


def test_a_run_that_went_on_after_its_release_is_fine(released: Any) -> None:
    with transaction(released.db, released.home):
        released.event("01h1", e="resume", at=1_800_000_000_000, process={})
        released.log("01h1", "loss", [0.2] * 2000, first_step=3)
        released.log("01h1", "acc", [0.9])
        released.event("01h1", e="params", values={"extra": ("int", 1.0, "1")})
    findings = verify_version(released.db, released.home, "digits:0.1.0")
    assert bad(findings) == ""
    assert "the run went on after the release; the released part is intact" in [finding.detail for finding in findings]
    assert everything(released) == ""


def test_a_run_that_went_on_does_not_hide_an_edit(released: Any) -> None:
    with transaction(released.db, released.home):
        released.log("01h1", "loss", [0.2], first_step=3)
        released.event("01h1", e="params", values={"seed": ("int", 5.0, "5")})
    assert "param 'seed' was" in bad(verify_version(released.db, released.home, "digits:0.1.0"))


def test_a_rename_and_a_tag_and_a_note_are_no_alarm(released: Any) -> None:
    with transaction(released.db, released.home):
        released.event("01h1", e="name", name="better-name")
        released.event("01h1", e="tags", add=["baseline"])
        released.event("01h1", e="notes", notes="looked at it")
    assert everything(released) == ""


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE param SET num = 99 WHERE run = 1", "table param, key 'seed': num is 99.0"),
        ("UPDATE run SET git_dirty = 1 WHERE pk = 1", "git_dirty is 1"),
        ("UPDATE run SET git_commit = 'x' WHERE pk = 1", "git_commit is 'x'"),
        ("UPDATE series SET n = 4 WHERE run = 1", "series 1"),
        ("UPDATE series SET last = 0.001 WHERE run = 1", "series 1: last is 0.001"),
        ("UPDATE series SET vmin_step = 0 WHERE run = 1", "series 1: min_step is 0"),
        ("UPDATE chunk SET vals = zeroblob(24) WHERE series = 1", "chunk 1"),
        ("UPDATE chunk SET crc = 1 WHERE series = 1", "chunk 1"),
        ("DELETE FROM chunk WHERE series = 1", "metric 'loss'"),
        ("UPDATE package SET version = '9' WHERE name = 'numpy'", "numpy 9 is not in the record"),
        ("DELETE FROM package WHERE name = 'numpy'", "numpy 2.1.0 is missing"),
        ("UPDATE environment SET record = '{'", "environment eeeeeeeeeeee: cannot be read"),
        ("DELETE FROM environment", "is missing"),
    ],
)
def test_an_edit_of_a_run_is_named(released: Any, statement: str, words: str) -> None:
    released.force("PRAGMA foreign_keys = OFF", statement)
    assert words in bad(verify_run(released.db, released.home, "01h1"))
    assert words in everything(released)


def test_a_row_without_its_parent_is_named(released: Any) -> None:
    released.force("PRAGMA foreign_keys = OFF", "INSERT INTO tag VALUES (99, 'lost')")
    assert "its run is missing" in everything(released)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE span SET vmax = 99 WHERE size = 8192 AND seq = 8192", "summary of 8,192 points from 8,192 on"),
        ("UPDATE span SET vsum = vsum + 1 WHERE seq = 0", "summary of 8,192 points from 0 on"),
        ("DELETE FROM span WHERE seq = 0", "summary of 8,192 points from 0 on"),
        ("UPDATE chunk SET step_max = 5 WHERE seq = 1024", "its summary does not fit its points"),
        ("UPDATE chunk SET last = 5 WHERE seq = 1024", "its summary does not fit its points"),
        ("UPDATE chunk SET vsum = NULL WHERE seq = 1024", "its summary does not fit its points"),
        ("UPDATE snapshot SET hardware = '{'", "table snapshot, hardware: cannot be read as JSON"),
    ],
)
def test_what_an_overview_is_drawn_from_is_checked(released: Any, statement: str, words: str) -> None:
    released.add_run("01hl", name="long", metrics={"long": [math.sin(place) for place in range(20_000)]})
    assert everything(released) == ""
    released.force(statement)
    assert words in everything(released)


def test_a_damaged_page_is_a_finding(released: Any) -> None:
    for number in range(300):
        released.add_run(f"01hm{number:04}", name=f"many-{number}", params={f"key{i}": "v" * 50 for i in range(10)})
    released.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    released.db.close()
    size = released.home.database.stat().st_size
    with released.home.database.open("r+b") as file:
        for page in range(60, size // 4096, 5):  # behind the schema: without that nothing can be opened
            file.seek(page * 4096)
            file.write(os.urandom(4096))
    from mlver_tui.store.connection import open_writer

    released.db = open_writer(released.home)
    assert "database: " in everything(released)


def test_the_stock_shell_can_force_an_edit_but_not_hide_it(released: Any) -> None:
    if not shutil.which("sqlite3"):
        pytest.skip("no sqlite3 shell here")
    script = "DROP TRIGGER version_no_update; UPDATE version SET message = 'forged' WHERE seq = 1;"
    subprocess.run(["sqlite3", str(released.home.database), script], check=True, capture_output=True)
    found = everything(released)
    assert "schema: trigger version_no_update is gone" in found
    assert "digits:0.1.0: table version, message: is 'forged', but event 1 recorded 'fine'" in found


def test_infinities_of_both_signs_have_no_mean_and_still_verify(store: Any) -> None:
    tag(store, store.add_run(metrics={"loss": [float("inf"), float("-inf"), 1.0]}))
    assert everything(store) == ""


def test_a_fold_in_the_middle_of_a_check_is_not_taken_for_damage(
    released: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlver_tui.store import metrics
    from mlver_tui.store.connection import close, open_writer

    real = metrics.check_series

    def fold_first(connection: Any, series: int) -> list[str]:
        other = open_writer(released.home)
        with transaction(other, released.home):
            other.execute("UPDATE series SET n = n + 1 WHERE id = ?", (series,))
        close(other, released.home)
        return real(connection, series)

    monkeypatch.setattr("mlver_tui.registry.integrity.check_series", fold_first)
    assert bad(verify_run(released.db, released.home, "01h1")) == ""
