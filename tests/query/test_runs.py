"""Pages, order, columns, counts, and one run by any of its names."""

from __future__ import annotations

import json
import math
import random
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlver_tui.errors import AmbiguousError, FilterError, NotFoundError, UsageError
from mlver_tui.query.runs import check_filter, count_runs, find_run, known_keys, list_runs, read_run
from mlver_tui.records import Code, Command, Hardware, Missing, Value, to_json

AddRun = Callable[..., int]
MANY = 2000


@pytest.fixture
def many(connection: sqlite3.Connection, add_run: AddRun, now_ms: int) -> list[dict[str, Any]]:
    chance = random.Random(7)
    runs = []
    connection.execute("BEGIN")
    for number in range(MANY):
        lr = chance.choice([None, 0.1, 0.1, chance.random(), "auto", math.nan])
        loss = chance.choice([None, chance.random(), 0.5, math.nan, math.inf])
        run = {"lr": lr, "loss": loss, "start": now_ms - chance.randrange(50)}
        params = {} if lr is None else {"lr": lr}
        metrics = {} if loss is None else {"loss": [1.0, loss]}
        run["pk"] = add_run(params=params, metrics=metrics, start_ms=run["start"], deleted=int(number % 10 == 0))
        if number % 10:
            runs.append(run)
    connection.execute("COMMIT")
    return runs


def _expected(runs: list[dict[str, Any]], key: str, descending: bool) -> list[int]:
    def rank(run: dict[str, Any]) -> int:
        value = run[key]
        if value is None:
            return 3
        if isinstance(value, str):
            return 1
        return 2 if math.isnan(value) else 0

    ordered = []
    for wanted in range(4):
        part = [run for run in runs if rank(run) == wanted]
        part.sort(key=lambda run: (run[key] if wanted < 2 else 0, run["pk"]), reverse=descending)
        ordered += [run["pk"] for run in part]
    return ordered


@pytest.mark.parametrize("key", ["lr", "loss", "start"])
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("filter_", ["", "name ~ run"])
def test_pages_in_order_cover_every_run_once(
    connection: sqlite3.Connection, many: list[dict[str, Any]], key: str, sign: str, filter_: str
) -> None:
    sort = sign + {"start": "started"}.get(key, key)
    pages = [list_runs(connection, filter_, sort, limit=171, offset=start) for start in range(0, MANY, 171)]
    found = [row.pk for page in pages for row in page]
    assert found == _expected(many, key, bool(sign))
    assert found == [row.pk for row in list_runs(connection, filter_, sort, limit=None)]
    assert count_runs(connection, filter_) == len(found)


def test_sort_by_every_kind_of_operand(connection: sqlite3.Connection, add_run: AddRun, now_ms: int) -> None:
    add_run("a", tags=["z"], packages={"torch": "2.10"}, metrics={"loss": [3, 1, 2]}, end_ms=now_ms, params={"k": 2})
    add_run(
        "b", tags=["y", "zz"], packages={"torch": "2.9"}, metrics={"loss": [0.5]}, end_ms=now_ms - 5, summary={"k": 1}
    )
    add_run("c", grp="g", metrics={"k": [3]})

    def names(sort: str) -> str:
        return "".join(row.name for row in list_runs(connection, sort=sort))

    assert names("env.torch") == "bac"
    assert names("-env.torch") == "abc"
    assert names("tags") == "bac"
    assert names("k") == "bac"
    assert names("-k") == "cab"
    assert names("group") == "cab"
    assert names("-duration") == "abc"
    assert names("-min(loss)") == "abc"
    assert names("first(loss)") == "bac"
    assert names("at(loss, 1)") == "abc"
    assert names("name") == "abc"
    assert names("nothing") == "abc"


