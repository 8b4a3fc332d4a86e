"""The RECORD file of a wheel: its digest, the same whichever installer wrote it, and its lines.

Separate because capture digests it and restore checks files against it; it knows the file format only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

# Written by the installer, not by whoever built the wheel
_BY_INSTALLERS = ("INSTALLER", "REQUESTED", "direct_url.json", "RECORD", "uv_cache.json", "uv_build.json")


class RecordLine(NamedTuple):
    """One file: path relative to site-packages, `sha256=…` in urlsafe base64 without padding, bytes; "" if unknown."""

    path: str
    hash: str
    size: str


def record_lines(record: bytes) -> Iterator[RecordLine]:
    """The files of a RECORD, in its order; lines that are none are skipped."""
    for line in record.decode("utf-8", "surrogateescape").splitlines():
        pieces = _pieces(line)
        if len(pieces) == 3 and pieces[0]:
            yield RecordLine(*pieces)


def is_of_wheel(path: str) -> bool:
    """False for bytecode, scripts outside site-packages and what an installer adds to the dist-info folder."""
    if path.endswith((".pyc", *_BY_INSTALLERS)):
        folder, _, name = path.rpartition("/")
        return not (path.endswith(".pyc") or (name in _BY_INSTALLERS and folder.endswith(".dist-info")))
    return not path.startswith(("../", "/"))


def record_digest(record: bytes) -> str:
    """sha256 over the sorted lines `path,hash` of the wheel's own files; "" for a RECORD that lists none."""
    lines = []
    for line in record.decode("utf-8", "surrogateescape").splitlines():
        pieces = _pieces(line)
        if len(pieces) == 3 and pieces[0] and is_of_wheel(pieces[0]):
            lines.append(f"{pieces[0]},{pieces[1]}")
    lines.sort()
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest() if lines else ""


def _pieces(line: str) -> list[str]:
    """The three fields of a line; a path with a comma or a quote stands in quotes."""
    if not line.startswith('"'):
        return line.rsplit(",", 2)
    path, mark, rest = line[1:].replace('""', "\0").partition('",')
    return [path.replace("\0", '"'), *rest.split(",")] if mark else []
