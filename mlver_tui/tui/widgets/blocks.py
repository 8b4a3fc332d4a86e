"""The few blocks of rows that a table keeps in memory, out of any number in the store. Knows no widget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...query.views import RunRow

BLOCK = 256
KEPT = 8


class Blocks:
    """Rows by index in blocks of 256; the 8 used last are kept."""

    def __init__(self) -> None:
        self._blocks: dict[int, Sequence[RunRow]] = {}

    def row(self, index: int) -> RunRow | None:
        """The row at an index, if its block is here."""
        number, place = divmod(index, BLOCK)
        rows = self._blocks.get(number)
        return rows[place] if rows is not None and place < len(rows) else None

    def has(self, number: int) -> bool:
        """True when a block is here; asking counts as use."""
        if number not in self._blocks:
            return False
        self._blocks[number] = self._blocks.pop(number)
        return True

    def put(self, number: int, rows: Sequence[RunRow]) -> None:
        """Keep a block; the one unused for longest goes."""
        self._blocks.pop(number, None)
        self._blocks[number] = rows
        while len(self._blocks) > KEPT:
            del self._blocks[next(iter(self._blocks))]

    def replace(self, blocks: Mapping[int, Sequence[RunRow]]) -> None:
        """Keep these blocks and no others."""
        self._blocks = dict(blocks)

    def find(self, run_id: str) -> int | None:
        """Index of a run among the rows that are here."""
        return next((index for index, row in self if row.id == run_id), None)

    def __iter__(self) -> Iterator[tuple[int, RunRow]]:
        for number, rows in self._blocks.items():
            for place, row in enumerate(rows):
                yield number * BLOCK + place, row


def blocks_between(first: int, last: int) -> range:
    """Numbers of the blocks that hold rows `first` to `last`."""
    return range(max(first, 0) // BLOCK, max(last, 0) // BLOCK + 1)
