"""The first rows on the terminal before Textual is loaded, exactly as the app will draw them.

The terminal listens from here on: what is typed waits, unechoed, for the app. The driver takes over the picture and
the terminal's settings; whatever happens before that, they are given back. Nothing heavy may be imported at the top.
"""

from __future__ import annotations

import os
import signal
import termios
import time

from .first_home import database_of, first_home, name_of
from .first_inks import first_inks
from .first_rows import read_first
from .first_theme import ascii_wanted, first_theme
from .keys import MODES, bar_for
from .screens.columns import choose_columns, quoted, rank_params, sampled, sorted_column
from .screens.headings import runs_heading
from .terminal import facts
from .terminal.grid import CellGrid
from .terminal.letters import put_text
from .terminal.pens import Pens
from .widgets.bars import key_line, top_line
from .widgets.cells import clip, merged
from .widgets.glyphs import GLYPHS
from .widgets.run_line import run_line
from .widgets.table_layout import TableLayout

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType
    from typing import Any

    from .first_inks import Inks
    from .first_keys import FirstKeys
    from .first_rows import FirstPage, FirstRow
    from .widgets.cells import Part

NEWEST_FIRST = "-started"
SAMPLE = 64
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[m\x1b[?1049l\x1b[?25h"
NOTICED = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
ABOVE = 3
"""Lines over the rows: the modes, the heading, the header."""
WIDE, SHORT, HIGH = 110, 18, 32
"""Where the runs screen changes its shape; `mlver.tcss` and the screen's breakpoints say the same."""


class FirstSight:
    """A terminal that listens, and shows the first rows. From the start it is given back whatever happens."""

    def __init__(self) -> None:
        self.home = ""
        """The home whose runs it shows."""
        self.settings: list[Any] = termios.tcgetattr(0)
        """The terminal's own settings, from before."""
        self.grid: CellGrid | None = None
        """What it shows; None until it shows anything."""
        self.keys: FirstKeys | None = None
        """Answers the first keys, once there are rows."""
        self.taken = False
        """True once Textual's driver shows and gives back the screen."""
        self._handlers = [(number, signal.signal(number, self._leave)) for number in NOTICED]

    def listen(self) -> None:
        """Keys wait from now on, unechoed and one by one."""
        now = termios.tcgetattr(0)
        now[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
        now[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
        now[6][termios.VMIN], now[6][termios.VSUSP] = 1, b"\0"
        termios.tcsetattr(0, termios.TCSANOW, now)

    def show(self, page: FirstScreen) -> None:
        """Paint, and answer keys."""
        self.grid = page.grid
        _send(ENTER + page.grid.changes())
        from .first_keys import FirstKeys  # threads and patterns, when the rows are there

        self.keys = FirstKeys(page.move)

    def stop_keys(self) -> bytes:
        """Leave the keys to somebody else, who does again what was typed so far."""
        keys, self.keys = self.keys, None
        return keys.stop() if keys is not None else b""

    def give_back(self) -> None:
        """Leave the terminal as it was found."""
        self.stop_keys()
        if self.grid is not None and not self.taken:
            self.taken = True
            _send(LEAVE)
        termios.tcsetattr(0, termios.TCSANOW, self.settings)
        for number, handler in self._handlers:
            signal.signal(number, handler)

    def _leave(self, number: int, frame: FrameType | None) -> None:
        self.give_back()
        raise SystemExit(128 + number)


def first_sight(words: Sequence[str]) -> FirstSight | None:
    """Show the newest runs of the store that a command line means; None where that is left to the app.

    It is, where there is no terminal, no store that is known here and may be written, or no run.
    """
    inks = first_inks(first_theme())
    home = first_home(words)
    if home is None or inks is None or not facts.can_show() or not os.access(home, os.W_OK):
        return None
    sight = FirstSight()
    try:
        sight.listen()
        page = _drawn(home, inks)
        if page is not None:
            sight.home = home
            sight.show(page)
    finally:
        if sight.grid is None:
            sight.give_back()
    return sight if sight.grid is not None else None


def _send(text: str) -> None:
    rest = text.encode(facts.encoding(), "replace")
    while rest:
        rest = rest[os.write(1, rest) :]


# drawing


class FirstScreen:
    """The first page on a grid, and the cursor that walks over it."""

    def __init__(self, grid: CellGrid, table: FirstTable, pens: dict[str, int]) -> None:
        self.grid = grid
        self._table = table
        self._pens = pens
        self._cursor = 0

    def put(self, y: int, parts: list[Part], width: int) -> None:
        """Draw one line."""
        x = 0
        for text, style in [*merged(clip(parts, width)), (" " * self.grid.columns, "")]:
            x = put_text(self.grid, y, x, text, self._pens[style])

    def move(self, by: int) -> bool:
        """Show the cursor on the next row; False at the edges of the page, where the app scrolls."""
        to = self._cursor + by
        if not 0 <= to < self._table.count:
            return False
        for row in (self._cursor, to):
            self.put(ABOVE + row, self._table.line(row, row == to), self._table.width)
        self._cursor = to
        _send(self.grid.changes())
        return True


def _drawn(home: str, inks: Inks) -> FirstScreen | None:
    """The screen with the first page; None if there is nothing to show."""
    GLYPHS.choose(ascii_only=ascii_wanted(facts.encoding()))
    columns, rows = facts.size()
    width, height = table_size(columns, rows)
    table = read_first(database_of(home), lambda page: _table(page, width, height - 1))
    if table is None:
        return None
    grid = CellGrid(
        columns, rows, Pens(colour=facts.has_colour()), erases=facts.fills_erased(), encoding=facts.lacking()
    )
    grid.cleared()
    screen = FirstScreen(grid, table, {name: grid.pens.of(told) for name, told in inks.items()})
    for y, (parts, end) in _lines(table.lines(), _harmless(name_of(home)), columns, rows, width):
        screen.put(y, parts, end)
    return screen


def _lines(
    table: list[list[Part]], home_name: str, columns: int, rows: int, width: int
) -> list[tuple[int, tuple[list[Part], int]]]:
    """Row, parts and width of every line of the screen."""
    modes = [(digit, title) for digit, _, title in MODES]
    shown: dict[int, tuple[list[Part], int]] = {y: ([], columns) for y in range(rows)}
    shown |= {y: (parts, width if y > 1 else columns) for y, parts in enumerate(table, 1)}
    shown[0] = (top_line(modes, "1", f"{home_name}  ● live", columns), columns)
    shown[rows - 1] = (key_line(bar_for("runs"), columns), columns)
    return list(shown.items())


class FirstTable:
    """The heading, the header and the rows of the first page."""

    def __init__(self, heads: list[list[Part]], layout: TableLayout, rows: Sequence[FirstRow], width: int) -> None:
        self.width = width
        self.count = len(rows)
        self._heads, self._layout, self._rows = heads, layout, rows
        self._now_ms = int(time.time() * 1000)

    def line(self, row: int, here: bool) -> list[Part]:
        """One run, under the cursor or not."""
        return run_line(self._layout, self._rows[row], self.width, self._now_ms, here=here, focused=True)

    def lines(self) -> list[list[Part]]:
        """All of it, the cursor on the first run."""
        return [*self._heads, *(self.line(row, not row) for row in range(self.count))]


def _table(page: FirstPage, width: int, visible: int) -> FirstTable | None:
    """None if there are no runs."""
    rows = page.rows(max(visible, SAMPLE))
    if not rows or visible < 1:
        return None
    params, metrics = page.keys()
    page.fill(rows[:SAMPLE], sampled(params), [])
    columns = choose_columns(rank_params(params, rows[:SAMPLE]), metrics, width)
    rows = rows[:visible]
    chosen = [column.key for column in columns if column.kind == "value"]
    page.fill(rows, _named("params.", params, chosen), _named("metrics.", metrics, chosen))
    _clean(rows)
    layout = TableLayout(columns)
    total = page.count()
    heading = runs_heading(total, total, "", NEWEST_FIRST, 0, follow=False)
    header = layout.header(width, sorted_column(columns, NEWEST_FIRST), True)
    return FirstTable([[(" ", ""), *heading], header], layout, rows, width)


def _named(scope: str, keys: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """Recorded names of the chosen columns, in their order."""
    names = {f"{scope}{quoted(key)}": key for key in keys}
    return [names[key] for key in chosen if key in names]


def _clean(rows: Sequence[FirstRow]) -> None:
    """As the app's door down cleans what goes up."""
    for row in rows:
        row.name = _harmless(row.name)
        row.tags = tuple(map(_harmless, row.tags))
        row.values = tuple(_harmless(value) if isinstance(value, str) else value for value in row.values)


def _harmless(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    from ..sanitize import clean

    return clean(text)


def table_size(columns: int, rows: int) -> tuple[int, int]:
    """Width and height of the runs table on a screen of that size."""
    room = rows - 3
    if columns >= WIDE:
        return columns * 58 // 100, room
    if rows < SHORT:
        return columns, room
    return columns, room - 1 - (room * 2 // 5 if rows >= HIGH else 9)
