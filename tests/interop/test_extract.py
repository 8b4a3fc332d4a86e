"""The stable JSON: every key is there, values keep their type, and the text is strict JSON made piece by piece."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

from mlver_tui.errors import NotFoundError
from mlver_tui.interop.extract import export_document, json_value, registry_object, run_object
from mlver_tui.records import Value

KEYS = [
    "id",
    "source_id",
    "name",
    "project",
    "group",
    "status",
    "deleted",
    "parent",
    "start_ms",
    "end_ms",
    "params",
    "tags",
    "notes",
    "metrics",
    "summary",
    "system_metrics",
    "artifacts",
    "datasets",
    "code",
    "environment",
    "hardware",
    "command",
]


def strict(text: str) -> Any:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def document(db: sqlite3.Connection, *pks: int, points: bool = True) -> Any:
    return strict("".join(export_document(db, pks, points=points)))


def test_every_key_is_there_in_the_documented_order(db: sqlite3.Connection) -> None:
    for pk in (1, 2):
        for points in (True, False):
            assert list(run_object(db, pk, points=points)) == KEYS


def test_values_keep_their_type(db: sqlite3.Connection) -> None:
    assert run_object(db, 1, points=False)["params"] == {
        "lr": 0.1,
        "n": 3,
        "big": 2**70,
        "nan": "NaN",
        "flag": True,
        "none": None,
        "sizes": [1, 2.5],
        "s": "\x1b[31m",
    }


def test_points_are_step_value_time(db: sqlite3.Connection) -> None:
    found = run_object(db, 1, points=True)
    assert found["metrics"]["loss"] == [
        [0, 1.0, 1e9],
        [1, "NaN", 1e9 + 1],
        [2, "-Infinity", 1e9 + 2],
        [3, 0.25, 1e9 + 3],
    ]
    assert found["system_metrics"] == {"cpu": [[0, 0.5, 1e9]]}
    bare = run_object(db, 1, points=False)
    assert (bare["metrics"], bare["system_metrics"]) == ({}, {})


def test_the_summary_has_figures_and_final_values(db: sqlite3.Connection) -> None:
    summary = run_object(db, 1, points=False)["summary"]
    assert summary["best"] == 0.5
    loss = summary["loss"]
    assert (loss["last"], loss["min"], loss["max"], loss["count"], loss["nans"]) == (0.25, "-Infinity", 1.0, 4, 1)
    assert (loss["min_step"], loss["max_step"], loss["last_step"], loss["value"]) == (2, 0, 3, 0.125)
    assert "cpu" not in summary


def test_the_snapshot_parts(db: sqlite3.Connection) -> None:
    found = run_object(db, 1, points=False)
    assert found["code"] == {
        "commit": "c",
        "branch": None,
        "dirty": True,
        "remote": None,
        "tree": None,
        "left_out": ["x.bin"],
    }
    packages = [{"name": "numpy", "version": "2.1.0", "origin": "index"}]
    assert found["environment"] == {"id": "e1", "python": "3.11.7", "packages": packages}
    assert found["command"] == {"argv": ["python", "t.py"], "cwd": "/src"}
    assert found["hardware"]["host"] == "box"
    assert (found["tags"], found["deleted"], found["end_ms"]) == (["a", "b"], False, 9)


def test_what_was_not_recorded_is_null_not_empty(db: sqlite3.Connection) -> None:
    found = run_object(db, 2, points=True)
    assert found["environment"] == {"id": None, "python": None, "packages": None}
    assert found["command"] == {"argv": None, "cwd": None}
    assert found["code"]["dirty"] is None
    assert (found["status"], found["end_ms"], found["hardware"]) == ("running", None, {})


def test_the_document_holds_the_same_run_objects(db: sqlite3.Connection) -> None:
    for points in (True, False):
        found = document(db, 1, 2, points=points)
        assert found["runs"] == [json.loads(json.dumps(run_object(db, pk, points=points))) for pk in (1, 2)]
        assert [list(run) for run in found["runs"]] == [KEYS, KEYS]
    assert list(found) == ["schema", "runs", "registry", "projects"]
    assert found["schema"] == 1
    assert found["projects"] == {"digits": {"tags": {}}, "other": {"tags": {}}}


def test_a_document_without_runs(db: sqlite3.Connection) -> None:
    found = document(db)
    assert (found["runs"], found["projects"]) == ([], {})
    assert list(found["registry"]) == ["m"]


def test_the_text_comes_in_small_pieces_of_ascii(db: sqlite3.Connection) -> None:
    pieces = list(export_document(db, [1]))
    assert max(map(len, pieces)) < 4096 * 40
    assert "".join(pieces).isascii()
    assert "\x1b" not in "".join(pieces)


def test_the_registry(db: sqlite3.Connection) -> None:
    model = registry_object(db)["m"]
    assert list(model) == ["description", "tags", "aliases", "versions"]
    assert list(model["versions"]) == ["1", "2"]
    assert model["versions"]["2"] == {
        "semver": "0.2.0",
        "digest": "d2",
        "stage": None,
        "run": "01hfull",
        "description": "two",
        "tags": {},
        "files": [],
    }


def test_no_such_run(db: sqlite3.Connection) -> None:
    with pytest.raises(NotFoundError):
        run_object(db, 99, points=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Value("int", "12"), 12),
        (Value("int", "twelve"), "twelve"),
        (Value("int", "9" * 5000), None),
        (Value("float", "inf"), "Infinity"),
        (Value("float", "-inf"), "-Infinity"),
        (Value("float", "1e-300"), 1e-300),
        (Value("bool", "false"), False),
        (Value("none", ""), None),
        (Value("list", "[1, NaN]"), [1, "NaN"]),
        (Value("list", "[" * 100_000), "[" * 100_000),
        (Value("other", "<x>"), "<x>"),
    ],
)
def test_a_leaf_that_does_not_fit_its_type_stays_text(value: Value, expected: object) -> None:
    found = json_value(value)
    assert found == expected or (expected is None and str(found)[:10] == "9" * 10)
