"""Versions are found by each of their names, and a wrong name says what there is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlver_tui.errors import NotFoundError, UsageError
from mlver_tui.home import Home
from mlver_tui.query.registry import find_version, list_models, list_versions
from mlver_tui.store.connection import close, open_writer


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    home = Home(tmp_path / "home")
    connection = open_writer(home)
    connection.execute("INSERT INTO run (id, name, project, status, start_ms) VALUES ('01h1','otter','p','finished',1)")
    connection.execute("INSERT INTO model (id, name) VALUES (1, 'digits'), (2, 'penguins'), (3, 'empty')")
    rows = [(1, 1, "0.9.0"), (1, 2, "0.10.0"), (1, 3, "1.2.0"), (2, 1, "0.1.0")]
    for model, seq, semver in rows:
        connection.execute(
            """INSERT INTO version (model, seq, semver, digest, run, message, author, created_ms, manifest)
                VALUES (?, ?, ?, 'd', '01h1', 'm', 'ada', ?, '{"schema":1}')""",
            (model, seq, semver, 100 * model + seq),
        )
    yield connection
    close(connection, home)


def test_models_by_name_with_their_newest_version(db: sqlite3.Connection) -> None:
    found = [(model.name, model.versions, model.latest, model.updated_ms) for model in list_models(db)]
    assert found == [("digits", 3, "1.2.0", 103), ("penguins", 1, "0.1.0", 201)]


def test_versions_newest_first(db: sqlite3.Connection) -> None:
    assert [version.ref for version in list_versions(db, "digits")] == ["digits:1.2.0", "digits:0.10.0", "digits:0.9.0"]
    assert len(list_versions(db)) == 4
    assert list_versions(db, "digits")[0].run_name == "otter"


@pytest.mark.parametrize(
    ("ref", "seq"), [("digits:v1", 1), ("digits:0.10.0", 2), ("digits:latest", 3), ("digits:1.2.0", 3)]
)
def test_a_version_has_three_names(db: sqlite3.Connection, ref: str, seq: int) -> None:
    found = find_version(db, ref)
    assert (found.seq, found.manifest) == (seq, {"schema": 1})


@pytest.mark.parametrize(
    ("ref", "message", "hint"),
    [
        ("digits:9.9.9", "no version digits:9.9.9", "v3 = 1.2.0"),
        ("digits:v99", "no version", "v1 = 0.9.0"),
        ("digits@production", "no stage named production yet", "v3 = 1.2.0"),
        ("digits:best", "no alias named best yet", "v3 = 1.2.0"),
        ("digit:v1", "no model digit", "digits"),
        ("digits", "is a model, not a version", "digits:latest"),
        ("otter", "not a version", "digits:1.2.0"),
    ],
)
def test_a_wrong_name_says_what_there_is(db: sqlite3.Connection, ref: str, message: str, hint: str) -> None:
    with pytest.raises(NotFoundError, match=message) as caught:
        find_version(db, ref)
    assert hint in caught.value.hint


@pytest.mark.parametrize("ref", ["", "digits:", "digits:1.2", "digits:v0", "digits:v1 OR 1=1", "x" * 1000])
def test_what_is_no_reference_is_wrong_usage(db: sqlite3.Connection, ref: str) -> None:
    with pytest.raises((UsageError, NotFoundError)):
        find_version(db, ref)


def test_an_unknown_model_has_no_versions(db: sqlite3.Connection) -> None:
    with pytest.raises(NotFoundError):
        list_versions(db, "nobody")
    assert list_versions(db, "empty") == []


def test_an_empty_registry_says_how_to_begin(tmp_path: Path) -> None:
    home = Home(tmp_path / "empty")
    connection = open_writer(home)
    try:
        with pytest.raises(NotFoundError) as caught:
            find_version(connection, "digits:latest")
        assert "release RUN MODEL" in caught.value.hint
        assert list_models(connection) == []
    finally:
        close(connection, home)


def test_a_manifest_that_somebody_broke_is_empty_not_an_error(db: sqlite3.Connection) -> None:
    db.execute("DROP TRIGGER version_no_update")
    for text in ("[", "[]", "[" * 100_000):
        db.execute("UPDATE version SET manifest = ? WHERE semver = '1.2.0'", (text,))
        assert find_version(db, "digits:latest").manifest == {}
