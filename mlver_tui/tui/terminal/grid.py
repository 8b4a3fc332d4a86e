"""Two pictures of the screen: what it should show, and what the terminal shows; the bytes between them.

Knows cells and pens. Who paints, and who sends the bytes, is somebody else's business.
"""

from __future__ import annotations

from .pens import PLAIN, Pens

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

UNKNOWN = "\x00"
"""What a cell holds of which nobody knows what it shows: equal to nothing that is ever painted."""
Span = tuple[int, int, int, int]
"""Pen (or 0 where there are several), row, first column, column after the last."""
STUB = ""
"""The second cell of a wide letter."""
GAP = 4
"""So many unchanged cells are sent again rather than jumped over."""
WORTH_SORTING = 400
"""Bytes from which on another order of sending is tried."""
ERASED = 9
"""From so many blanks on, erasing and moving is fewer bytes than blanks."""


class CellGrid:
    """Cells of a screen of `columns` x `rows`."""

    def __init__(
        self, columns: int, rows: int, pens: Pens, *, erases: bool = True, encoding: str | None = None
    ) -> None:
        self.pens = pens
        self.erases = erases
        """False for a terminal that does not fill erased cells with the ground of the pen."""
        self._encoding = encoding
        self.columns = columns
        self.rows = rows
        self._pen: int | None = None
        self._at: tuple[int, int] | None = None
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        """Another size: empty, and nothing is known about the terminal."""
        self.columns, self.rows = columns, rows
        self._letters = [[" "] * columns for _ in range(rows)]
        self._inks = [[PLAIN] * columns for _ in range(rows)]
        self.forget()

    def forget(self) -> None:
        """Somebody else may have written on the terminal: the next changes repaint all of it."""
        self._shown_letters = [[UNKNOWN] * self.columns for _ in range(self.rows)]
        self._shown_inks = [[PLAIN] * self.columns for _ in range(self.rows)]
        self._touched = set(range(self.rows))
        self._pen = self._at = None

    def cleared(self) -> None:
        """The terminal has just been cleared: it shows blanks in its own ground."""
        self._shown_letters = [[" "] * self.columns for _ in range(self.rows)]
        self._shown_inks = [[PLAIN] * self.columns for _ in range(self.rows)]

    # painting

    def writable(self, text: str) -> str:
        """`text` with a question mark for each letter that the terminal's encoding lacks."""
        return text if self._encoding is None else text.encode(self._encoding, "replace").decode(self._encoding)

    def put(self, y: int, x: int, text: str, pen: int) -> int:
        """Paint letters of one cell each; gives the column after them. What is outside the screen is left out."""
        end = x + len(text)
        if not 0 <= y < self.rows or x >= self.columns or end <= 0:
            return end
        if x < 0 or end > self.columns:
            text = text[max(-x, 0) : self.columns - x]
            x = max(x, 0)
        stop = x + len(text)
        letters, inks = self._letters[y], self._inks[y]
        self._part(y, x, stop)
        letters[x:stop] = text
        inks[x:stop] = [pen] * len(text)
        blank = self.pens.blank(pen)
        if blank != pen and " " in text:
            inks[x:stop] = [blank if letter == " " else pen for letter in text]
        self._touched.add(y)
        return end

    def put_cluster(self, y: int, x: int, cluster: str, width: int, pen: int) -> int:
        """Paint one letter of one or two cells, with the marks that stand on it."""
        if width < 2 or x + 1 >= self.columns:  # half of a wide letter cannot be painted
            if 0 <= y < self.rows and 0 <= x < self.columns:
                self.put(y, x, " " if width > 1 else "?", pen)
                if width < 2:
                    self._letters[y][x] = cluster
            return x + width
        self.put(y, x, "??", pen)
        if 0 <= y < self.rows and x >= 0:
            self._letters[y][x : x + 2] = [cluster, STUB]
        return x + width

    def add_mark(self, y: int, x: int, mark: str) -> None:
        """Put a combining mark on the letter at a cell."""
        if 0 <= y < self.rows and 0 < x <= self.columns:
            letters = self._letters[y]
            place = x - 1 if letters[x - 1] != STUB else x - 2
            if letters[place] != " ":
                letters[place] += mark
                self._touched.add(y)

    def _part(self, y: int, x: int, stop: int) -> None:
        """A wide letter that is painted over by half is gone whole."""
        letters = self._letters[y]
        if letters[x] == STUB:
            letters[x - 1] = " "
        if stop < self.columns and letters[stop] == STUB:
            letters[stop] = " "

    # sending

    def changes(self) -> str:
        """The bytes that make the terminal show what it should; "" if it does."""
        spans: list[Span] = []
        for y in sorted(self._touched):
            letters, inks = self._letters[y], self._inks[y]
            if letters != self._shown_letters[y] or inks != self._shown_inks[y]:
                spans += self._spans(y)
                self._shown_letters[y], self._shown_inks[y] = letters.copy(), inks.copy()
        self._touched.clear()
        return self._shorter(spans)

    def _shorter(self, spans: list[Span]) -> str:
        """The spans from top to bottom, or pen by pen: fewer changes of pen against more jumps."""
        before = self._pen, self._at
        rowwise = self._sent(spans)
        if len(rowwise) < WORTH_SORTING:
            return rowwise
        after, (self._pen, self._at) = (self._pen, self._at), before
        penwise = self._sent(sorted(piece for span in spans for piece in self._pieces(*span)))
        if len(penwise) < len(rowwise):
            return penwise
        self._pen, self._at = after
        return rowwise

    def _sent(self, spans: Sequence[Span]) -> str:
        out: list[str] = []
        for _, y, start, end in spans:
            self._send(y, start, end, out)
        return "".join(out)

    def _pieces(self, _: int, y: int, x: int, end: int) -> Iterator[Span]:
        """A span cut where the pen changes; a few blanks go with the letters before them."""
        inks, pens = self._inks[y], self.pens
        start = x
        while x < end:
            stop = self._blanks_until(y, x, end)
            if stop > x and (stop - x >= ERASED or x == start or pens.blank(inks[start]) != inks[x]):
                if x > start:
                    yield inks[start], y, start, x
                yield (inks[x], y, x, stop)
                start = x = stop
            elif stop > x:
                x = stop
            elif inks[x] != inks[start]:
                yield inks[start], y, start, x
                start = x
            else:
                x += 1
        if start < end:
            yield inks[start], y, start, end

    def move(self, y: int, x: int) -> str:
        """The bytes that bring the terminal's cursor to a cell; "" if it is there."""
        if self._at == (y, x):
            return ""
        before, self._at = self._at, (y, x)
        return _jump(before, y, x)

    def reset_pen(self) -> str:
        """The bytes that give the terminal its own pen back."""
        before, self._pen = self._pen, PLAIN
        return "" if before == PLAIN else "\x1b[m"

    def _spans(self, y: int) -> list[Span]:
        """Stretches of cells to send, those close to each other as one; wide letters whole."""
        new = zip(self._letters[y], self._inks[y], strict=True)
        old = zip(self._shown_letters[y], self._shown_inks[y], strict=True)
        places = [x for x, (now, before) in enumerate(zip(new, old, strict=True)) if now != before]
        spans: list[tuple[int, int]] = []
        start = end = places[0]
        for x in places:
            if x - end > GAP:
                spans.append((start, end + 1))
                start = x
            end = x
        spans.append((start, end + 1))
        return [(PLAIN, y, *self._widened(y, *span)) for span in spans]

    def _widened(self, y: int, start: int, end: int) -> tuple[int, int]:
        letters = self._letters[y]
        while letters[start] == STUB:
            start -= 1
        while end < self.columns and letters[end] == STUB:
            end += 1
        return start, end

    def _send(self, y: int, x: int, end: int, out: list[str]) -> None:
        letters, inks = self._letters[y], self._inks[y]
        while x < end:
            stop = self._blanks_until(y, x, end)
            if stop - x >= ERASED and self.erases and not self.pens.loud(inks[x]):
                out += (self.move(y, x), self._draw_with(inks[x], blank=True), f"\x1b[{stop - x}X")
                if stop == self.columns:
                    out[-1] = "\x1b[K"
                x = stop
                continue
            out += (self.move(y, x), self._draw_with(inks[x], blank=letters[x] == " "), letters[x])
            wide = x + 1 < self.columns and letters[x + 1] == STUB
            simple = letters[x] in SURE
            x += 2 if wide else 1
            self._at = (y, x) if simple and x < self.columns else None

    def _blanks_until(self, y: int, x: int, end: int) -> int:
        letters, inks = self._letters[y], self._inks[y]
        if letters[x] != " ":
            return x
        ink = inks[x]
        stop = x + 1
        while stop < end and letters[stop] == " " and inks[stop] == ink:
            stop += 1
        return stop

    def _draw_with(self, pen: int, *, blank: bool) -> str:
        before = PLAIN if self._pen is None else self._pen
        reset = "\x1b[m" if self._pen is None else ""
        self._pen = self.pens.grounded(before, pen) if blank else pen
        return reset + self.pens.change(before, self._pen)


def _jump(before: tuple[int, int] | None, y: int, x: int) -> str:
    whole = f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H"
    if before is None:
        return whole if y or x else "\x1b[H"
    ways = [whole]
    if y == before[0]:
        distance = x - before[1]
        ways.append(f"\x1b[{abs(distance) if abs(distance) > 1 else ''}{'C' if distance > 0 else 'D'}")
    if y == before[0] + 1 and x == 0:
        ways.append("\x1b[E")
    if x == before[1]:
        distance = y - before[0]
        ways.append(f"\x1b[{abs(distance) if abs(distance) > 1 else ''}{'B' if distance > 0 else 'A'}")
    return min(ways, key=len)


SURE = (
    frozenset(map(chr, range(32, 127)))
    | frozenset("▌◆●✔✗†◌○↑↓←→‹›…·×≤━├─└│▲▼┤┬┼▾—–¦█▀▄■□⏎␛�")
    | frozenset(map(chr, range(0x2800, 0x2900)))
)
"""Letters that every terminal draws in one cell; after others the cursor is placed anew."""
