"""The first 100 bytes of a database file, read without SQLite: they tell what it is when SQLite will not open it.

Never called while this process has the file open: closing a descriptor of it drops SQLite's locks on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_MAGIC = b"SQLite format 3\0"
_SIZE = 100


@dataclass(frozen=True, slots=True)
class Header:
    """What a database file says of itself."""

    page_bytes: int
    pages: int
    """0 if it does not say."""
    log: bool
    """Whether it is kept with a write-ahead log."""
    application: int
    schema: int


def read_header(path: Path) -> Header | None:
    """None if this is no SQLite database, or not yet one. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(_SIZE)
    if len(head) < _SIZE or not head.startswith(_MAGIC):
        return None
    page = int.from_bytes(head[16:18], "big")
    return Header(
        page_bytes=65536 if page == 1 else page,
        pages=int.from_bytes(head[28:32], "big"),
        log=head[18] == 2,
        application=int.from_bytes(head[68:72], "big"),
        schema=int.from_bytes(head[60:64], "big"),
    )
