"""The journal: an append-only file of CRC-framed records, one file per process and run. No SQLite here.

File: 8 bytes magic, then frames. Frame: sync (2), payload length (u32), crc32 of the payload (u32), payload; little
endian. The first payload byte is the kind. POINTS carries a shape id (u32), step (i64), time (f64) and one f64 per key
of that shape; SHAPE defines a shape; EVENT is JSON, PACKED zlib-compressed JSON. A frame is written by one `os.write`,
so a reader sees whole frames and, at the end, at most one torn one. A damaged frame costs itself only: the reader looks
for the next sync mark whose checksum holds.
"""

from __future__ import annotations

import json
import os
import re
import struct
import zlib
from collections.abc import Iterator
from typing import Any

MAGIC = b"MLVJ\x01\x00\r\n"
SUFFIX = ".journal"
POINTS, SHAPE, EVENT, PACKED = 1, 2, 3, 4
MAX_PAYLOAD = 64 * 1024 * 1024
SYNC = 0xA55A
_SYNC_BYTES = SYNC.to_bytes(2, "little")
_PACK_ABOVE = 4096
_CHECK_BYTES = 4 * MAX_PAYLOAD
"""So much is summed up in search of the next good frame; after that only small frames are believed."""
_SMALL = 4096
_HALF = re.compile("[\ud800-\udfff]")
HEAD = struct.Struct("<HII")


def file_name(run_id: str, at_ms: int, pid: int) -> str:
    """Name of a new journal. Names of one run sort by the time they were started."""
    return f"{run_id}.{at_ms:013d}-{pid}-{os.urandom(4).hex()}{SUFFIX}"


def run_of(name: str) -> str:
    """The run that a journal belongs to, from its file name."""
    return name.partition(".")[0]


def points_struct(keys: int) -> struct.Struct:
    """Layout of a POINTS payload with that many values: kind, shape, step, time, values."""
    return struct.Struct(f"<BIqd{keys}d")


def frame(payload: bytes) -> bytes:
    """One payload as it goes to the file."""
    return HEAD.pack(SYNC, len(payload), zlib.crc32(payload)) + payload


def shape_payload(shape: int, keys: tuple[str, ...], section: str) -> bytes:
    """Define shape number `shape`: the keys of the POINTS frames that name it."""
    body = json.dumps({"id": shape, "keys": keys, "section": section})
    return bytes((SHAPE,)) + body.encode()


def event_payload(event: dict[str, Any]) -> bytes:
    """An event as a payload; large ones are compressed."""
    body = json.dumps(event, separators=(",", ":")).encode()
    if len(body) > _PACK_ABOVE:
        return bytes((PACKED,)) + zlib.compress(body, 1)
    return bytes((EVENT,)) + body


def read_json(payload: bytes | memoryview) -> dict[str, Any] | None:
    """The JSON of an EVENT, PACKED or SHAPE payload; None if it is not one that this release can read."""
    body = bytes(payload[1:])
    try:
        if payload[0] == PACKED:
            body = _inflate(body)
        value = json.loads(body)
        if b"\\ud" in body:  # half of a character, as in a file name that is no UTF-8: SQLite would refuse the text
            value = json.loads(_without_halves(json.dumps(value, ensure_ascii=False)))
    except (ValueError, zlib.error, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def payloads(data: bytes, position: int = 0, *, final: bool) -> Iterator[tuple[int, int, memoryview | None]]:
    """Walk `data` from a frame border on: (start, end, payload), payload None for damaged bytes.

    Stops before an unfinished frame at the end, unless `final`: then nothing more will come, and it counts as damage.
    """
    view, size, budget = memoryview(data), len(data), _CHECK_BYTES
    head, crc32 = HEAD.unpack_from, zlib.crc32
    while position + HEAD.size <= size:
        sync, length, checksum = head(data, position)
        start = position + HEAD.size
        end = start + length
        if sync == SYNC and end <= size and crc32(view[start:end]) == checksum and length:
            yield position, end, view[start:end]
            position = end
            continue
        following, budget = _next_valid(data, position + 1, budget)
        if following is None:
            end = size if final else _unfinished(data, position)
            if end > position:
                yield position, end, None
            return
        yield position, following, None
        position = following
    if final and position < size:
        yield position, size, None


def _next_valid(data: bytes, start: int, budget: int) -> tuple[int | None, int]:
    """Position of the next whole frame with a good checksum, and how many bytes may still be summed up."""
    view, size = memoryview(data), len(data)
    position = data.find(_SYNC_BYTES, start)
    while 0 <= position <= size - HEAD.size:
        _, length, checksum = HEAD.unpack_from(data, position)
        begin = position + HEAD.size
        end = begin + length
        if 0 < length <= MAX_PAYLOAD and end <= size and (budget > 0 or length <= _SMALL):
            budget -= length
            if zlib.crc32(view[begin:end]) == checksum:
                return position, budget
        position = data.find(_SYNC_BYTES, position + 1)
    return None, budget


def _unfinished(data: bytes, start: int) -> int:
    """Where a frame that is still being written may begin, no whole one following; the end of the data if nowhere."""
    position = data.find(_SYNC_BYTES, start)
    while position >= 0:
        if not _is_whole(data, position) and _length(data, position) <= MAX_PAYLOAD:
            return position
        position = data.find(_SYNC_BYTES, position + 1)
    return len(data) - 1 if data.endswith(_SYNC_BYTES[:1]) and len(data) > start else len(data)


def _length(data: bytes, position: int) -> int:
    """The payload length that a head claims; 0 if the head itself is cut off."""
    return int(HEAD.unpack_from(data, position)[1]) if position + HEAD.size <= len(data) else 0


def _is_whole(data: bytes, position: int) -> bool:
    """Whether the frame at a sync mark ends within the data."""
    length = _length(data, position)
    return bool(length) and position + HEAD.size + length <= len(data)


def _without_halves(text: str) -> str:
    """Lone surrogates in JSON text as their escapes, to be read as plain characters."""
    return _HALF.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text)


def _inflate(body: bytes) -> bytes:
    inflater = zlib.decompressobj()
    text = inflater.decompress(body, MAX_PAYLOAD)
    if inflater.unconsumed_tail:
        raise ValueError("a compressed record claims too much")
    return text
