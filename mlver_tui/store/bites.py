"""A bite: a bounded stretch of one journal as columns of points and a list of events. No SQL here.

Nothing in a journal is trusted: a frame that fits its checksum may still be nonsense, and then counts as damage.
"""

from __future__ import annotations

import json
import struct
import zlib
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import journal as journals

MAX_BITE_BYTES = 2 * journals.MAX_PAYLOAD
SECTIONS = ("metric", "system")
_STREAK = 4
_BLOCK = 4096
_ROW_HEAD = 7
"""Fields before the values in a row: sync, length, checksum, kind, shape, step, time."""

Columns = dict[tuple[str, str], tuple[Any, Any, Any]]
"""(section, key) -> steps array("q"), values array("d"), times array("d")."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys of the points that name it."""

    keys: tuple[str, ...]
    section: str = "metric"

    @property
    def row(self) -> struct.Struct:
        """A whole frame of points: head and payload."""
        return struct.Struct(f"<HIIBIqd{len(self.keys)}d")


@dataclass(slots=True)
class Bite:
    """What was read of one journal and is not yet in the tables."""

    shapes: dict[int, Shape]
    points: Columns = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    end: int = 0
    """Offset in the file behind what was understood."""
    damaged: int = 0
    """Bytes that are no frame, or a frame that means nothing."""
    more: bool = False
    """Whether the file goes on behind what was read."""


def read_bite(path: Path, offset: int, shapes: dict[int, Shape], size: int, *, final: bool = False) -> Bite | None:
    """About `size` bytes of whole frames from `offset` on; a frame larger than that is read whole.

    With `final` nobody writes any more: what is left of a frame at the end is damage. None if the file is gone.
    """
    while True:
        try:
            with path.open("rb") as file:
                file.seek(offset)
                data = file.read(size)
        except FileNotFoundError:
            return None
        full = len(data) == size
        start = len(journals.MAGIC) if offset == 0 and data.startswith(journals.MAGIC) else 0
        if offset == 0 and journals.MAGIC.startswith(data) and not final:
            start = len(data)  # the first write is under way
        bite = Bite(shapes, more=full)
        _Parser(data, bite, start, final=final and not full).parse()
        bite.end = offset + bite.end if final or bite.end > start else offset
        if bite.end > offset or not full or size >= MAX_BITE_BYTES:
            return bite
        size *= 4


def shapes_to_json(shapes: dict[int, Shape]) -> str:
    """Shapes as the journal's row keeps them between bites."""
    return json.dumps({str(number): [list(shape.keys), shape.section] for number, shape in shapes.items()})


def shapes_from_json(text: str) -> dict[int, Shape]:
    """Inverse of `shapes_to_json`."""
    return {int(number): Shape(tuple(keys), section) for number, (keys, section) in json.loads(text).items()}


