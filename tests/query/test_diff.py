"""Same, differs, unknown: and unknown is never shown as same."""

from __future__ import annotations

import dataclasses
import itertools
import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.errors import NotFoundError, UsageError
from mlver_tui.home import Home
from mlver_tui.query.diff import diff_runs, diff_views
from mlver_tui.query.views import Diff, DiffRow, MetricSummary, RunView
from mlver_tui.records import Code, Command, Environment, Gpu, Hardware, Interpreter, Missing, Origin, Package, Value
from mlver_tui.store.connection import close, open_writer, transaction
from mlver_tui.values import MAX_TEXT, encode

PYTHON = Interpreter("3.11.7", "cpython", "cpython-311", "linux-x86_64", "glibc 2.36")
NAN = math.nan


def view(**fields: Any) -> RunView:
    base = RunView(
        pk=1,
        id="01hrun",
        name="brisk-otter-14",
        project="digits",
        group=None,
        job_type=None,
        status="finished",
        stalled=False,
        start_ms=1,
        end_ms=2,
        heartbeat_ms=None,
        tags=(),
        notes="",
        parent=None,
        source_id=None,
        deleted=False,
        params={},
        metrics={},
        summary={},
        command=None,
        code=None,
        environment_id=None,
        hardware=None,
        missing=(),
        failure=None,
        exit_code=0,
        dropped=0,
    )
    return dataclasses.replace(base, **fields)


def environment(*packages: Package, python: Interpreter = PYTHON) -> Environment:
    return Environment("e", python, tuple(packages))


def metric(key: str, values: list[float], section: str = "metric") -> MetricSummary:
    real = [value for value in values if value == value]
    low, high = (min(real), max(real)) if real else (None, None)
    return MetricSummary(
        key,
        len(values),
        len(values) - len(real),
        0,
        len(values) - 1,
        values[0],
        values[-1],
        low,
        None if low is None else values.index(low),
        high,
        None if high is None else values.index(high),
        None,
        section,
    )


def compare(*views: RunView, environments: list[Environment | None] | None = None) -> Diff:
    return diff_views(views, environments or [None] * len(views))


def row(diff: Diff, section: str, key: str) -> DiffRow:
    (found,) = [row for row in diff.rows if (row.section, row.key) == (section, key)]
    return found


def params(*values: object) -> DiffRow:
    return row(compare(*(view(params={"x": encode(value)}) for value in values)), "params", "x")


def test_params_by_state() -> None:
    a = view(params={"lr": encode(0.1), "seed": encode(1), "only_a": encode("x")})
    b = view(params={"lr": encode(0.2), "seed": encode(1), "only_b": encode(None)})
    diff = compare(a, b)
    assert row(diff, "params", "lr") == DiffRow("params", "lr", ("0.1", "0.2"), "differs")
    assert row(diff, "params", "seed").state == "same"
    assert row(diff, "params", "only_a").cells == ("x", None)
    assert row(diff, "params", "only_b") == DiffRow("params", "only_b", (None, "none"), "differs")
    assert [found.key for found in diff.of("params")] == ["lr", "only_a", "only_b"]


@pytest.mark.parametrize(
    ("values", "state", "note"),
    [
        ((1, 1.0), "differs", "same value, type differs: int, float"),
        ((1, True), "differs", "same value, type differs: int, bool"),
        ((1, "1"), "differs", "same value, type differs: int, str"),
        ((None, "none"), "differs", "type differs: none, str"),
        ((1, 2.0), "differs", "type differs: int, float"),
        ((0.1, 0.1), "same", ""),
        ((0.1 + 0.2, 0.3), "differs", ""),
        ((NAN, NAN), "same", ""),
        ((2**60, 2**60 + 1), "differs", ""),
        ((float(2**60), 2**60 + 1), "differs", "type differs"),
        (([1, 2], [1, 2]), "same", ""),
        (("[hidden]", "[hidden]"), "unknown", "hidden"),
        (("[hidden]", "x"), "differs", ""),
        (("x" * MAX_TEXT, "x" * MAX_TEXT), "unknown", "cut"),
    ],
)
def test_params_compare_by_type_and_exact_text(values: tuple[object, ...], state: str, note: str) -> None:
    found = params(*values)
    assert found.state == state
    assert note in found.note


def test_metrics_have_last_min_max_and_count() -> None:
    a = view(metrics={"loss": metric("loss", [3.0, 1.0, 2.0])})
    b = view(metrics={"loss": metric("loss", [3.0, 2.0, 1.0, 2.0])})
    diff = compare(a, b)
    keys = [found.key for found in diff.of("metrics", only_differing=False)]
    assert keys == ["loss", "min(loss)", "max(loss)", "count(loss)"]
    assert row(diff, "metrics", "loss") == DiffRow("metrics", "loss", ("2.0", "2.0"), "same", "at step 2 · 3")
    assert row(diff, "metrics", "min(loss)").note == "at step 1 · 2"
    assert row(diff, "metrics", "count(loss)") == DiffRow("metrics", "count(loss)", ("3", "4"), "differs")


