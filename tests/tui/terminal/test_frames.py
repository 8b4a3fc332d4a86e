"""What is left of a frame: exactly the cells that it means, in fewer bytes, and nothing that acts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len, set_cell_size

from mlver_tui.tui.terminal.frames import paint
from mlver_tui.tui.terminal.grid import SURE, CellGrid
from mlver_tui.tui.terminal.pens import Pens

COLUMNS, ROWS = 24, 6
Shown = Callable[[list[str], int, int], list[Any]]
LETTERS = [*"ab    cXY·●✔│⣿ñ", "e\u0301", "x\u0323\u0301"]
WIDE = [*LETTERS, "宽", "한", "宽\u0301"]
NARROW_TEXT = st.lists(st.sampled_from(LETTERS), max_size=10).map("".join)
WIDE_TEXT = st.lists(st.sampled_from(WIDE), max_size=12).map("".join)
STYLES = ["", "1", "2", "31", "1;38;2;9;8;7;48;2;1;2;3", "48;2;1;2;3", "7", "4;48;5;9", "38;5;4;48;2;1;2;3", "9"]
PIECE = st.tuples(
    st.integers(0, ROWS - 1),
    st.integers(0, COLUMNS - 1),
    st.lists(st.tuples(st.sampled_from(STYLES), NARROW_TEXT | st.just(" " * 15)), max_size=3),
)
FRAME = st.lists(PIECE, max_size=6)
ALLOWED = re.compile(r"(?:[^\x00-\x1f\x7f-\x9f]|\x1b\[[0-9;]*[mHCDABEXK])*\Z")


def grid_of(**options: Any) -> CellGrid:
    return CellGrid(COLUMNS, ROWS, Pens(), **options)


def fits(x: int, texts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Textual never draws past the edge, nor half a letter."""
    room, kept = COLUMNS - x, []
    for style, text in texts:
        whole = set_cell_size(text, room) if cell_len(text) > room else text
        kept.append((style, whole))
        room -= cell_len(whole)
    return kept


def frame_of(pieces: list[Any]) -> str:
    """As Textual writes a frame: a place, then styled text, each style reset at its end."""
    parts = []
    for y, x, texts in pieces:
        parts.append(f"\x1b[{y + 1};{x + 1}H")
        parts += [f"\x1b[{style}m{text}\x1b[0m" if style else text for style, text in fits(x, texts)]
    return "".join(parts)


@settings(max_examples=120, deadline=None)
@given(frames=st.lists(FRAME, min_size=1, max_size=5), erases=st.booleans())
def test_the_cells_are_those_of_the_stock_driver(shown: Shown, frames: list[Any], erases: bool) -> None:
    grid, sent = grid_of(erases=erases), []
    told = [frame_of(frame) for frame in frames]
    for frame in told:
        paint(grid, frame)
        sent.append(grid.changes())
    assert shown(sent, COLUMNS, ROWS) == shown(told, COLUMNS, ROWS)


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(st.lists(WIDE_TEXT, min_size=ROWS, max_size=ROWS), min_size=1, max_size=4))
def test_wide_letters_and_marks_stand_where_they_should(shown: Shown, rows: list[list[str]]) -> None:
    grid, sent, told = grid_of(), [], []
    for lines in rows:
        pieces = [(y, 0, [("1", text), ("31", " " * COLUMNS)]) for y, text in enumerate(lines)]
        frame = frame_of(pieces)
        told.append("\x1b[2J" + frame)  # a whole screen each time: no half letters are left anywhere
        paint(grid, frame)
        sent.append(grid.changes())
    assert shown(sent, COLUMNS, ROWS) == shown(told, COLUMNS, ROWS)


@given(frames=st.lists(st.text(max_size=60), min_size=1, max_size=3))
def test_nothing_but_cells_leaves_a_frame_of_anything(frames: list[str]) -> None:
    grid = grid_of()
    for frame in frames:
        paint(grid, frame)
        out = grid.changes()
        assert ALLOWED.match(out)
        out.encode("utf-8")


EVIL = ["\x1b]0;title\x07", "\x1b]52;c;ZXZpbA==\x07", "\x1b[2J", "\x9b31m", "\x1bc", "\x1bP1$r\x1b\\", "\x00", "\u202e"]
EVIL += ["\x1b]8;;http://evil\x1b\\", "\x1b[?1049l", "\u200b", "\x07", "\x1b_x\x1b\\", "\ud800"]


@pytest.mark.parametrize("evil", EVIL)
def test_what_acts_is_left_out(evil: str) -> None:
    grid = grid_of()
    paint(grid, f"\x1b[1;1H\x1b[31mbefore{evil}after\x1b[0m")
    out = grid.changes()
    assert "before" in out
    assert evil not in out
    assert ALLOWED.match(out)


def test_the_same_frame_again_is_no_bytes() -> None:
    grid = grid_of()
    frame = "\x1b[2;3H\x1b[1;31mhello\x1b[0m"
    paint(grid, frame)
    assert grid.changes()
    paint(grid, frame)
    assert grid.changes() == ""


def test_a_forgotten_screen_is_sent_whole(shown: Shown) -> None:
    grid = grid_of()
    paint(grid, "\x1b[2;3Hhello")
    first = grid.changes()
    grid.forget()
    again = grid.changes()
    assert "hello" in again
    assert shown([again], COLUMNS, ROWS) == shown([first], COLUMNS, ROWS)
    mess = "x" * (COLUMNS * ROWS - 1)
    assert shown([mess, again], COLUMNS, ROWS) == shown([first], COLUMNS, ROWS)


def test_letters_that_an_encoding_lacks_become_question_marks() -> None:
    grid = grid_of(encoding="ascii")
    paint(grid, "\x1b[1;1H✔ ok 宽 e\u0301")
    assert "? ok ?  e" in grid.changes()


def test_letters_that_are_trusted_are_narrow() -> None:
    assert all(cell_len(letter) == 1 for letter in SURE)


def test_the_cursor_is_where_the_frame_leaves_it() -> None:
    assert paint(grid_of(), "\x1b[2;3Habc\x1b[4;7H") == (3, 6)