class _Parser:
    """One walk over the bytes of a bite."""

    def __init__(self, data: bytes, bite: Bite, start: int, *, final: bool) -> None:
        self.data = data
        self.view = memoryview(data)
        self.bite = bite
        self.final = final
        self.position = bite.end = start
        self.number = -1
        """The shape of the rows that are collected."""
        self.shape: Shape | None = None
        self.row = struct.Struct("")
        self.rows: list[tuple[Any, ...]] = []

    def parse(self) -> None:
        """Fill the bite."""
        while self._walk():
            continue
        self._flush()

    def _walk(self) -> bool:
        """Frame by frame, until a streak of one shape that goes faster in blocks. False at the end."""
        streak = 0
        torn = (0, 0)
        for start, end, payload in journals.payloads(self.data, self.position, final=self.final):
            self.position = self.bite.end = end
            if payload is None:
                self.bite.damaged += end - start
                torn = start, end
                continue
            if torn[1] == start and is_torn_copy(self.data[torn[0] : start], self.data[start:end]):
                self.bite.damaged -= start - torn[0]
            if payload[0] != journals.POINTS:
                self._take_record(payload, end - start)
            elif self._take_points(payload, start, end):
                streak += 1
                if streak >= _STREAK and self._take_block():
                    return True
                continue
            streak = 0
        return False

    def _take_points(self, payload: memoryview, start: int, end: int) -> bool:
        """One frame of points; True if it goes on with the shape of the one before."""
        number = int.from_bytes(payload[1:5], "little")
        same = number == self.number
        if not same:
            self._flush()
            self.number, self.shape = number, self.bite.shapes.get(number)
            self.row = struct.Struct("") if self.shape is None else self.shape.row
        if self.row.size != end - start or not self._collect(start):
            self.bite.damaged += end - start  # its shape was lost to damage, or is another one
        return same

    def _collect(self, start: int) -> bool:
        """Collect the frame at `start`; False if its time is none."""
        row = self.row.unpack_from(self.data, start)
        if row[6] - row[6] != 0.0:
            return False
        self.rows.append(row)
        return True

    def _take_block(self) -> bool:
        """Frames of the same shape in a row, checked and unpacked together; False if the next one is another."""
        size, position = self.row.size, self.position
        count = min((len(self.data) - position) // size, _BLOCK) if size else 0
        if not count:
            return False
        rows = list(self.row.iter_unpack(self.view[position : position + count * size]))
        good = self._count_good(rows)
        self.rows += rows[:good]
        self.position = self.bite.end = position + good * size
        if len(self.rows) >= _BLOCK:
            self._flush()
        return good > 0

    def _count_good(self, rows: list[tuple[Any, ...]]) -> int:
        """How many of these frames at the position are sound, up to the first that is not."""
        size, view, crc32 = self.row.size, self.view, zlib.crc32
        begin, end = self.position + journals.HEAD.size, self.position + len(rows) * size
        sums = [crc32(view[at : at + size - journals.HEAD.size]) for at in range(begin, end, size)]
        head = (journals.SYNC, size - journals.HEAD.size, journals.POINTS, self.number)
        for index, (row, checksum) in enumerate(zip(rows, sums, strict=True)):
            sync, length, recorded, kind, number, _, time, *_ = row
            if recorded != checksum or (sync, length, kind, number) != head or time - time != 0.0:
                return index
        return len(rows)

    def _take_record(self, payload: memoryview, length: int) -> None:
        body = journals.read_json(payload)
        if body is None:
            self.bite.damaged += 0 if payload[0] > journals.PACKED else length  # a newer shim may write other kinds
        elif payload[0] == journals.SHAPE:
            if not self._take_shape(body):
                self.bite.damaged += length
        else:
            self.bite.events.append(body)

    def _take_shape(self, body: dict[str, Any]) -> bool:
        number, keys, section = body.get("id"), body.get("keys"), body.get("section", "metric")
        if not isinstance(number, int) or not isinstance(keys, list) or section not in SECTIONS:
            return False
        if not all(isinstance(key, str) and key for key in keys):
            return False
        self._flush()
        self.number = -1  # whatever is collected next looks its shape up again
        self.bite.shapes[number] = Shape(tuple(keys), section)
        return True

    def _flush(self) -> None:
        """Rows become columns, joined with what the bite has of the same keys."""
        rows, self.rows = self.rows, []
        if not rows or self.shape is None:
            return
        columns = list(zip(*rows, strict=True))
        steps, times = array("q", columns[5]), array("d", columns[6])
        for key, column in zip(self.shape.keys, columns[_ROW_HEAD:], strict=True):
            held = self.bite.points.get((self.shape.section, key))
            if held is None:
                held = self.bite.points[(self.shape.section, key)] = (array("q"), array("d"), array("d"))
            held[0].extend(steps)
            held[1].extend(array("d", column))
            held[2].extend(times)


def is_torn_copy(torn: bytes, frame: bytes) -> bool:
    """Whether damaged bytes are only beginnings of the frame behind them.

    That is what a full disk leaves: the writer writes a frame that was cut short again, whole.
    """
    while torn:
        length = next(
            (i for i, (a, b) in enumerate(zip(torn, frame, strict=False)) if a != b), min(len(torn), len(frame))
        )
        if not length:
            return False
        torn = torn[length:]
    return True
