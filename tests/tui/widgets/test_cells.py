"""Text in an exact number of cells, whatever the text."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.tui.widgets.cells import Part, clip, fit, length, wrap
from mlver_tui.tui.widgets.glyphs import ASCII, GLYPHS, UNICODE

printable = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Mn", "Me", "Zl", "Zp")))


@given(printable, st.integers(0, 30), st.sampled_from(("left", "right")))
def test_fit_is_exact(text: str, width: int, align: Literal["left", "right"]) -> None:
    assert length(fit(text, width, align)) == width


@given(st.lists(st.tuples(printable, st.just("dim")), max_size=5), st.integers(0, 30))
def test_clip_is_exact(parts: list[Part], width: int) -> None:
    assert sum(length(text) for text, _ in clip(parts, width)) == width


@given(printable, st.integers(2, 30))
def test_wrap_keeps_every_letter_and_the_width(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(length(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_what_is_cut_says_so() -> None:
    assert fit("brisk-otter-14", 8) == "brisk-o…"
    assert fit("7", 4, "right") == "   7"


def test_a_line_that_fits_keeps_its_blanks() -> None:
    assert wrap("   1   2", 20) == ["   1   2"]


def test_every_mark_has_an_ascii_twin() -> None:
    assert set(UNICODE) == set(ASCII)
    assert all(text.isascii() and text for text in ASCII.values())


@pytest.mark.usefixtures("ascii_only")
def test_marks_written_elsewhere_become_ascii_too() -> None:
    assert fit("a name — that is far too long", 12).isascii()
    assert GLYPHS["mark"] == "*"
