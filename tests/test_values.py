"""Config of any kind becomes typed leaves: nothing raises, nothing is lost silently."""

from __future__ import annotations

import enum
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.values import MAX_LEAVES, decode, encode, flatten

leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=50))


@given(leaves)
def test_a_scalar_comes_back(value: Any) -> None:
    back = decode(encode(value))
    assert back == value
    assert type(back) is type(value)


@given(
    st.dictionaries(st.text(max_size=10), st.one_of(leaves, st.dictionaries(st.text(max_size=5), leaves)), max_size=10)
)
def test_any_nested_config_is_taken_and_is_json(config: dict[str, Any]) -> None:
    found, left_out = flatten(config)
    assert not left_out
    json.dumps({key: [value.kind, value.text, value.number] for key, value in found.items()})


class Colour(enum.Enum):
    RED = 1


class Angry:
    def __str__(self) -> str:
        raise SystemExit("from str()")

    __repr__ = __str__


class Scalar:
    """Quacks like a zero-dimensional array."""

    ndim = 0

    def item(self) -> float:
        return 0.25


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (Path("/data"), "other", "/data"),
        (Colour.RED, "other", "Colour.RED"),
        (Scalar(), "float", "0.25"),
        ([1, "a", None], "list", '[1, "a", null]'),
        ([1.0, math.nan], "list", '[1.0, "nan"]'),
        pytest.param(10**5000, "other", None, id="huge"),
        (b"\xff", "other", "b'\\xff'"),
        (Angry(), "other", "<Angry that cannot be shown: SystemExit>"),
    ],
)
def test_unusual_values(value: Any, kind: str, text: str | None) -> None:
    encoded = encode(value)
    assert encoded.kind == kind
    assert text is None or encoded.text == text


def test_nan_is_no_number_to_compare_with() -> None:
    assert encode(math.nan).number is None
    assert encode(math.inf).number == math.inf


def test_a_config_that_contains_itself_ends() -> None:
    config: dict[str, Any] = {"a": 1}
    config["self"] = config
    found, left_out = flatten(config)
    assert set(found) == {"a"}
    assert "contains itself" in left_out[0]


def test_a_huge_config_is_cut_and_says_so() -> None:
    found, left_out = flatten({str(number): number for number in range(MAX_LEAVES + 10)})
    assert len(found) == MAX_LEAVES
    assert "too large" in left_out[0]


def test_an_exploding_config_is_bounded() -> None:
    config: dict[str, Any] = {"leaf": 1}
    for _ in range(40):  # 2**40 leaves if walked in full
        config = {"a": config, "b": config}
    found, left_out = flatten(config)
    assert len(found) <= MAX_LEAVES
    assert left_out
