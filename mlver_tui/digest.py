"""One way to turn facts, points and files into a sha256, so that two rooms never disagree about the same content.

It knows bytes and plain JSON values; it must not know runs, versions or the store.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path

from .errors import MlverError

_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class FileDigest:
    """Content of one regular file."""

    sha256: str
    """Lower-case hex."""
    size: int
    """Bytes that were hashed."""


def canonical_json(value: object) -> str:
    """The one text of a JSON value: sorted keys, no spaces, ASCII, floats by repr, NaN and infinities as strings.

    Raises TypeError for anything JSON does not have, and for keys that are not strings.
    """
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def plain(value: object) -> object:
    """`value` with tuples as lists and NaN, Infinity, -Infinity as those strings, so that strict JSON can hold it."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else number_word(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {_key(key): plain(item) for key, item in value.items()}
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def number_word(value: float) -> str:
    """The name of a float that strict JSON cannot write."""
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def digest_bytes(content: bytes) -> str:
    """sha256 in hex."""
    return hashlib.sha256(content).hexdigest()


def digest_text(text: str) -> str:
    """sha256 of the UTF-8 bytes; a lone surrogate counts as its three bytes, so that no text is refused."""
    return digest_bytes(text.encode("utf-8", "surrogatepass"))


def digest_json(value: object) -> str:
    """sha256 of the canonical text of a JSON value."""
    return digest_text(canonical_json(value))


def digest_points(steps: array[int], values: array[float], times: array[float], count: int | None = None) -> str:
    """sha256 over the first `count` points: all values (float64), all steps (int64), all times (float64), big-endian.

    The bits of a NaN count; the order of the points counts; how they were packed into chunks does not.
    """
    found = hashlib.sha256()
    for column in (values[:count], steps[:count], times[:count]):
        if sys.byteorder == "little":
            column.byteswap()  # the slice is a copy
        found.update(column)
    return found.hexdigest()


def digest_file(path: Path) -> FileDigest:
    """Hash a regular file that does not change meanwhile.

    Raises MlverError for a link, a folder, a pipe or a device, for a file that cannot be read, and for one that was
    written to while it was read.
    """
    try:
        # NOFOLLOW: a link may point anywhere; NONBLOCK: opening a pipe must not wait for its writer
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise MlverError(f"{path} cannot be read: {error.strerror}", "give a regular file that you may read") from error
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise MlverError(f"{path} is not a regular file", "give a regular file")
        found = _digest_open(descriptor, before.st_size)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or found.size != after.st_size:
        raise MlverError(f"{path} changed while it was read", "try again when nothing writes to it")
    return found


def _digest_open(descriptor: int, size: int) -> FileDigest:
    found, left = hashlib.sha256(), size
    while left > 0:
        block = os.read(descriptor, min(_READ_BYTES, left))
        if not block:
            break
        found.update(block)
        left -= len(block)
    return FileDigest(found.hexdigest(), size - left)


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a JSON key is text, not {type(key).__name__}")
    return key
