"""What a training script sees, and what is in the store afterwards."""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

import mlver_tui as mlver
from mlver_tui.errors import MlverError

Reader = Callable[[], mlver.Store]


def test_a_run_from_init_to_finish(store: Reader) -> None:
    run = mlver.init(project="digits", name="first", config={"lr": 1e-3, "optim": {"name": "adam"}}, tags=["baseline"])
    for step in range(10):
        run.log({"train/loss": 1 / (step + 1), "val": {"acc": step / 10}}, step=step)
    run.summary["best"] = 0.9
    run.notes = "looks fine"
    run.finish()
    found = store().run("first")
    assert (found.project, found.status, found.tags, found.notes) == ("digits", "finished", ("baseline",), "looks fine")
    assert {key: value.text for key, value in found.params.items()} == {"lr": "0.001", "optim.name": "adam"}
    assert found.metrics["train/loss"].last == 0.1
    assert found.metrics["val/acc"].max == 0.9
    assert found.summary["best"].number == 0.9
    assert found.command is not None


def test_points_come_back_exactly_in_arrays(store: Reader) -> None:
    values = [0.1, math.pi, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf]
    with mlver.init() as run:
        for value in values:
            run.log({"x": value})
        run.log({"x": math.nan}, step=2**40, time=1234567890.25)
    series = store().series(run.id, "x")
    assert list(series.value[:-1]) == values
    assert math.isnan(series.value[-1])
    assert list(series.step) == [*range(7), 2**40]
    assert series.time[-1] == 1234567890.25
    assert series.value.typecode == "d"


@pytest.mark.parametrize("value", [True, 3, Decimal("0.5"), Fraction(1, 4), 2**70])
def test_numbers_of_all_kinds(store: Reader, value: object) -> None:
    with mlver.init() as run:
        run.log({"x": value})
    assert list(store().series(run.id, "x").value) == [float(value)]  # type: ignore[arg-type]


class Broken:
    def __float__(self) -> float:
        raise RuntimeError("on a device that is gone")


@pytest.mark.parametrize("value", ["text", None, [1], 10**400, 1j, Broken(), b"1"])
def test_a_bad_value_is_named_once_and_costs_only_itself(
    store: Reader, capsys: pytest.CaptureFixture[str], value: object
) -> None:
    with mlver.init() as run:
        for step in range(5):
            run.log({"before": 1.0, "bad": value, "after": 2.0}, step=step)
    found = store().run(run.id)
    assert found.metrics.keys() == {"before", "after"}
    assert found.metrics["after"].count == 5
    assert capsys.readouterr().err.count("bad was not logged") == 1
    assert any("bad was not logged" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (([1, 2],), TypeError),
        ((3.0,), TypeError),
        (({"a": 1}, 1.5), TypeError),
        (({"a": 1}, "1"), TypeError),
        (({"a": 1}, 2**63), ValueError),
    ],
)
def test_wrong_arguments_raise_at_once(arguments: tuple[object, ...], error: type[Exception]) -> None:
    run = mlver.init()
    with pytest.raises(error):
        run.log(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("arguments", [{"config": 3}, {"tags": "one"}, {"project": 5}, {"mode": "maybe"}])
def test_wrong_arguments_of_init_raise_at_once(arguments: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        mlver.init(**arguments)  # type: ignore[arg-type]


@dataclasses.dataclass
class Settings:
    depth: int = 3
    inner: dict[str, object] = dataclasses.field(default_factory=lambda: {"rate": 0.5, "layers": [1, 2]})


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (Settings(), {"depth": "3", "inner.rate": "0.5", "inner.layers": "[1, 2]"}),
        (argparse.Namespace(lr=0.1, fast=True), {"lr": "0.1", "fast": "true"}),
        ({"a": {"b": {"c": None}}, 5: "five"}, {"a.b.c": "", "5": "five"}),
    ],
)
def test_config_of_many_shapes(store: Reader, config: object, expected: dict[str, str]) -> None:
    with mlver.init(config=config) as run:
        pass
    assert {key: value.text for key, value in store().run(run.id).params.items()} == expected


def test_config_set_later_and_module_level_verbs(store: Reader) -> None:
    run = mlver.init()
    mlver.config["lr"] = 0.1
    mlver.config.update({"deep": {"er": 1}}, seed=3)
    mlver.log({"loss": 1.0})
    mlver.summary.update(best=2)
    assert mlver.run is run
    mlver.finish()
    found = store().run(run.id)
    assert set(found.params) == {"lr", "deep.er", "seed"}
    assert found.summary["best"].text == "2"


def test_tags_can_be_added_and_removed(store: Reader) -> None:
    with mlver.init(tags=["a", "b"]) as run:
        run.tags += ["c"]
        run.tags.remove("a")
        run.tags = ["c", "d"]
    assert store().run(run.id).tags == ("c", "d")


