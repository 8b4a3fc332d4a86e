"""Filters against a real database: a model in plain Python says which runs must come back."""

from __future__ import annotations

import math
import operator
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlver_tui.query.language import parse_filter
from mlver_tui.query.runs import list_runs
from mlver_tui.query.scanner import quote
from mlver_tui.query.where import compile_filter
from mlver_tui.records import Value

DAY_MS = 86_400_000
Run = dict[str, Any]
Predicate = Callable[[Run], bool]
AddRun = Callable[..., int]


@pytest.fixture
def names(connection: sqlite3.Connection) -> Callable[[str], list[str]]:
    return lambda text: sorted(row.name for row in list_runs(connection, text, limit=None))


Names = Callable[[str], list[str]]

# A model of the language over dicts, for random filters

KEYS = ["lr", "val/loss", "a b", "x.y"]
BIG = [2**53, 2**53 + 1, 2**53 + 2, -(2**60) - 1, 10**25, 10**400]
NUMBERS = st.sampled_from([0, 1, -1, 3, 0.1, 0.5, 1e-3, 1e300, 2.0**53, math.inf, -math.inf, *BIG])
TEXTS = st.sampled_from(["adam", "Adam", "1", "0.1", "nan", "none", "true", "", "x' OR 1=1 --", 'q"t', "50%_", "\\"])
LEAVES = NUMBERS | TEXTS | st.booleans() | st.none() | st.just(math.nan)
FLOATS = st.sampled_from([0.0, 0.1, 0.5, 1.0, 3.0, -1.0, 1e300, 2.0**53, math.inf, -math.inf, math.nan])
RUNS = st.lists(
    st.fixed_dictionaries(
        {
            "params": st.dictionaries(st.sampled_from(KEYS), LEAVES, max_size=3),
            "metrics": st.dictionaries(st.sampled_from(KEYS), st.lists(FLOATS, min_size=1, max_size=4), max_size=2),
            "summary": st.dictionaries(st.sampled_from(KEYS), LEAVES, max_size=2),
            "tags": st.sets(st.sampled_from(["x", "y", "baseline"])),
            "name": st.sampled_from(["brisk-otter", "Calm-Otter", "50%_off", "straße", "x"]),
        }
    ),
    min_size=1,
    max_size=6,
)
SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
ABSENT = object()


def _real(points: list[float]) -> list[float]:
    return [point for point in points if not math.isnan(point)]


def _mean(points: list[float]) -> Any:
    mean = sum(_real(points)) / len(_real(points))
    return ABSENT if math.isnan(mean) else mean  # of both infinities


AGGREGATES: dict[str, Callable[[list[float]], Any]] = {
    "last": lambda points: points[-1],
    "first": lambda points: points[0],
    "min": lambda points: min(_real(points), default=ABSENT),
    "max": lambda points: max(_real(points), default=ABSENT),
    "mean": lambda points: _mean(points) if _real(points) else ABSENT,
    "count": len,
}


def _look_up(run: Run, scope: str, key: str) -> Any:
    if scope in AGGREGATES:
        return AGGREGATES[scope](run["metrics"][key]) if key in run["metrics"] else ABSENT
    if scope != "bare":
        return run[scope].get(key, ABSENT)
    for place in ("params", "last", "summary"):
        if (value := _look_up(run, place, key)) is not ABSENT:
            return value
    return ABSENT


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and value == value


def _equal(value: Any, asked: Any, text: str, quoted: bool) -> bool:
    if isinstance(value, str):
        return value == text
    if quoted or isinstance(asked, str):
        return False
    if asked is None or value is None:
        return value is asked
    if isinstance(asked, bool):
        return bool(value is asked)
    if asked != asked or value != value:
        return bool(asked != asked and value != value)
    return bool(value == asked)


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else repr(value)


def _operand(scope: str, key: str) -> str:
    if scope == "bare":
        return quote(key)
    return f"{scope}({quote(key)})" if scope in AGGREGATES else f"{scope}.{quote(key)}"


SCOPES = st.sampled_from(["bare", "params", "summary"])
METRIC_SCOPES = st.sampled_from(sorted(AGGREGATES))


@st.composite
def _comparisons(draw: st.DrawFn) -> tuple[str, Predicate]:
    numbers_only = draw(st.booleans())
    scope, key = draw(METRIC_SCOPES if numbers_only else SCOPES), draw(st.sampled_from(KEYS))
    asked: Any = draw(NUMBERS if numbers_only else LEAVES)
    quoted = isinstance(asked, str)
    text = asked if quoted else _spelled(asked)
    written = quote(text) if quoted else text
    ordered = _is_number(asked) and not isinstance(asked, bool)
    op = draw(st.sampled_from(["=", "!=", *(SIGNS if ordered or quoted else ())]))

    def matches(run: Run) -> bool:
        value = _look_up(run, scope, key)
        if value is ABSENT:
            return False
        if op in SIGNS:
            comparable = isinstance(value, str) if quoted else _is_number(value)
            return comparable and bool(SIGNS[op](value, asked))
        return _equal(value, asked, text, quoted) is (op == "=")

    return f"{_operand(scope, key)} {op} {written}", matches


