"""What is sent to the terminal: the changed cells and no others, in every theme."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mlver_tui.tui.widgets.cells import Part
from mlver_tui.tui.widgets.marks import MarkSet
from mlver_tui.tui.widgets.palette_colours import CURVES_ANSI, CURVES_ON_DARK, CURVES_ON_LIGHT, inks
from mlver_tui.tui.widgets.surface import Surface, changed_span

STYLES = [None, Style(bold=True), Style(dim=True)]
segments = st.lists(st.tuples(st.text("ab ◆漢", max_size=6), st.sampled_from(STYLES)), max_size=6)


def strip_of(parts: list[tuple[str, Style | None]]) -> Strip:
    return Strip([Segment(text, style) for text, style in parts if text]).adjust_cell_length(40)


def cells_of(strip: Strip) -> list[tuple[str, Style | None]]:
    """One entry for each cell; a wide letter takes two."""
    found: list[tuple[str, Style | None]] = []
    for segment in strip:
        for letter in segment.text:
            found += [(letter, segment.style)] * Segment(letter).cell_length
    return found


@given(segments, segments)
def test_outside_the_changed_span_nothing_differs(
    before: list[tuple[str, Style | None]], after: list[tuple[str, Style | None]]
) -> None:
    old, new = strip_of(before), strip_of(after)
    start, end = changed_span(old, new)
    if old == new:
        return
    one, other = cells_of(old), cells_of(new)
    assert one[:start] == other[:start]
    assert one[end:] == other[end:]


class Greeting(Surface):
    """A surface with one line."""

    DEFAULT_CSS = "Greeting { height: 1; }"

    def draw_line(self, y: int, width: int) -> list[Part]:
        return [("a", "c0"), (" [b]hello[/b] ", "dim"), ("b", "f7")]


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "ansi-light"])
async def test_every_theme_has_all_inks_on_its_own_ground(stage_of: Any, theme: str) -> None:
    stage = await stage_of(Greeting(), size=(40, 2))
    stage.app.theme = theme
    assert (await stage.lines())[0] == "a [b]hello[/b] b"
    styles = inks(stage.app, Style())
    assert {f"{kind}{n}" for kind in "cfd" for n in range(8)} <= set(styles)
    painted = next(iter(stage.app.query_one(Greeting).render_line(0)))
    assert painted.style is not None
    assert painted.style.bgcolor is not None


def test_curves_have_eight_different_colours_everywhere() -> None:
    assert len(set(CURVES_ON_DARK)) == len(set(CURVES_ON_LIGHT)) == len(set(CURVES_ANSI)) == 8


def test_a_mark_keeps_its_colour_and_a_freed_one_is_given_again() -> None:
    marks = MarkSet()
    for run_id in "abc":
        marks.add(run_id)
    marks.toggle("b")
    assert [marks.colour(run_id) for run_id in "ac"] == [0, 2]
    assert marks.colour("new") == 1
    marks.add("new")
    assert (marks.ids, marks.letter("new"), marks.letter("b")) == (("a", "c", "new"), "c", "")


@given(st.lists(st.sampled_from("abcdefghijklmnop"), max_size=40))
def test_first_eight_marks_never_share_a_colour(toggles: list[str]) -> None:
    marks = MarkSet()
    for run_id in toggles:
        if len(marks.ids) < 8 or run_id in marks:
            marks.toggle(run_id)
    colours = [marks.colour(run_id) for run_id in marks.ids]
    assert len(set(colours)) == len(colours)
