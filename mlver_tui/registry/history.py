"""The history of the registry: how one event joins the chain durably, and the walk that finds any later edit of it.

It knows events as events; what a release means is known in `versions` and `verify`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import HomeError, MlverError
from ..home import Home
from ..query.views import Finding
from ..store.connection import locked, transaction
from ..store.registry import GENESIS, Anchor, EventRecord, anchor_events, read_anchor


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event row as it is in the table; columns may hold anything if somebody edited them."""

    record: EventRecord
    hash: str


@contextlib.contextmanager
def recording(connection: sqlite3.Connection, home: Home) -> Iterator[None]:
    """One write transaction that appends at most one event; afterwards the event is on disk and anchored.

    Raises DiffersError before anything is written when the history does not agree with its anchor, HomeError when the
    anchor cannot be read or written.
    """
    level = connection.execute("PRAGMA synchronous").fetchone()[0]
    # an anchored event must survive a power loss, else the anchor would be ahead of the table
    connection.execute("PRAGMA synchronous = FULL")
    try:
        with transaction(connection, home):
            _anchor_before(connection, home)
            yield
    finally:
        connection.execute(f"PRAGMA synchronous = {int(level)}")
    # The event is committed: whatever fails from here on is repaired by the next one, and must not look like a failure
    with contextlib.suppress(MlverError, OSError), locked(home):
        anchor_events(connection, home)


def _anchor_before(connection: sqlite3.Connection, home: Home) -> None:
    try:
        anchor_events(connection, home)
    except OSError as error:
        raise HomeError(
            f"{home.anchor} cannot be used: {error.strerror or error}", "check who owns it; nothing was written"
        ) from error


def verify_chain(connection: sqlite3.Connection, home: Home) -> list[Finding]:
    """Walk all events: hash, link and number of each, then the anchor. Never raises on damage."""
    try:
        # The order matters while somebody releases: what is anchored now is in the table already, and what will be in
        # the table then, but for the newest event, is in the anchor by the time we look again.
        before = read_anchor(home)
        events = read_events(connection)
        after = read_anchor(home)
    except OSError as error:
        return [Finding("events.anchor", False, f"cannot be read: {error.strerror or error}")]
    except (sqlite3.DatabaseError, TypeError) as error:
        return [Finding("table event", False, f"cannot be read: {error}")]
    problems = [*_check_links(events), *_check_anchor_lines(before, events), *_check_reach(after, events)]
    return problems or [Finding("history", True, f"{len(events)} events, each fits the one before and the anchor")]


def read_events(connection: sqlite3.Connection) -> list[StoredEvent]:
    """All events, oldest first. Raises sqlite3.DatabaseError when the table is damaged."""
    rows = connection.execute("SELECT id, at_ms, actor, kind, subject, body, prev, hash FROM event ORDER BY id")
    return [StoredEvent(EventRecord(*row[:7]), row[7]) for row in rows]


def _check_links(events: list[StoredEvent]) -> Iterator[Finding]:
    expected, prev = 1, GENESIS
    for event in events:
        number = event.record.id
        subject = f"event {number}"
        if number != expected:
            gap = f"event {expected}" if number == expected + 1 else f"events {expected} to {number - 1}"
            yield Finding(subject, False, f"{gap} before it: missing from table event")
        elif event.record.prev != prev:
            yield Finding(subject, False, "prev is not the hash of the event before it")
        if _digest(event.record) != event.hash:
            yield Finding(subject, False, "hash does not fit its columns: it was edited")
        expected, prev = number + 1, event.hash


def _check_anchor_lines(anchor: Anchor, events: list[StoredEvent]) -> Iterator[Finding]:
    found = {event.record.id: event.hash for event in events}
    for line in anchor.lines:
        subject = f"events.anchor line {line.number}"
        if line.event is None:
            if not _is_cut_write(line.text, found):
                yield Finding(subject, False, "is not an event number and a hash")
        elif line.event not in found:
            yield Finding(subject, False, f"knows event {line.event}, which is missing from table event")
        elif found[line.event] != line.hash:
            yield Finding(subject, False, f"event {line.event} is not the one that was anchored")


def _is_cut_write(text: bytes, found: dict[int, str]) -> bool:
    """Whether an unreadable line is what a kill or power loss leaves of a good one."""
    rest = text.rstrip(b"\0")
    return not rest or any(f"{number} {digest}".encode().startswith(rest) for number, digest in found.items())


def _check_reach(anchor: Anchor, events: list[StoredEvent]) -> Iterator[Finding]:
    head = events[-1].record.id if events else 0
    last = anchor.last()
    known = last.event if last and last.event else 0
    if head - known <= 1:
        return  # a kill between commit and anchor costs the newest event at most; the next release anchors it
    if not anchor.exists:
        yield Finding("events.anchor", False, f"is missing: nothing outside the database confirms its {head} events")
        return
    yield Finding("events.anchor", False, f"ends at event {known}, but the history goes on to {head}: it was cut")


def _digest(record: EventRecord) -> str | None:
    try:
        return record.digest()
    except TypeError:  # a BLOB where text or a number belongs
        return None