def test_metrics_of_nan_and_infinity() -> None:
    a = view(metrics={"loss": metric("loss", [NAN, NAN])})
    b = view(metrics={"loss": metric("loss", [NAN, math.inf])})
    diff = compare(a, b)
    assert row(diff, "metrics", "loss").cells == ("NaN", "Infinity")
    assert row(diff, "metrics", "min(loss)").cells == (None, "Infinity")
    assert row(diff, "metrics", "min(loss)").state == "differs"
    assert row(compare(a, a), "metrics", "loss").state == "same"


def test_a_metric_that_only_one_run_has_differs_in_every_row() -> None:
    a = view(metrics={"loss": metric("loss", [NAN])})
    assert {found.state for found in compare(a, view()).of("metrics", only_differing=False)} == {"differs"}


def test_metrics_of_a_run_that_lost_points_are_never_the_same() -> None:
    a = view(metrics={"loss": metric("loss", [1.0])}, dropped=5)
    b = view(metrics={"loss": metric("loss", [1.0])})
    diff = compare(a, b)
    assert {found.state for found in diff.of("metrics", only_differing=False)} == {"unknown"}
    assert any("5 points of brisk-otter-14 were dropped" in line for line in diff.unknown)


def test_system_series_are_not_metrics() -> None:
    a = view(metrics={"cpu": metric("cpu", [1.0], "system")})
    assert compare(a, a).of("metrics", only_differing=False) == []


def edits(*dirty: bool | None, commit: str = "c", **fields: Any) -> DiffRow:
    return row(compare(*(view(code=Code(commit=commit, dirty=d, **fields)) for d in dirty)), "code", "edits")


def test_edits_beyond_a_commit_are_unknown_not_same() -> None:
    assert edits(True, True).state == "unknown"
    assert "not recorded" in edits(True, True).note
    assert edits(False, False).state == "same"
    assert edits(False, True).state == "differs"
    assert edits(None, False).state == "unknown"
    assert edits(None, True).state == "unknown"
    assert edits(True, True, tree="t").state == "same"
    assert edits(True, True, tree="t", left_out=("big.bin",)).state == "unknown"


def test_code_that_one_run_lacks_is_unknown() -> None:
    a = view(code=Code(commit="c", branch="main", dirty=False))
    b = view(missing=(Missing("code", "not a git repository"),))
    diff = compare(a, b)
    assert row(diff, "code", "commit") == DiffRow("code", "commit", ("c", None), "unknown")
    assert "code of brisk-otter-14 was not recorded: not a git repository" in diff.unknown
    three = compare(a, b, view(code=Code(commit="d")))
    assert row(three, "code", "commit").state == "differs"


def test_parts_that_nobody_recorded_are_named_not_compared() -> None:
    diff = compare(view(), view())
    assert diff.rows == ()
    assert len(diff.unknown) == 8
    assert any(line.startswith("environment of") for line in diff.unknown)


def package(version: str, kind: Any = "index", record: str = "", **origin: Any) -> Package:
    return Package("lib", version, Origin(kind, **origin), record)


@pytest.mark.parametrize(
    ("base", "other", "state", "note"),
    [
        (package("1.9"), package("1.10"), "differs", "upgraded"),
        (package("2.0"), package("2.0rc1"), "differs", "downgraded"),
        (package("1.0"), package("1.0.0"), "differs", "written differently"),
        (package("1.0"), package("what?"), "differs", "other version"),
        (package("1.0+cpu"), package("1.0+cu121"), "differs", "upgraded"),
        (package("1.0"), package("1.0"), "same", ""),
        (None, package("1.0"), "differs", "added"),
        (package("1.0"), None, "differs", "removed"),
        (
            package("1.0", "vcs", url="u", commit="a"),
            package("1.0", "vcs", url="u", commit="b"),
            "differs",
            "other origin",
        ),
        (package("1.0"), package("1.0", "vcs", url="u", commit="b"), "differs", "other origin"),
        (package("1.0", record="a"), package("1.0", record="b"), "differs", "other files"),
        (package("1.0", "unknown"), package("1.0"), "unknown", "not recorded"),
        (package("1.0", "unknown", "a"), package("1.0", record="a"), "same", ""),
        (package("1.0", "editable", "a"), package("1.0", "editable", "a"), "unknown", "files are not recorded"),
        (package("1.0", "directory"), package("1.0", "directory"), "unknown", "files are not recorded"),
        (package("1.0", "directory", "a"), package("1.0", "directory", "a"), "same", ""),
    ],
)
def test_packages(base: Package | None, other: Package | None, state: str, note: str) -> None:
    both = [environment(*([found] if found else [])) for found in (base, other)]
    found = row(compare(view(), view(), environments=list(both)), "env", "lib")
    assert found.state == state
    assert note in found.note


