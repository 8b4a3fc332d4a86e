"""Ways of drawing as numbers: what SGR means, and that the short way from one to another arrives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.tui.terminal.pens import PLAIN, Pens

PLAIN_CODES = [str(code) for code in (*range(6), 7, 9, *range(21, 25), 27, 29, 31, 39, 44, 49, 53, 55, 97, 107)]
COLOUR_CODES = ["38;5;12", "48;5;200", "38;2;1;2;3", "48;2;200;100;0", "38;2;9;9;9"]
CODES = st.sampled_from([*PLAIN_CODES, *COLOUR_CODES])
SGR = st.lists(CODES, max_size=5).map(";".join)


@given(SGR, SGR)
def test_the_change_between_two_pens_arrives(one: str, other: str) -> None:
    pens = Pens()
    before, after = pens.of(one), pens.of(other)
    change = pens.change(before, after)
    assert (change == "") == (before == after)
    reached = pens.applied(before, change[2:-1]) if change else before
    assert reached == after


@given(SGR, SGR)
def test_a_blank_may_be_drawn_with_a_pen_of_the_same_ground(one: str, other: str) -> None:
    pens = Pens()
    pen, blank = pens.of(one), pens.blank(pens.of(other))
    assert pens.blank(pens.grounded(pen, blank)) == blank


def test_order_does_not_matter_and_a_reset_clears() -> None:
    pens = Pens()
    assert pens.of("1;38;5;4") == pens.of("38;5;4;1")
    assert pens.of("1;31;0") == PLAIN
    assert pens.of("39;49") == PLAIN


def test_only_what_differs_is_said() -> None:
    pens = Pens()
    ground = "48;2;18;21;26"
    assert pens.change(pens.of(f"31;{ground}"), pens.of(f"32;{ground}")) == "\x1b[32m"
    assert pens.change(pens.of(f"1;31;{ground}"), pens.of(f"31;{ground}")) == "\x1b[22m"
    assert pens.change(pens.of(f"31;{ground}"), PLAIN) == "\x1b[m"


def test_without_colour_only_attributes_stay() -> None:
    pens = Pens(colour=False)
    assert pens.of("1;31;48;5;7") == pens.of("1")
    assert pens.of("38;2;1;2;3") == PLAIN


@pytest.mark.parametrize("cut", ["38", "38;5", "38;2;1;2", "48;2", "999", ";;", "abc"])
def test_what_is_cut_off_or_unknown_does_no_harm(cut: str) -> None:
    assert Pens().of(cut) == PLAIN
