"""How a comparison looks: unknown is never the same, and different numbers never look equal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.query.views import DiffRow
from mlver_tui.tui.screens.diff_rows import diff_cells, metric_of, ordered, short_cells

NUMBERS = st.lists(st.floats(allow_nan=False), min_size=2, max_size=6)


@given(NUMBERS)
def test_different_numbers_never_look_equal(values: list[float]) -> None:
    row = DiffRow("metrics", "loss", tuple(repr(value) for value in values), "differs")
    assert len(set(short_cells(row))) == len(set(row.cells))


def test_params_are_exact() -> None:
    row = DiffRow("params", "lr", ("0.12345678901234", "0.1"), "differs")
    assert short_cells(row) == ["0.12345678901234", "0.1"]


def test_unknown_is_said_and_never_empty() -> None:
    cells = diff_cells(DiffRow("env", "torch", (None, "2.1"), "unknown"))
    assert [cell.text for cell in cells[1:3]] == ["? unknown", "? 2.1"]
    assert {cell.style for cell in cells[1:3]} == {"warn"}


def test_what_differs_from_the_base_stands_out() -> None:
    cells = diff_cells(DiffRow("params", "lr", ("1", "2", "1", None), "differs"))
    assert [cell.style for cell in cells[1:5]] == ["", "changed", "dim", "changed"]
    assert cells[4].text == "—"


def test_rows_about_one_metric_stand_together() -> None:
    rows = [DiffRow("metrics", key, ("1", "2"), "differs") for key in ("acc", "max(val/loss)", "val/loss")]
    assert [row.key for row in ordered("metrics", rows)] == ["max(val/loss)", "val/loss", "acc"]
    assert metric_of("min(val/loss)") == "val/loss"
    assert metric_of("val/loss") == "val/loss"