def test_columns_are_typed(connection: sqlite3.Connection, add_run: AddRun, now_ms: int) -> None:
    add_run(
        "full",
        params={
            "lr": 1e-3,
            "seed": 2**63 + 1,
            "flag": True,
            "opt": "adam",
            "none": None,
            "layers": [1, 2],
            "bad": math.nan,
        },
        metrics={"loss": [1.0, math.nan], "acc": [0.1, math.inf]},
        summary={"best": 3},
        tags=["b", "a"],
        packages={"torch": "2.1"},
        end_ms=now_ms,
        git_dirty=1,
        git_commit="abc",
    )
    add_run("empty", start_ms=now_ms - DAY)
    columns = [
        "lr",
        "seed",
        "flag",
        "opt",
        "none",
        "layers",
        "bad",
        "loss",
        "min(loss)",
        "count(loss)",
        "at(acc, 0)",
        "acc",
    ]
    columns += [
        "best",
        "tags",
        "env.torch",
        "env.python",
        "git.dirty",
        "git.commit",
        "data.digest",
        "duration",
        "started",
    ]
    full, empty = list_runs(connection, sort="-started", columns=columns)
    values = dict(zip(columns, full.values, strict=True))
    assert (values["lr"], values["seed"], values["flag"], values["opt"]) == (1e-3, 2**63 + 1, "true", "adam")
    assert (values["none"], values["layers"], values["count(loss)"], values["at(acc, 0)"]) == ("none", "[1, 2]", 2, 0.1)
    assert isinstance(values["loss"], float)
    assert isinstance(values["bad"], float)
    assert math.isnan(values["loss"])
    assert math.isnan(values["bad"])
    assert (values["min(loss)"], values["acc"], values["best"], values["tags"]) == (1.0, math.inf, 3, "a, b")
    assert (values["env.torch"], values["env.python"], values["git.dirty"]) == ("2.1", "3.11.7", "true")
    assert (values["data.digest"], values["started"]) == (None, full.start_ms)
    assert values["duration"] == (now_ms - full.start_ms) / 1000
    assert full.tags == ("a", "b")
    assert empty.values == (None,) * (len(columns) - 1) + (empty.start_ms,)
    assert isinstance(values["count(loss)"], int)


