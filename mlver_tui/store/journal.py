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
import struct
import zlib
from collections.abc import Iterator
from typing import Any

MAGIC = b"MLVJ\x01\x00\r\n"
SUFFIX = ".journal"
POINTS, SHAPE, EVENT, PACKED = 1, 2, 3, 4
MAX_PAYLOAD = 64 * 1024 * 1024
_SYNC = 0xA55A
_SYNC_BYTES = _SYNC.to_bytes(2, "little")
_PACK_ABOVE = 4096
HEAD = struct.Struct("<HII")
_POINT_HEAD = struct.Struct("<BIqd")


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
    return HEAD.pack(_SYNC, len(payload), zlib.crc32(payload)) + payload


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
    except (ValueError, zlib.error, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def payloads(data: bytes, *, final: bool) -> Iterator[tuple[int, int, memoryview | None]]:
    """Walk `data`, which starts at a frame border: (start, end, payload), payload None for damaged bytes.

    Stops before an unfinished frame at the end, unless `final`: then nothing more will come, and it counts as damage.
    """
    view = memoryview(data)
    size, position = len(data), 0
    head, crc32 = HEAD.unpack_from, zlib.crc32
    while position + HEAD.size <= size:
        sync, length, checksum = head(data, position)
        start = position + HEAD.size
        end = start + length
        if sync == _SYNC and end <= size and crc32(view[start:end]) == checksum and length:
            yield position, end, view[start:end]
            position = end
            continue
        if sync == _SYNC and end > size and length <= MAX_PAYLOAD and not final:
            following = _next_valid(data, position + 1)
            if following is None:
                return  # still being written
        else:
            following = _next_valid(data, position + 1)
        if following is None:
            if final:
                break
            following = _last_candidate(data, position + 1)
            if following == position:
                return
        yield position, following, None
        position = following
    if final and position < size:
        yield position, size, None


def _next_valid(data: bytes, start: int) -> int | None:
    """Position of the next whole frame with a good checksum."""
    view = memoryview(data)
    position = data.find(_SYNC_BYTES, start)
    while position >= 0:
        if position + HEAD.size > len(data):
            return None
        _, length, checksum = HEAD.unpack_from(data, position)
        end = position + HEAD.size + length
        if 0 < length <= MAX_PAYLOAD and end <= len(data) and zlib.crc32(view[position + HEAD.size : end]) == checksum:
            return position
        position = data.find(_SYNC_BYTES, position + 1)
    return None


def _last_candidate(data: bytes, start: int) -> int:
    """Where an unfinished frame may begin behind damaged bytes; the end of the data if nowhere."""
    position = data.find(_SYNC_BYTES, start)
    if position >= 0:
        return position
    return len(data) - 1 if data.endswith(_SYNC_BYTES[:1]) and len(data) > start else len(data)


def _inflate(body: bytes) -> bytes:
    inflater = zlib.decompressobj()
    text = inflater.decompress(body, MAX_PAYLOAD)
    if inflater.unconsumed_tail:
        raise ValueError("a compressed record claims too much")
    return text