@st.composite
def _others(draw: st.DrawFn) -> tuple[str, Predicate]:
    scope, key = draw(SCOPES | METRIC_SCOPES), draw(st.sampled_from(KEYS))
    tag, part = draw(st.sampled_from(["x", "y", "z"])), draw(st.sampled_from(["otter", "OTTER", "%_", "STRASSE", "x"]))
    choices: list[tuple[str, Predicate]] = [
        (f"exists({_operand(scope, key)})", lambda run: _look_up(run, scope, key) is not ABSENT),
        (f"missing({_operand(scope, key)})", lambda run: _look_up(run, scope, key) is ABSENT),
        (f"tag:{tag}", lambda run: tag in run["tags"]),
        (f"tags != {tag}", lambda run: tag not in run["tags"]),
        (f"tags in (x, {tag})", lambda run: bool({"x", tag} & run["tags"])),
        (quote(part), lambda run: part.casefold() in run["name"].casefold()),
    ]
    return draw(st.sampled_from(choices))


def _extend(inner: st.SearchStrategy[tuple[str, Predicate]]) -> st.SearchStrategy[tuple[str, Predicate]]:
    def both(pair: tuple[tuple[str, Predicate], tuple[str, Predicate]]) -> tuple[str, Predicate]:
        (a, f), (b, g) = pair
        return f"({a} and {b})", lambda run: f(run) and g(run)

    def either(pair: tuple[tuple[str, Predicate], tuple[str, Predicate]]) -> tuple[str, Predicate]:
        (a, f), (b, g) = pair
        return f"({a} or {b})", lambda run: f(run) or g(run)

    pairs = st.tuples(inner, inner)
    negated = inner.map(lambda one: (f"not {one[0]}", lambda run: not one[1](run)))
    return pairs.map(both) | pairs.map(either) | negated


