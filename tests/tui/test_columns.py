"""Which columns the runs table gets, and what they are called."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.query.views import RunRow
from mlver_tui.tui.screens.columns import (
    choose_columns,
    param_columns,
    quoted,
    rank_params,
    short_titles,
    sorted_column,
    value_keys,
)

KEYS = st.lists(st.text(min_size=1, max_size=30), max_size=12, unique=True)


@given(KEYS, KEYS, st.integers(0, 400))
def test_any_names_in_any_room(params: list[str], metrics: list[str], width: int) -> None:
    columns = choose_columns(params, metrics, width)
    assert [column.key for column in columns[:2]] == ["name", "status"]
    assert all(column.width >= len(column.title) for column in columns)


def test_more_room_shows_more() -> None:
    metrics = ["train/loss", "val/loss", "val/acc", "grad_norm"]
    few, many = choose_columns(["lr", "seed"], metrics, 80), choose_columns(["lr", "seed"], metrics, 200)
    assert set(value_keys(few)) < set(value_keys(many))


def test_losses_first_and_one_param_among_them() -> None:
    columns = choose_columns(["lr", "hidden"], ["acc", "train/loss", "val/loss", "z"], 80)
    assert value_keys(columns) == ["metrics.val/loss", "metrics.train/loss", "params.lr"]


def test_titles_stay_apart() -> None:
    titles = short_titles(["optimizer.momentum", "encoder.hidden_size", "decoder.hidden_size"])
    assert titles["optimizer.momentum"] == "momentum"
    assert (titles["encoder.hidden_size"], titles["decoder.hidden_size"]) == ("encod…n_size", "decod…n_size")


def test_odd_keys_are_quoted_for_the_filter_language() -> None:
    assert quoted("train/loss") == "train/loss"
    assert quoted('a "b" c') == '"a \\"b\\" c"'


def test_params_that_vary_come_first_and_seeds_last() -> None:
    rows = [RunRow(n, str(n), "", "", None, "finished", False, 0, None, (), (64, n, n, n)) for n in range(3)]
    assert param_columns(["batch", "depth", "lr", "seed"]) == [
        "params.batch",
        "params.depth",
        "params.lr",
        "params.seed",
    ]
    assert rank_params(["batch", "depth", "lr", "seed"], rows) == ["lr", "depth", "seed", "batch"]


def test_the_sorted_column_is_found_by_its_short_name() -> None:
    columns = choose_columns(["lr"], ["val/loss"], 120)
    assert sorted_column(columns, "-val/loss") == "metrics.val/loss"
    assert sorted_column(columns, "params.lr") == "params.lr"
    assert sorted_column(columns, "-started") == "started"
    assert sorted_column(columns, "min(val/loss)") == ""