DAY = 86_400_000
OPERANDS = st.sampled_from(
    ["lr", "-lr", "min(loss)", "-started", "duration", "env.torch", "tags", "at(loss, 3)", "host"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(
    sort=OPERANDS, columns=st.lists(OPERANDS.map(lambda text: text.lstrip("-")), max_size=4), offset=st.integers(0, 9)
)
def test_any_mix_of_sort_and_columns_works(
    connection: sqlite3.Connection, add_run: AddRun, sort: str, columns: list[str], offset: int
) -> None:
    if not count_runs(connection):
        for number in range(7):
            add_run(
                params={"lr": number}, metrics={"loss": [number] * number} if number else {}, packages={"torch": "1"}
            )
    rows = list_runs(connection, "lr < 100", sort, columns, 5, offset)
    assert len(rows) == max(0, min(5, 7 - offset))
    assert all(len(row.values) == len(columns) for row in rows)


def test_an_empty_store_answers(connection: sqlite3.Connection) -> None:
    assert list_runs(connection, "lr < 1", "-loss", ["lr"]) == []
    assert count_runs(connection) == 0
    assert known_keys(connection) == ([], [])
    with pytest.raises(NotFoundError, match="there is no run @-1"):
        find_run(connection, "@-1")


def test_trash_and_project(connection: sqlite3.Connection, add_run: AddRun) -> None:
    add_run("kept", project="p", params={"lr": 1})
    add_run("gone", project="p", params={"lr": 2}, deleted=1)
    add_run("other", project="q", params={"lr": 3})
    assert [row.name for row in list_runs(connection, sort="lr")] == ["kept", "other"]
    assert [row.name for row in list_runs(connection, sort="lr", limit=1, deleted=True)] == ["gone"]
    assert [row.name for row in list_runs(connection, "lr < 9", "lr", limit=1, project="q")] == ["other"]
    assert (count_runs(connection), count_runs(connection, deleted=True), count_runs(connection, project="p")) == (
        2,
        1,
        1,
    )


def test_stalled_shows_in_rows_and_views(connection: sqlite3.Connection, add_run: AddRun, now_ms: int) -> None:
    old = add_run("old", status="running", heartbeat_ms=now_ms - 60_001)
    new = add_run("new", status="running", heartbeat_ms=now_ms - 59_999)
    rows = {row.pk: row for row in list_runs(connection)}
    assert (rows[old].stalled, rows[new].stalled, rows[old].status) == (True, False, "running")
    assert (read_run(connection, old).stalled, read_run(connection, new).stalled) == (True, False)


@pytest.mark.parametrize("wrong", [{"filter": "lr <"}, {"sort": "-"}, {"columns": ["min("]}])
def test_mistakes_are_filter_errors(connection: sqlite3.Connection, wrong: dict[str, Any]) -> None:
    with pytest.raises(FilterError):
        list_runs(connection, **wrong)


def test_check_filter_needs_no_store() -> None:
    check_filter("lr < 1")
    with pytest.raises(FilterError):
        check_filter("lr <")


def test_known_keys_are_sorted_and_distinct(connection: sqlite3.Connection, add_run: AddRun) -> None:
    add_run(params={"b": 1, "a": 2}, metrics={"loss": [1.0]})
    add_run(params={"a": 2}, metrics={"acc": [1.0], "cpu": [1.0]})
    connection.execute("UPDATE series SET section = 'system' WHERE key = 'cpu'")
    assert known_keys(connection) == (["a", "b"], ["acc", "loss"])


def test_read_run_has_everything(connection: sqlite3.Connection, add_run: AddRun, now_ms: int) -> None:
    code, command = Code("/src", "abc", "main", True, left_out=("big.bin",)), Command(("python", "t.py"), "/src")
    pk = add_run(
        "full",
        params={"lr": 0.1},
        metrics={"loss": [(5, 2.0), (6, 1.0), (7, math.nan)], "nan": [math.nan]},
        summary={"best": 1},
        tags=["x"],
        grp="g",
        job_type="eval",
        notes="n",
        parent="p",
        source_id="s",
        command=json.dumps(to_json(command)),
        code=json.dumps(to_json(code)),
        hardware=json.dumps(to_json(Hardware("box", "Linux", gpus=()))),
        missing=json.dumps([{"part": "git", "reason": "no git"}]),
        warnings=json.dumps(["odd"]),
        failure="boom",
        exit_code=1,
        dropped=3,
    )
    run = read_run(connection, pk)
    assert repr(run) == repr(read_run(connection, run.id))  # not ==: NaN is not equal to itself
    assert (run.code, run.command, run.hardware) == (code, command, Hardware("box", "Linux", gpus=()))
    assert (run.params, run.summary) == ({"lr": Value("float", "0.1")}, {"best": Value("int", "1")})
    assert (run.missing, run.warnings, run.tags) == ((Missing("git", "no git"),), ("odd",), ("x",))
    assert (run.group, run.job_type, run.notes, run.parent, run.source_id) == ("g", "eval", "n", "p", "s")
    assert (run.failure, run.exit_code, run.dropped, run.deleted) == ("boom", 1, 3, False)
    loss, nan = run.metrics["loss"], run.metrics["nan"]
    assert (loss.count, loss.nans, loss.first_step, loss.last_step, loss.first) == (3, 1, 5, 7, 2.0)
    assert (loss.min, loss.max, loss.mean) == (1.0, 2.0, 1.5)
    assert math.isnan(loss.last)
    assert math.isnan(nan.first)
    assert (nan.min, nan.mean) == (None, None)


def test_a_bare_run_has_unknown_parts(connection: sqlite3.Connection, add_run: AddRun) -> None:
    run = read_run(connection, add_run("bare"))
    assert (run.code, run.command, run.hardware, run.environment_id, run.end_ms) == (None, None, None, None, None)


def test_find_by_every_name(connection: sqlite3.Connection, add_run: AddRun) -> None:
    first = "01aaaaaaaaaaaaaaaaaaaaaaa1"
    add_run("brisk-otter-14", id=first)
    add_run("calm-fox-2", id="01aabbbbbbbbbbbbbbbbbbbbb2")
    add_run("gone", id="01cccccccccccccccccccccccc", deleted=1)
    for ref in (first, "brisk-otter-14", "01aaaa", "AAA1", "@-2"):
        assert find_run(connection, ref).id == first, ref
    assert find_run(connection, "01cccccccccccccccccccccccc").deleted
    assert find_run(connection, "@-1").name == "calm-fox-2"


def test_a_name_wins_over_a_part_of_an_id(connection: sqlite3.Connection, add_run: AddRun) -> None:
    add_run("abcd", id="x" * 26)
    add_run("other", id="y" * 22 + "abcd")
    assert find_run(connection, "abcd").name == "abcd"


def test_a_reference_to_several_runs_names_them(connection: sqlite3.Connection, add_run: AddRun) -> None:
    for number in range(7):
        add_run("same", id=f"01zz{number:022}")
    for ref in ("same", "01zz"):
        with pytest.raises(AmbiguousError) as caught:
            find_run(connection, ref)
        assert "000006" in caught.value.message
        assert "000001" not in caught.value.message
        assert caught.value.message.endswith("…")
        assert caught.value.hint


@pytest.mark.parametrize("ref", ["brisk-oter-14", "abc", "@-2", "' OR 1=1 --", "%", "\0"])
def test_a_reference_to_nothing(connection: sqlite3.Connection, add_run: AddRun, ref: str) -> None:
    add_run("brisk-otter-14", id="01aaaaaaaaaaaaaaaaaaaaaabc")
    with pytest.raises(NotFoundError) as caught:
        find_run(connection, ref)
    assert caught.value.hint
    if ref.startswith("brisk"):
        assert caught.value.hint == "did you mean brisk-otter-14?"


@pytest.mark.parametrize("ref", ["", "@", "@-0", "digits:v3", "digits:1.2.0", "digits@production"])
def test_what_is_no_reference_to_a_run(connection: sqlite3.Connection, ref: str) -> None:
    with pytest.raises(UsageError):
        find_run(connection, ref)


def test_read_run_that_is_not_there(connection: sqlite3.Connection) -> None:
    for run in (99, "nope"):
        with pytest.raises(NotFoundError):
            read_run(connection, run)


@pytest.mark.parametrize("text", ["[", "[]", "7", '{"argv": 7}', "{" * 100_000])
def test_a_damaged_part_costs_itself_only(connection: sqlite3.Connection, add_run: AddRun, text: str) -> None:
    pk = add_run("odd", command=text, code='{"commit": "abc"}', missing="{", warnings="x", params={"lr": 1})
    run = read_run(connection, pk)
    assert run.command is None
    assert run.code is not None
    assert run.code.commit == "abc"
    assert {part.part for part in run.missing} == {"command", "missing"}
    assert run.params == {"lr": Value("int", "1")}
    assert list_runs(connection)[0].name == "odd"


def test_text_params_sort_from_the_index(connection: sqlite3.Connection, add_run: AddRun) -> None:
    words = ["adam", "sgd", 3, "lion", None, 2.5, "adam", math.nan, True]
    pks = [add_run(params={"opt": word}) for word in words] + [add_run()]
    fitting = {pk for pk, word in zip(pks, words, strict=False) if word in ("adam", "sgd", 3)}
    gone = add_run(params={"opt": "aaa"}, deleted=1)
    for sort, expected in (("opt", [8, 5, 2, 0, 6, 3, 1]), ("-opt", [2, 5, 8, 1, 3, 6, 0])):
        found = [row.pk for row in list_runs(connection, sort=sort, limit=None)]
        assert found[:7] == [pks[place] for place in expected]
        assert len(found) == len(pks)
        for size in (1, 2, 3, 7):
            pages = [list_runs(connection, sort=sort, limit=size, offset=start) for start in range(0, 12, size)]
            assert [row.pk for page in pages for row in page] == found
            filtered = [
                list_runs(connection, "opt in (adam, sgd, 3)", sort, limit=size, offset=start)
                for start in range(0, 6, size)
            ]
            assert [row.pk for page in filtered for row in page] == [pk for pk in found if pk in fitting]
    assert [row.pk for row in list_runs(connection, sort="opt", limit=1, deleted=True)] == [gone]