FILTERS = st.recursive(_comparisons() | _others(), _extend, max_leaves=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(runs=RUNS, asked=FILTERS)
def test_sql_and_model_agree(
    connection: sqlite3.Connection, add_run: AddRun, runs: list[Run], asked: tuple[str, Predicate]
) -> None:
    text, matches = asked
    connection.execute("BEGIN")
    try:
        added = [(add_run(**run), run) for run in runs]
        found = {row.pk for row in list_runs(connection, text, limit=None)}
    finally:
        connection.execute("ROLLBACK")
    assert found == {pk for pk, run in added if matches(run)}


# One by one


def test_bare_key_is_param_then_metric_then_summary(add_run: AddRun, names: Names) -> None:
    add_run("param", params={"k": 1}, metrics={"k": [2]}, summary={"k": 3})
    add_run("metric", metrics={"k": [9, 2]}, summary={"k": 3})
    add_run("summary", summary={"k": 3})
    add_run("none")
    assert names("k = 1") == ["param"]
    assert names("k = 2") == ["metric"]
    assert names("k = 3") == ["summary"]
    assert names("k != 7") == ["metric", "param", "summary"]
    assert names("not k = 7") == ["metric", "none", "param", "summary"]
    assert names("missing(k)") == ["none"]


def test_a_number_equals_number_and_text_but_a_quoted_one_only_text(add_run: AddRun, names: Names) -> None:
    add_run("int", params={"k": 1})
    add_run("float", params={"k": 1.0})
    add_run("text", params={"k": "1"})
    assert names("k = 1") == ["float", "int", "text"]
    assert names('k = "1"') == ["text"]
    assert names("k < 2") == ["float", "int"]


def test_lists_and_odd_objects_compare_by_their_text(add_run: AddRun, names: Names) -> None:
    add_run("list", params={"k": [1, 2]})
    add_run("other", params={"k": Value("other", "<thing>")})
    assert names('k = "[1, 2]"') == ["list"]
    assert names("k ~ thing") == ["other"]


def test_a_broken_number_in_the_store_is_no_number_and_no_error(
    connection: sqlite3.Connection, add_run: AddRun, names: Names
) -> None:
    pk = add_run("broken")
    add_run("fine", params={"k": 2**60})
    connection.execute("INSERT INTO param VALUES (?, 'k', 'int', NULL, '0x1')", (pk,))
    assert names("k > 1e17") == names("k > 1") == ["fine"]
    assert names("exists(k)") == ["broken", "fine"]


def test_nan_and_infinity_of_a_metric(add_run: AddRun, names: Names) -> None:
    add_run("nan", metrics={"loss": [1.0, math.nan]})
    add_run("all nan", metrics={"loss": [math.nan]})
    add_run("inf", metrics={"loss": [1.0, math.inf]})
    assert names("loss = nan") == ["all nan", "nan"]
    assert names("loss = inf") == ["inf"]
    assert names("loss > 1e308") == ["inf"]
    assert names("min(loss) = 1") == ["inf", "nan"]
    assert names("missing(min(loss))") == ["all nan"]
    assert names("count(loss) = 2") == ["inf", "nan"]


def test_point_at_a_step(add_run: AddRun, names: Names) -> None:
    add_run("regular", metrics={"loss": [(0, 1.0), (10, 2.0), (20, 3.0), (30, 4.0)]})
    add_run("odd", metrics={"loss": [(20, 5.0), (7, 6.0), (20, 8.0), (-3, math.nan)]})
    add_run("one", metrics={"loss": [(20, 0.5)]})
    assert names("at(loss, 20) = 3") == ["regular"]
    assert names("at(loss, 20) = 8") == ["odd"]
    assert names("at(loss, 20) > 0") == ["odd", "one", "regular"]
    assert names("at(loss, 15) > 0") == []
    assert names("at(loss, -3) = nan") == ["odd"]
    assert names("exists(at(loss, 30))") == ["regular"]
    assert names("missing(at(loss, 30))") == ["odd", "one"]


def test_system_series_are_no_metrics(connection: sqlite3.Connection, add_run: AddRun, names: Names) -> None:
    add_run("a", metrics={"cpu": [1.0]})
    connection.execute("UPDATE series SET section = 'system'")
    assert names("exists(cpu)") == []
    assert names("cpu = 1") == []


def test_versions_compare_as_versions(add_run: AddRun, names: Names) -> None:
    add_run("old", packages={"torch": "2.1.0+cu118", "scikit-learn": "1.2"}, python="3.9.18")
    add_run("new", packages={"torch": "2.10.0", "scikit-learn": "1.10"}, python="3.11.7")
    add_run("odd", packages={"torch": "nightly"}, python="3.13.0rc1")
    add_run("unknown")
    assert names("env.torch >= 2.2") == ["new"]
    assert names("env.torch = 2.1") == ["old"]
    assert names("env.torch = 2.1.0+cu121") == []
    assert names("env.torch = nightly") == ["odd"]
    assert names("env.torch != 2.1") == ["new", "odd"]
    assert names("env.torch in (2.1, nightly)") == ["odd", "old"]
    assert names("env.torch ~ /cu\\d+/") == ["old"]
    assert names("env.Scikit_Learn < 1.9") == ["old"]
    assert names("env.python < 3.10") == ["old"]
    assert names("env.python < 3.13") == ["new", "odd", "old"]  # a release candidate comes before
    assert names("missing(env.torch)") == ["unknown"]
    assert names("missing(env.python)") == ["unknown"]


def test_a_param_named_like_a_package_is_found(add_run: AddRun, names: Names) -> None:
    add_run("gym", params={"env.name": "CartPole-v1", "env.width": 3}, packages={"name": "9.9"})
    assert names("env.name = CartPole-v1") == ["gym"]
    assert names("env.width > 2") == ["gym"]
    assert names("env.name = 9.9") == []


def test_git(add_run: AddRun, names: Names) -> None:
    add_run("clean", git_commit="abcdef0123", git_branch="main", git_dirty=0)
    add_run("dirty", git_commit="1234567890", git_branch="feat/x", git_dirty=1)
    add_run("unknown")
    assert names("git.commit = ABCDEF") == ["clean"]
    assert names("git.commit = 12345") == ["dirty"]
    assert names("git.commit = 123") == []
    assert names("git.branch = feat/x") == ["dirty"]
    assert names("git.dirty = true") == ["dirty"]
    assert names("git.dirty = false") == ["clean"]
    assert names("git.dirty != true") == ["clean"]
    assert names("git.dirty = none") == ["unknown"]
    assert names("not git.dirty = true") == ["clean", "unknown"]


def test_texts_of_a_run(add_run: AddRun, names: Names) -> None:
    add_run("a", project="p", grp="seeds", host="gpu1", notes="first try", parent="b", job_type="eval")
    add_run("b", project="q")
    assert names("project = p") == ["a"]
    assert names("project in (p, q)") == ["a", "b"]
    assert names("group = seeds and host = gpu1 and parent = b and job_type = eval") == ["a"]
    assert names("notes ~ /TRY/i") == ["a"]
    assert names("group = none") == ["b"]
    assert names("group != none") == ["a"]
    assert names("group != other") == ["a"]
    assert names("missing(notes)") == ["b"]
    assert names("name !~ /a/") == ["b"]


def test_id_by_either_end(add_run: AddRun, names: Names) -> None:
    add_run("a", id="01abcdefghijklmnopqrstuvwx")
    assert names("id = 01ab") == names("id = UVWX") == names("id = 01abcdefghijklmnopqrstuvwx") == ["a"]
    assert names("id = vwx") == names("id = cdef") == []


def test_what_is_never_recorded_never_matches(add_run: AddRun, names: Names) -> None:
    add_run("a", params={"user": "me"})
    assert names("data.digest = x") == names("user = me") == names("exists(data.digest)") == []
    assert names("missing(data.digest)") == names("params.user = me") == ["a"]


def test_stalled_is_a_kind_of_running(add_run: AddRun, names: Names, now_ms: int) -> None:
    add_run("alive", status="running", heartbeat_ms=now_ms - 1000)
    add_run("stalled", status="running", heartbeat_ms=now_ms - 61_000)
    add_run("silent", status="running")
    add_run("done", heartbeat_ms=1)
    assert names("status = stalled") == ["stalled"]
    assert names("status = Running") == ["alive", "silent", "stalled"]
    assert names("status != stalled") == ["alive", "done", "silent"]
    assert names("status in (stalled, finished)") == ["done", "stalled"]


def test_times(add_run: AddRun, names: Names, now_ms: int) -> None:
    add_run("new", start_ms=now_ms - 3_600_000, end_ms=now_ms - 1_800_000)
    add_run("old", start_ms=now_ms - 3 * DAY_MS, end_ms=now_ms - 2 * DAY_MS)
    add_run("running", start_ms=now_ms - 600_000, status="running")
    assert names("started > 2d") == ["new", "running"]
    assert names("started < 2d") == ["old"]
    assert names("started > 1h30m and ended > 1h") == ["new"]
    assert names("duration > 20m") == ["new", "old"]
    assert names("duration >= 10m and duration <= 600") == ["running"]
    assert names("ended = none") == names("missing(ended)") == ["running"]
    assert names("not ended > 1d") == ["old", "running"]


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("berlin")
def test_a_day_is_a_whole_and_local(add_run: AddRun, names: Names) -> None:
    def at(text: str) -> int:
        return round(datetime.fromisoformat(text).timestamp() * 1000)

    add_run("eve", start_ms=at("2026-01-30T23:59:59+01:00"))
    add_run("first", start_ms=at("2026-01-31T00:00:00+01:00"))
    add_run("last", start_ms=at("2026-01-31T23:59:59+01:00"))
    add_run("next", start_ms=at("2026-02-01T00:00:00+01:00"))
    assert names("started = 2026-01-31") == ["first", "last"]
    assert names("started != 2026-01-31") == ["eve", "next"]
    assert names("started < 2026-01-31") == ["eve"]
    assert names("started <= 2026-01-31") == ["eve", "first", "last"]
    assert names("started > 2026-01-31") == ["next"]
    assert names("started >= 2026-01-31") == ["first", "last", "next"]
    assert names('started >= "2026-01-31 23:59"') == ["last", "next"]
    assert names("started = 2026-01-30T23:00Z") == ["first"]
    assert names("started in (2026-01-30, 2026-02-01)") == ["eve", "next"]


@pytest.mark.parametrize(
    "hostile", ["'; DROP TABLE run; --", '") OR 1=1 --', "%", "_", "\\", "?1", ":x", "\0", "‮[red]"]
)
def test_hostile_text_is_only_ever_text(
    connection: sqlite3.Connection, add_run: AddRun, names: Names, hostile: str
) -> None:
    odd = quote(hostile)
    add_run(f"<{hostile}>", params={hostile: hostile}, metrics={hostile: [1.0]}, tags=[hostile], project=hostile)
    add_run("other")
    for text in (
        odd,
        f"params.{odd} = {odd}",
        f"min({odd}) = 1",
        f"tag:{odd}",
        f"project = {odd}",
        f"at({odd}, 0) = 1",
    ):
        assert names(text) == [f"<{hostile}>"], text
    sql = compile_filter(parse_filter(f"x = {odd} and {odd} < 3 and env.{odd} = {odd}"), 0)
    assert len(hostile) == 1 or hostile not in sql.text


def test_many_conditions_do_not_meet_a_limit_of_sqlite(add_run: AddRun, names: Names) -> None:
    add_run("run", params={"k": 7})
    assert names(" or ".join(f"k = {number}" for number in range(700))) == ["run"]
    assert names(f"k in ({', '.join(str(number) for number in range(1500))})") == ["run"]
    assert names(" ".join("r" for _ in range(4000))) == ["run"]