def test_an_exception_in_the_block_fails_the_run_and_is_kept(store: Reader) -> None:
    with pytest.raises(ZeroDivisionError), mlver.init() as run:
        run.log({"x": 1 / 0})
    found = store().run(run.id)
    assert found.status == "failed"
    assert found.failure is not None
    assert "ZeroDivisionError" in found.failure


def test_a_switched_off_run_takes_every_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    with mlver.init(config={"lr": 1}) as run:
        run.log({"x": 1})
        run.tags.add("a")
        run.summary["y"] = 1
    assert not (tmp_path / "home").exists()
    assert run.status == "finished"


def test_another_rank_logs_when_asked(store: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "3")
    with mlver.init(mode="on") as run:
        run.log({"x": 1})
    assert store().run(run.id).metrics["x"].count == 1


def test_a_second_init_is_a_new_run_and_the_first_goes_on(store: Reader) -> None:
    first = mlver.init(name="one")
    second = mlver.init(name="two")
    first.log({"x": 1})
    second.log({"x": 2})
    first.finish()
    second.finish()
    opened = store()
    assert opened.run("one").metrics["x"].last == 1
    assert opened.run("two").metrics["x"].last == 2


def test_resume_goes_on_with_the_same_curve(store: Reader) -> None:
    with mlver.init(name="long") as run:
        run.log({"loss": 1.0})
        run.log({"loss": 0.5})
    with mlver.init(resume="long") as again:
        again.log({"loss": 0.25})
    assert again.id == run.id
    found = store().run("long")
    assert found.status == "finished"
    assert list(store().series(found, "loss").step) == [0, 1, 2]


def test_resume_of_nothing_is_said_at_once() -> None:
    with mlver.init():
        pass
    with pytest.raises(MlverError):
        mlver.init(resume="no-such-run")


def test_points_after_finish_are_kept(store: Reader) -> None:
    run = mlver.init()
    run.log({"x": 1})
    run.finish()
    run.log({"x": 2})
    assert list(store().series(run.id, "x").value) == [1, 2]


def test_no_run_no_log() -> None:
    with pytest.raises(MlverError, match="no run"):
        mlver.log({"x": 1})


def test_a_home_that_cannot_be_made_does_not_stop_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocker = tmp_path / "blocker"
    blocker.write_text("a file where the home should be")
    monkeypatch.setenv("MLVER_HOME", str(blocker))
    run = mlver.init(config={"lr": 1})
    run.log({"x": 1.0})
    run.finish()
    assert "training goes on" in capsys.readouterr().err
    assert blocker.read_text() == "a file where the home should be"


def test_secrets_in_config_are_hidden_and_look_alikes_stay(store: Reader) -> None:
    secret = "sk-" + "a1B2c3D4" * 5
    with mlver.init(config={"api_key": secret, "tokenizer": "bert", "use_cls_token": "mean", "lr": 0.1}) as run:
        run.config["db"] = "postgres://me:hunter2@host/x"
    params = store().run(run.id).params
    assert params["api_key"].text == "[hidden]"
    assert "hunter2" not in params["db"].text
    assert (params["tokenizer"].text, params["use_cls_token"].text) == ("bert", "mean")
    for path in run.home.root.rglob("*"):
        assert path.is_dir() or (secret.encode() not in path.read_bytes() and b"hunter2" not in path.read_bytes())


class Hostile(Mapping[str, object]):
    """A config that raises wherever it is touched."""

    def __getitem__(self, key: str) -> object:
        raise RuntimeError(key)

    def __iter__(self) -> Iterator[str]:
        raise SystemExit(3)

    def __len__(self) -> int:
        return 1

    @property
    def item(self) -> object:
        raise RuntimeError("item")


def test_what_is_hostile_in_a_config_costs_itself_only(store: Reader) -> None:
    everything: dict[str, object] = {}
    for number in range(30):  # a graph of thirty nodes that all hold each other has few leaves and no end of paths
        everything[f"n{number}"] = everything if number % 2 else dict(everything)
    with mlver.init(config={"lr": 0.1, "bad": Hostile(), "graph": everything}) as run:
        run.log({"x": 1})
    found = store().run(run.id)
    assert found.params["lr"].text == "0.1"
    assert any("bad was left out" in warning for warning in found.warnings)
    assert found.metrics["x"].count == 1


def test_steps_go_to_the_end_of_64_bits_and_stay_there(store: Reader) -> None:
    last = 2**63 - 1
    with mlver.init() as run:
        run.log({"x": 0.0}, step=last)
        run.log({"x": 1.0})
        run.log({"y": 1.0})
    assert list(store().series(run.id, "x").step) == [last, last]
    assert list(store().series(run.id, "y").step) == [last]


def test_many_warnings_are_kept_and_few_are_said(store: Reader, capsys: pytest.CaptureFixture[str]) -> None:
    with mlver.init() as run:
        run.log({f"bad{number}": "text" for number in range(60)})
    assert len(capsys.readouterr().err.splitlines()) == 20
    assert len(store().run(run.id).warnings) == 60
