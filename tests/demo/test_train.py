"""The demo trains for real: its slopes are right, it learns, and trouble shows as NaN."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

import mlver_tui
from mlver_tui.demo import train as demo

Logged = list[tuple[int, dict[str, float]]]
EPOCHS = 5


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Logged:
    calls: Logged = []
    monkeypatch.setattr(mlver_tui, "log", lambda metrics, step: calls.append((step, metrics)), raising=False)
    return calls


def train(**changed: Any) -> None:
    demo.train(**{"lr": 0.05, "hidden": 8, "momentum": 0.9, "batch": 16, "epochs": EPOCHS, "seed": 1, **changed})


def test_the_data_is_whole() -> None:
    learn, check = demo.load_penguins()
    assert (len(learn), len(check)) == (266, 67)  # 344 penguins, the sex of eleven unknown
    assert {kind for _, kind in check} == set(range(6))
    assert all(len(x) == 5 and x[-1] == 1.0 and all(map(math.isfinite, x)) for x, _ in learn + check)


def test_measures_are_scaled_by_the_training_part() -> None:
    learn, _ = demo.load_penguins()
    for column in list(zip(*(x for x, _ in learn), strict=True))[:-1]:
        assert sum(column) / len(column) == pytest.approx(0, abs=1e-12)
        assert sum(v * v for v in column) / len(column) == pytest.approx(1)


def test_the_split_is_the_same_every_time() -> None:
    assert demo.load_penguins() == demo.load_penguins()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("hidden", [1, 5])
def test_slopes_agree_with_finite_differences(seed: int, hidden: int) -> None:
    net = demo.new_net(hidden, random.Random(seed))
    batch = demo.load_penguins()[0][:7]
    _, slopes = demo.gradients(net, batch)
    nudge = 1e-6
    for layer, layer_slopes in zip(net, slopes, strict=True):
        for row, row_slopes in zip(layer, layer_slopes, strict=True):
            for i, weight in enumerate(row):
                row[i] = weight + nudge
                above = demo.evaluate(net, batch)[0]
                row[i] = weight - nudge
                below = demo.evaluate(net, batch)[0]
                row[i] = weight
                assert row_slopes[i] == pytest.approx((above - below) / (2 * nudge), rel=1e-5, abs=1e-8)


def test_probabilities_sum_to_one() -> None:
    net = demo.new_net(3, random.Random(0))
    _, logs = demo.forward(net, [1e3, -1e3, 5.0, 0.0, 1.0])
    assert sum(map(math.exp, logs)) == pytest.approx(1)


def test_a_training_learns(logged: Logged) -> None:
    train()
    checks = [metrics for _, metrics in logged if "val/loss" in metrics]
    assert len(checks) == EPOCHS
    assert checks[-1]["val/loss"] < checks[0]["val/loss"]
    assert checks[-1]["val/acc"] > 0.8


def test_steps_count_batches(logged: Logged) -> None:
    train()
    steps = [step for step, metrics in logged if "train/loss" in metrics]
    assert steps == list(range(1, len(steps) + 1))
    assert [step for step, metrics in logged if "val/acc" in metrics] == [17, 34, 51, 68, 85]


def test_the_seed_decides_the_run(logged: Logged) -> None:
    train()
    first = list(logged)
    logged.clear()
    train()
    assert logged == first
    logged.clear()
    train(seed=2)
    assert logged != first


def test_a_huge_learning_rate_ends_in_nan_and_says_so(logged: Logged) -> None:
    train(lr=50.0, hidden=16, epochs=12)
    losses = [metrics["train/loss"] for _, metrics in logged if "train/loss" in metrics]
    assert math.isfinite(losses[0])
    assert math.isnan(losses[-1])