def test_packages_of_three_runs() -> None:
    sides = [environment(package(version)) for version in ("2.0", "1.0", "3.0")]
    found = row(compare(view(), view(), view(), environments=list(sides)), "env", "lib")
    assert found == DiffRow("env", "lib", ("2.0", "1.0", "3.0"), "differs", "downgraded, upgraded")


def test_an_environment_that_one_run_lacks_is_unknown() -> None:
    diff = compare(view(), view(), environments=[environment(package("1.0")), None])
    assert {found.state for found in diff.of("env")} == {"unknown"}
    assert row(diff, "env", "lib").cells == ("1.0", None)
    assert row(diff, "env", "lib").note == ""
    three = compare(view(), view(), view(), environments=[environment(package("1.0")), None, environment()])
    assert row(three, "env", "lib").state == "differs"


def test_the_interpreter_is_compared() -> None:
    other = dataclasses.replace(PYTHON, version="3.12.1")
    diff = compare(view(), view(), environments=[environment(), environment(python=other)])
    assert row(diff, "env", "python").cells == ("cpython 3.11.7", "cpython 3.12.1")
    assert row(diff, "env", "platform").state == "same"


def test_command_and_hardware() -> None:
    box = Hardware("gpu1", "Linux", "", 8, 16, 2**34, (Gpu("H100", 80),))
    a = view(command=Command(("python", "a b.py"), "/src"), hardware=box)
    b = view(command=Command(("python", "a", "b.py"), "/src"), hardware=dataclasses.replace(box, gpus=None))
    diff = compare(a, b)
    assert row(diff, "command", "argv").cells == ("python 'a b.py'", "python a b.py")
    assert row(diff, "command", "cwd").state == "same"
    assert row(diff, "hardware", "cpu").state == "unknown"
    assert row(diff, "hardware", "gpus") == DiffRow("hardware", "gpus", ("H100 (80 B)", None), "unknown")
    assert row(diff, "hardware", "memory_bytes").cells == (str(2**34), str(2**34))
    hidden = view(command=Command(("x", "--token=[hidden]"), "/"))
    assert row(compare(hidden, hidden), "command", "argv").state == "unknown"


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
sides = st.lists(st.dictionaries(st.sampled_from("abcd"), leaves, max_size=4), min_size=2, max_size=4)


@given(sides)
def test_same_means_every_run_has_it_with_the_same_type_and_text(configs: list[dict[str, object]]) -> None:
    encoded = [{key: encode(value) for key, value in config.items()} for config in configs]
    diff = compare(*(view(params=side) for side in encoded))
    assert [found.key for found in diff.rows] == sorted({key for side in encoded for key in side})
    for found in diff.rows:
        values = [side.get(found.key) for side in encoded]
        assert (found.state == "same") == all(a is not None and a == b for a, b in itertools.pairwise(values))


@given(st.lists(st.sampled_from([True, False, None]), min_size=2, max_size=3), st.booleans())
def test_nothing_unrecorded_is_ever_the_same(dirty: list[bool | None], missing: bool) -> None:
    codes = [view(code=Code(commit="c", branch="b", dirty=d)) for d in dirty] + [view()] * missing
    for found in compare(*codes).rows:
        if found.state == "same":
            assert None not in found.cells


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def db(home: Home) -> Iterator[sqlite3.Connection]:
    connection = open_writer(home)
    yield connection
    close(connection, home)


def test_runs_of_a_store(db: sqlite3.Connection, home: Home) -> None:
    with transaction(db, home):
        for pk, lr in ((1, 0.1), (2, 0.2)):
            db.execute(
                "INSERT INTO run (pk, id, name, project, status, start_ms) VALUES (?, ?, ?, 'p', 'finished', 1)",
                (pk, f"01h{pk}", f"run-{pk}"),
            )
            value: Value = encode(lr)
            db.execute("INSERT INTO param VALUES (?, 'lr', ?, ?, ?)", (pk, value.kind, value.number, value.text))
        db.execute("UPDATE run SET environment = 'lost'")
    diff = diff_runs(db, ["01h2", "01h1"])
    assert [run.name for run in diff.runs] == ["run-2", "run-1"]
    assert row(diff, "params", "lr").cells == ("0.2", "0.1")
    assert "environment of run-1 was not recorded" in diff.unknown
    with pytest.raises(UsageError):
        diff_runs(db, ["01h1"])
    with pytest.raises(NotFoundError):
        diff_runs(db, ["01h1", "01h9"])
