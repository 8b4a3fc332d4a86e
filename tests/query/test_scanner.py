"""Which patterns are too dangerous to run on every name."""

from __future__ import annotations

import pytest

from mlver_tui.errors import FilterError
from mlver_tui.query.language import parse_filter
from mlver_tui.query.scanner import LONGEST_PATTERN, repeated_repeat


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a*)*b", "(?:a|a)*", "((a+)b)+", "(a+){2,}", "(?P<x>a?)+", "(a{1,9})*", "(x+x+)+y", "((a|b))*"],
)
def test_a_repeat_over_a_repeat_is_refused(pattern: str) -> None:
    assert repeated_repeat(pattern) is not None
    with pytest.raises(FilterError, match="repeats a group"):
        parse_filter(f"name ~ /{pattern}/")


@pytest.mark.parametrize(
    "pattern",
    [
        "a+b*",
        ".*a.*b",
        "(abc)+",
        "(a|b)",
        "(a+)?",
        "[(a+)]+",
        r"\(a+\)+",
        "(?i)a+",
        "(?:ab)+",
        "x{3}",
        "([a-z])+",
        "]+",
    ],
)
def test_a_plain_pattern_is_taken(pattern: str) -> None:
    assert repeated_repeat(pattern) is None
    parse_filter(f"name ~ /{pattern}/")


def test_a_long_pattern_is_refused() -> None:
    parse_filter(f"name ~ /{'a' * LONGEST_PATTERN}/")
    with pytest.raises(FilterError, match="longer than"):
        parse_filter(f"name ~ /{'a' * (LONGEST_PATTERN + 1)}/")
