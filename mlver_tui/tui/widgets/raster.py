"""A grid of dots drawn as characters: braille 2x4, half blocks 1x2, or one ASCII letter in a cell. Knows no data."""

from __future__ import annotations

from typing import Literal

Mode = Literal["braille", "block", "ascii"]

_BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_DOTS: dict[Mode, tuple[int, int]] = {"braille": (2, 4), "block": (1, 2), "ascii": (1, 1)}


def _masks(across: int, down: int) -> list[list[list[int]]]:
    """Bits of the dots from row `top` to row `bottom` of one dot column: `[dot_x][top][bottom]`."""

    def bits(x: int, top: int, bottom: int) -> int:
        return sum(_BRAILLE[y][x] if across == 2 else 1 << y for y in range(top, bottom + 1))

    return [[[bits(x, top, bottom) for bottom in range(down)] for top in range(down)] for x in range(across)]


_MASKS = {mode: _masks(*dots) for mode, dots in _DOTS.items()}


class Raster:
    """Dots with an owner in each cell: a terminal cell has one colour, so the owner of higher rank takes it whole."""

    def __init__(self, columns: int, rows: int, mode: Mode) -> None:
        self.columns, self.rows, self.mode = columns, rows, mode
        self.across, self.down = _DOTS[mode]
        self.height = rows * self.down
        self._masks = _MASKS[mode]
        self._bits = bytearray(columns * rows)
        self._ranks = bytearray(columns * rows)
        self._owners: list[tuple[str, str]] = [("", " ")] * (columns * rows)

    def column_of(self, bucket: int) -> int:
        """Dot column of a bucket; there are two buckets in each cell."""
        return bucket * self.across // 2

    def row_of(self, share: float) -> int:
        """Dot row of a height from 0.0 (bottom) to 1.0 (top)."""
        return int((1.0 - share) * (self.height - 1) + 0.5)

    def stroke(self, x: int, top: int, bottom: int, rank: int, style: str, letter: str = "*") -> None:
        """Dots of column `x` from row `top` to `bottom`, both included, where nobody of higher rank is."""
        down, ranks, bits = self.down, self._ranks, self._bits
        column, dot_x = divmod(x, self.across)
        masks = self._masks[dot_x]
        first, last = top // down, bottom // down
        owner = (style, letter)
        for row in range(first, last + 1):
            cell = row * self.columns + column
            if ranks[cell] > rank:
                continue
            if ranks[cell] < rank:
                ranks[cell] = rank
                bits[cell] = 0
            self._owners[cell] = owner
            bits[cell] |= masks[top - row * down if row == first else 0][bottom - row * down if row == last else -1]

    def lit(self, column: int, row: int) -> bool:
        """True when anything is drawn in a cell."""
        return self._bits[row * self.columns + column] != 0

    def row(self, row: int) -> list[tuple[str, str]]:
        """The cells of one row as (character, style); an empty cell is a space without style."""
        start = row * self.columns
        return [self._cell(start + n) for n in range(self.columns)]

    def _cell(self, cell: int) -> tuple[str, str]:
        bits = self._bits[cell]
        if not bits:
            return (" ", "")
        style, letter = self._owners[cell]
        if self.mode == "braille":
            return (chr(0x2800 + bits), style)
        return (" ▀▄█"[bits] if self.mode == "block" else letter, style)
