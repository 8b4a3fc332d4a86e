"""Damage: every byte of a journal, pages of the database, records of no sense. Harmless, or named and counted."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mlver_tui as mlver
from mlver_tui import clock
from mlver_tui.errors import StoreError
from mlver_tui.home import Home
from mlver_tui.process import current
from mlver_tui.query.series import read_series
from mlver_tui.records import to_json
from mlver_tui.registry.verify import verify_store
from mlver_tui.shim.writer import JournalWriter
from mlver_tui.store import journal
from mlver_tui.store.connection import close, open_writer
from mlver_tui.store.fold import fold
from mlver_tui.store.rebuild import rebuild

Facts = dict[str, Any]
STEPS = 20


def write_run(home: Home, steps: int = STEPS, name: str = "r") -> Path:
    """The journal of a finished run, as the shim writes it."""
    writer = JournalWriter(home.journals, clock.new_id())
    writer.event("start", name=name, project="p", process=to_json(current()))
    writer.event("params", values={"lr": ["float", 0.1, "0.1"]})
    for step in range(steps):
        number, pack = writer.define(("loss", "acc") if step % 2 else ("loss",))
        writer.append(pack(journal.POINTS, number, step, 1.7e9, *([step * 0.5] * (1 + step % 2))))
    writer.event("finish", status="finished")
    path = next(path for path in home.journals.iterdir() if path.name.startswith(writer.run_id))
    writer.close()
    return path


def facts(connection: sqlite3.Connection) -> Facts:
    """What a person can see of all runs."""
    found: Facts = {}
    for pk, name, status in connection.execute("SELECT pk, name, status FROM run").fetchall():
        keys = [key for (key,) in connection.execute("SELECT key FROM series WHERE run = ? ORDER BY key", (pk,))]
        points = {key: list(zip(*read_series(connection, pk, key), strict=True)) for key in keys}
        params = connection.execute("SELECT key, text FROM param WHERE run = ?", (pk,)).fetchall()
        found[name] = (status, params, points)
    return found


def folded(home: Home) -> tuple[Facts, int, str, list[str]]:
    """(facts, damaged bytes, warnings, what verify finds) after folding all."""
    connection = open_writer(home)
    try:
        while fold(connection, home):
            continue
        damaged = connection.execute("SELECT coalesce(sum(damaged_bytes), 0) FROM journal").fetchone()[0]
        warnings = " ".join(text for (text,) in connection.execute("SELECT warnings FROM snapshot"))
        bad = [f"{finding.subject}: {finding.detail}" for finding in verify_store(connection, home) if not finding.ok]
        return facts(connection), damaged, warnings, bad
    finally:
        close(connection, home)


def check_each_byte(tmp_path: Path, step: int) -> None:
    pattern = Home(tmp_path / "pattern").create()
    path = write_run(pattern)
    whole = path.read_bytes()
    template = Home(tmp_path / "template").create()
    close(open_writer(template), template)
    expected = folded(pattern)[0]["r"]
    for position in range(0, len(whole), step):
        home = Home(tmp_path / "flipped")
        shutil.copytree(template.root, home.root)
        broken = bytearray(whole)
        broken[position] ^= 0x55
        (home.journals / path.name).write_bytes(broken)
        found, damaged, warnings, bad = folded(home)
        assert not bad, position
        if list(found.values()) != [expected]:
            assert damaged > 0, position
            assert "could not be read" in warnings, position
        lost = sum(map(len, expected[2].values())) - sum(len(p) for run in found.values() for p in run[2].values())
        assert 0 <= lost <= 2, position  # a damaged frame costs itself only
        for run in found.values():
            assert all(set(points) <= set(expected[2][key]) for key, points in run[2].items()), position
        shutil.rmtree(home.root)


def test_some_bytes_of_a_journal_flipped(tmp_path: Path) -> None:
    check_each_byte(tmp_path, 67)


@pytest.mark.slow
def test_every_byte_of_a_journal_flipped(tmp_path: Path) -> None:
    check_each_byte(tmp_path, 1)


@pytest.mark.parametrize(
    "event",
    [
        {"e": "start"},
        {"e": "start", "name": None, "project": [], "at": "soon"},
        {"e": "open"},
        {"e": "finish", "status": "happy", "at": 1},
        {"e": "finish", "status": "finished", "at": 10**30},
        {"e": "params", "values": {"lr": ["float"]}},
        {"e": "params", "values": {"lr": ["colour", 1, "red"]}},
        {"e": "params", "values": [1, 2]},
        {"e": "tags", "add": 5},
        {"e": "tags", "add": [{"a": 1}]},
        {"e": "notes", "notes": {"a": 1}},
        {"e": "dropped", "points": "many"},
        {"e": "snapshot", "environment": {"id": 3}},
        {"e": "snapshot", "code": 5},
        {"e": "snapshot", "missing": [1]},
        {"e": "warning"},
        {"e": ["unhashable"]},
        {"e": "from a newer release", "at": 5},
        {"e": None},
        {},
    ],
)
def test_a_record_that_makes_no_sense_costs_itself_only(tmp_path: Path, event: Facts) -> None:
    home = Home(tmp_path / "home").create()
    writer = JournalWriter(home.journals, clock.new_id())
    writer.event("start", name="r", project="p", process=to_json(current()))
    writer.append(journal.event_payload(event))
    number, pack = writer.define(("loss",))
    writer.append(pack(journal.POINTS, number, 1, 1.7e9, 2.0))
    writer.event("finish", status="finished")
    writer.close()
    found, _, _, bad = folded(home)
    assert not bad
    assert found == {"r": ("finished", [], {"loss": [(1, 2.0, 1.7e9)]})}


@pytest.mark.parametrize(
    "payload",
    [
        journal.points_struct(3).pack(journal.POINTS, 0, 1, 1.7e9, 1.0, 2.0, 3.0),
        journal.points_struct(1).pack(journal.POINTS, 7, 1, 1.7e9, 1.0),
        journal.points_struct(1).pack(journal.POINTS, 0, 1, float("nan"), 1.0),
        journal.points_struct(1).pack(journal.POINTS, 0, 1, float("inf"), 1.0),
        bytes((journal.POINTS,)),
        bytes((journal.SHAPE,)) + b'{"id": 1, "keys": 5}',
        bytes((journal.SHAPE,)) + b'{"id": "x", "keys": ["a"]}',
        bytes((journal.SHAPE,)) + b'{"id": 1, "keys": ["a"], "section": "other"}',
        bytes((journal.EVENT,)) + b"[]",
        bytes((journal.PACKED,)) + b"no zlib",
        b"\x00",
        b"\xff of the future",
    ],
)
def test_a_frame_that_makes_no_sense_costs_itself_only(tmp_path: Path, payload: bytes) -> None:
    home = Home(tmp_path / "home").create()
    writer = JournalWriter(home.journals, clock.new_id())
    writer.event("start", name="r", project="p", process=to_json(current()))
    number, pack = writer.define(("loss",))
    for step in range(10):
        writer.append(pack(journal.POINTS, number, step, 1.7e9, 2.0))
        if step == 6:
            writer.append(payload)
    writer.event("finish", status="finished")
    writer.close()
    found, damaged, warnings, bad = folded(home)
    assert not bad
    assert found["r"][2] == {"loss": [(step, 2.0, 1.7e9) for step in range(10)]}
    assert bool(damaged) == ("could not be read" in warnings) == (payload[0] != 0xFF)


def test_text_that_is_no_unicode_is_kept_in_a_form_that_can_be_shown(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with mlver.init(
        name="bad\udcff", config={"k\ud800": "v\udfff", "emoji": "🦦"}, tags=["t\ud801"], home=home, capture=False
    ) as run:
        run.notes = "n\ud802"
        run.log({"m\ud803": 1.0})
    with mlver.open(home) as store:
        (found,) = store.runs()
    assert found.name == "bad\\udcff"
    assert {key: value.text for key, value in found.params.items()} == {"k\\ud800": "v\\udfff", "emoji": "🦦"}
    assert (found.tags, found.notes, list(found.metrics)) == (("t\\ud801",), "n\\ud802", ["m\\ud803"])


def test_a_journal_full_of_sync_marks_does_not_hang_the_reader(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    head = journal.HEAD.pack(journal.SYNC, 300_000, 0)
    (home.journals / f"{clock.new_id()}.1-aa{journal.SUFFIX}").write_bytes(journal.MAGIC + head * 100_000)
    (found,) = folded(home)[0].values()
    assert found == ("unknown", [], {})


def flip_pages(path: Path, seed: int) -> None:
    """Garble one to three pages, or bits, or the end of a file."""
    chance = random.Random(seed)
    data = bytearray(path.read_bytes())
    pages = len(data) // 4096
    for _ in range(chance.randint(1, 3)):
        page = chance.randrange(pages) * 4096
        kind = seed % 4
        if kind == 0:
            data[page : page + 4096] = chance.randbytes(4096)
        elif kind == 1:
            data[page : page + 4096] = bytes(4096)
        elif kind == 2:
            data[page + chance.randrange(4096)] ^= 1 << chance.randrange(8)
        else:
            other = chance.randrange(pages) * 4096
            data[page : page + 4096], data[other : other + 4096] = data[other : other + 4096], data[page : page + 4096]
    path.write_bytes(data)


def prepared(tmp_path: Path, runs: int) -> tuple[Home, dict[str, bytes], Facts]:
    """A home with a database, the journals that went into it, and what is in it."""
    home = Home(tmp_path / "home").create()
    for number in range(runs):
        write_run(home, 60, f"r{number}")
    journals = {path.name: path.read_bytes() for path in home.journals.iterdir()}
    found, _, _, bad = folded(home)
    assert not bad
    return home, journals, found


def check_is_named(home: Home, expected: Facts) -> None:
    """A damaged store is refused in plain words, or `verify` names what is damaged, or nothing is."""
    with contextlib.suppress(StoreError):
        connection = open_writer(home)
        try:
            with contextlib.suppress(StoreError):
                fold(connection, home)
            bad = [finding for finding in verify_store(connection, home) if not finding.ok]
            assert bad or facts(connection) == expected
        finally:
            close(connection, home)


def check_pages(tmp_path: Path, seeds: range) -> None:
    home, journals, expected = prepared(tmp_path, 12)
    whole = home.database.read_bytes()
    for seed in seeds:
        for path in home.root.glob("runs.db*"):
            path.unlink()
        home.database.write_bytes(whole)
        flip_pages(home.database, seed)
        check_is_named(home, expected)
        for name, data in journals.items():
            (home.journals / name).write_bytes(data)
        told = rebuild(home)
        assert any("damaged" in line for line in told)
        found, _, _, bad = folded(home)
        assert (bad, found) == ([], expected), seed


def test_a_few_damaged_pages_are_named_and_journals_restore_all(tmp_path: Path) -> None:
    check_pages(tmp_path, range(4))


@pytest.mark.slow
def test_many_damaged_pages_are_named_and_journals_restore_all(tmp_path: Path) -> None:
    check_pages(tmp_path, range(4, 200))


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 5, 9])
def test_without_journals_a_rebuild_keeps_what_can_be_read_and_says_what_is_lost(tmp_path: Path, seed: int) -> None:
    home, _, expected = prepared(tmp_path, 12)
    assert not list(home.journals.iterdir())
    flip_pages(home.database, seed)
    told = rebuild(home)
    found, _, _, bad = folded(home)
    assert not bad
    for name, (_, _, points) in found.items():
        if name in expected:
            assert all(set(kept) <= set(expected[name][2].get(key, ())) for key, kept in points.items())
    if found != expected:
        assert any("lost" in line or "could not be" in line for line in told), told


def test_a_rebuild_keeps_what_people_did_and_the_history(tmp_path: Path, register: Callable[[Home], None]) -> None:
    home = Home(tmp_path / "home").create()
    write_run(home, 30, "old")
    folded(home)
    path = write_run(home, 30, "new")
    data = path.read_bytes()
    folded(home)
    path.write_bytes(data)  # a backup of the journals has it
    register(home)
    before = folded(home)
    told = rebuild(home)
    assert folded(home) == before
    assert told[-1] == "2 runs are in the new database"
    connection = open_writer(home)
    assert connection.execute("SELECT notes FROM run ORDER BY name").fetchall() == [("by hand",)] * 2
    assert connection.execute("SELECT count(*) FROM tag WHERE name = 'kept'").fetchone() == (2,)
    assert connection.execute("SELECT count(*) FROM event").fetchone() == (1,)
    close(connection, home)


@pytest.fixture
def register() -> Callable[[Home], None]:
    from mlver_tui.store.connection import transaction
    from mlver_tui.store.registry import anchor_events, append_event
    from mlver_tui.store.runs import set_notes, set_tags

    def act(home: Home) -> None:
        connection = open_writer(home)
        with transaction(connection, home):
            for (pk,) in connection.execute("SELECT pk FROM run").fetchall():
                set_notes(connection, pk, "by hand")
                set_tags(connection, pk, add=["kept"])
            append_event(connection, "ada", "note", "digits:1.0.0", {"a": 1})
        anchor_events(connection, home)
        close(connection, home)

    return act


def test_a_rebuild_without_a_database_folds_what_there_is(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    write_run(home)
    assert rebuild(home) == ["1 runs are in the new database"]


def test_a_rebuild_of_a_file_that_is_no_database(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    write_run(home)
    home.database.write_bytes(b"SQLite format 3\0" + bytes(5000))
    told = rebuild(home)
    assert told[-1] == "1 runs are in the new database"
    assert list(home.root.glob("runs.db.damaged-*"))
