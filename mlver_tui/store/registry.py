"""Rows of models, versions and the hash-chained events, and the anchor file that pins the chain from outside.

It writes what it is told; which version may be released is decided in `registry`. No function commits. The anchor gets
one `<id> <hash>` line per event, after its commit: it may be behind by the last event, never ahead.
"""

from __future__ import annotations

import os
import re
import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from ..clock import now_ms
from ..digest import canonical_json, digest_json
from ..errors import DiffersError
from ..home import Home

GENESIS = "0" * 64
"""`prev` of the first event."""
_LINE = re.compile(rb"([1-9][0-9]{0,17}) ([0-9a-f]{64})\Z")
_WAY_OUT = (
    "look with: mlver-tui verify --all. If you put back an older runs.db on purpose, move events.anchor away and the "
    "history is anchored anew"
)


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One row of `version`, with the model by name. `manifest` is canonical JSON, `digest` its sha256."""

    model: str
    seq: int
    semver: str
    digest: str
    run: str
    message: str
    author: str
    created_ms: int
    manifest: str


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One row of `event`. `body` is canonical JSON text; `prev` is the hash of the event before."""

    id: int
    at_ms: int
    actor: str
    kind: str
    subject: str
    body: str
    prev: str

    def digest(self) -> str:
        """sha256 over the canonical JSON of all fields, the body as the text that is stored."""
        return digest_json(asdict(self))


@dataclass(frozen=True, slots=True)
class AnchorLine:
    """One line of the anchor file; `event` and `hash` are None when the line cannot be read."""

    number: int
    text: bytes
    event: int | None
    hash: str | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The anchor file as it is on disk."""

    exists: bool
    lines: tuple[AnchorLine, ...]
    torn: bytes
    """Bytes after the last line end: a write that was cut."""

    def last(self) -> AnchorLine | None:
        """The newest readable line."""
        return next((line for line in reversed(self.lines) if line.event is not None), None)


def append_version(connection: sqlite3.Connection, record: VersionRecord) -> int:
    """Add a version, and its model if it is the first one. Returns the row number of the version."""
    connection.execute("INSERT INTO model (name) VALUES (?) ON CONFLICT (name) DO NOTHING", (record.model,))
    cursor = connection.execute(
        """INSERT INTO version (model, seq, semver, digest, run, message, author, created_ms, manifest)
            SELECT id, :seq, :semver, :digest, :run, :message, :author, :created_ms, :manifest
            FROM model WHERE name = :model""",
        asdict(record),
    )
    return int(cursor.lastrowid or 0)


def append_event(connection: sqlite3.Connection, actor: str, kind: str, subject: str, body: dict[str, Any]) -> str:
    """Add one event to the end of the chain and return its hash. At most one per transaction: see `anchor_events`."""
    last, prev = chain_head(connection)
    event = EventRecord(last + 1, now_ms(), actor, kind, subject, canonical_json(body), prev)
    found = event.digest()
    connection.execute(
        """INSERT INTO event (id, at_ms, actor, kind, subject, body, prev, hash)
            VALUES (:id, :at_ms, :actor, :kind, :subject, :body, :prev, :hash)""",
        {**asdict(event), "hash": found},
    )
    return found


def chain_head(connection: sqlite3.Connection) -> tuple[int, str]:
    """Id and hash of the newest event; (0, GENESIS) when there is none."""
    row = connection.execute("SELECT id, hash FROM event ORDER BY id DESC LIMIT 1").fetchone()
    return (int(row[0]), str(row[1])) if row else (0, GENESIS)


def anchor_events(connection: sqlite3.Connection, home: Home) -> None:
    """Bring the anchor up to the newest committed event. The caller holds the lock and has appended nothing yet.

    Raises DiffersError, and writes nothing, when the anchor tells of another history: it is ahead of the table, names
    another hash, or lacks more than the one event that a kill between commit and anchor can cost.
    """
    anchor = read_anchor(home)
    head, _ = chain_head(connection)
    known = _check_anchor(connection, anchor, head)
    if known == head:
        return
    rows = connection.execute("SELECT id, hash FROM event WHERE id > ? ORDER BY id", (known,))
    lines = "".join(f"{number} {found}\n" for number, found in rows)
    _append_durably(home, ("\n" if anchor.torn else "") + lines, new=not anchor.exists)


def read_anchor(home: Home) -> Anchor:
    """The anchor file, line by line; an absent file is an empty anchor. Raises OSError if it cannot be read."""
    try:
        text = home.anchor.read_bytes()
    except FileNotFoundError:
        return Anchor(False, (), b"")
    *lines, torn = text.split(b"\n")
    return Anchor(True, tuple(_read_line(number, line) for number, line in enumerate(lines, 1)), torn)


def expected_schema() -> dict[tuple[str, str], str]:
    """(type, name) -> exact SQL of every table, index, trigger and view of the current schema."""
    from .migrations import migrate  # sqlite_utils is slow to import: only when somebody verifies

    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(connection)
        return stored_schema(connection)
    finally:
        connection.close()


def stored_schema(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """(type, name) -> SQL of everything in the database that has SQL."""
    rows = connection.execute("SELECT type, name, sql FROM main.sqlite_master WHERE sql IS NOT NULL")
    return {(kind, name): sql for kind, name, sql in rows}


def _check_anchor(connection: sqlite3.Connection, anchor: Anchor, head: int) -> int:
    """Id of the newest anchored event, after a look at whether the table still has it."""
    last = anchor.last()
    known = last.event if last and last.event else 0
    if known > head:
        raise DiffersError(f"events.anchor knows event {known}, but the history ends at {head}", _WAY_OUT)
    if last and last.hash != _hash_of(connection, known):
        raise DiffersError(f"event {known} is not the one that events.anchor knows", _WAY_OUT)
    if anchor.exists and head - known > 1:
        raise DiffersError(f"events.anchor ends at event {known}, but the history goes on to {head}", _WAY_OUT)
    return known


def _hash_of(connection: sqlite3.Connection, event: int) -> str | None:
    row = connection.execute("SELECT hash FROM event WHERE id = ?", (event,)).fetchone()
    return row[0] if row else None


def _read_line(number: int, line: bytes) -> AnchorLine:
    match = _LINE.match(line)
    if not match:
        return AnchorLine(number, line, None, None)
    return AnchorLine(number, line, int(match[1]), match[2].decode())


def _append_durably(home: Home, text: str, *, new: bool) -> None:
    descriptor = os.open(home.anchor, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, text.encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        folder = os.open(home.root, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
