"""A terminal that can be looked at: what bytes come to, cell by cell."""

from __future__ import annotations

from collections.abc import Callable

import pyte
import pytest

Cells = list[tuple[object, ...]]


def cell(char: pyte.screens.Char) -> tuple[object, ...]:
    """What an eye sees of a cell: a blank has no letter whose ink could be seen."""
    marks = (char.underscore, char.strikethrough, char.reverse)
    if char.data.isspace() and not any(marks):
        return (" ", char.bg)
    return (char.data, char.fg, char.bg, char.bold, char.italics, *marks)


def cells_of(screen: pyte.Screen) -> Cells:
    return [cell(screen.buffer[y][x]) for y in range(screen.lines) for x in range(screen.columns)]


@pytest.fixture(scope="session")
def shown() -> Callable[[list[str], int, int], Cells]:
    """The cells that a terminal of that size shows after these bytes."""

    def replay(parts: list[str], columns: int, rows: int) -> Cells:
        screen = pyte.Screen(columns, rows)
        screen.set_mode(20)  # as a tty does: a line end goes to the first column
        stream = pyte.Stream(screen)
        stream.feed("\x1b[?7l")  # as Textual asks for: nothing wraps
        for part in parts:
            stream.feed(part)
        return cells_of(screen)

    return replay
