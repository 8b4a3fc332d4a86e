"""No recorded text can move a cursor, recolour, reorder or hide anything."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.sanitize import clean


@given(st.text())
def test_nothing_unprintable_is_left(text: str) -> None:
    for character in clean(text):
        assert unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp"), repr(character)


@given(
    st.text(
        alphabet=st.characters(
            categories=("L", "N", "P", "S"), exclude_characters="\u3164\u115f\u1160\uffa0\u17b4\u17b5"
        )
    )
)
def test_plain_text_stays(text: str) -> None:
    if "�" not in clean(text):
        assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("two\nlines", "two⏎lines"),
        ("\x9b2J", "�2J"),
        ("abc\u202ecba", "abc�cba"),
        ("[red]x[/]", "[red]x[/]"),
        ("日本語 ok", "日本語 ok"),
    ],
)
def test_examples(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_long_text_is_cut_with_a_mark() -> None:
    assert clean("a" * 5000, 10) == "a" * 9 + "…"
