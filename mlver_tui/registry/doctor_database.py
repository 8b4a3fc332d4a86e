"""What is wrong with a database, from its file to its history. Looks only; one question at a time."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial

from .. import units
from ..clock import now_ms
from ..home import Home
from ..query.sources import stalled
from ..store import connection as store
from ..store.filesystem import FileSystem
from ..store.header import read_header
from .doctor_journals import look_at_journals
from .history import verify_chain
from .integrity import check_schema
from .remarks import REBUILD, Remark, asked

_LARGE_LOG = 64 * 1024 * 1024


def look_at_database(home: Home, system: FileSystem) -> list[Remark]:
    """The file, then what only SQLite can tell, then the journals in the light of it."""
    if not home.database.exists():
        text = "none yet: the first command that reads makes it from the journals"
        return [Remark("ok", "database", text), *look_at_journals(home, None)]
    found: list[Remark] = []
    with asked(found, "database"):
        found.extend(_file(home, system))
    if any(remark.word == "bad" for remark in found):
        return [*found, *look_at_journals(home, None)]
    connection = None
    with asked(found, "database"):
        connection = store.open_as_is(home)
    if connection is None:
        return [*found, *look_at_journals(home, None)]
    with contextlib.closing(connection):
        return [*found, *_inside(home, connection)]


def _inside(home: Home, connection: sqlite3.Connection) -> list[Remark]:
    found: list[Remark] = []
    _ask(found, "database", partial(_identity, connection, home))
    if found[-1].word != "ok":  # empty, foreign, older or newer: its tables are not the ones to ask
        return [*found, *look_at_journals(home, None)]
    _ask(found, "pages", partial(_pages, connection))
    _ask(found, "schema", partial(_schema, connection))
    _ask(found, "runs", partial(_runs, connection))
    _ask(found, "journals", partial(look_at_journals, home, connection))
    _ask(found, "history", partial(_history, connection, home))
    return found


def _ask(found: list[Remark], subject: str, question: Callable[[], Iterator[Remark]]) -> None:
    with asked(found, subject):
        found.extend(question())


def _file(home: Home, system: FileSystem) -> Iterator[Remark]:
    """What can be told without SQLite. With a log beside it, the file alone says nothing of itself yet."""
    size = home.database.stat().st_size
    log = home.database.with_name(f"{home.database.name}-wal")
    logged = log.stat().st_size if log.exists() else 0
    header = read_header(home.database)
    if header is None and size:
        yield Remark(
            "bad", "database", f"{home.database.name}, {units.bytes_(size)}: it is no SQLite database", REBUILD
        )
    elif header is not None and not logged and header.pages * header.page_bytes > size:
        missing = units.bytes_(header.pages * header.page_bytes - size)
        yield Remark("bad", "database", f"the last {missing} of {home.database.name} are cut off", REBUILD)
    if header is not None and header.log and system.network:
        yield Remark("warn", "log", "a write-ahead log on a network", "the next command that writes takes it away")
    if logged > _LARGE_LOG:
        hint = "close the program that reads for long, such as an app left open on another screen"
        yield Remark("warn", "log", f"the write-ahead log has grown to {units.bytes_(logged)}", hint)


def _identity(connection: sqlite3.Connection, home: Home) -> Iterator[Remark]:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page,) = connection.execute("PRAGMA page_size").fetchone()
    known, text = store.SCHEMA_VERSION, f"{home.database.name}, {units.bytes_(pages * page)}"
    if not application and not schema and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        yield Remark("warn", "database", f"{text}: it is empty", "the next command fills it from the journals")
    elif application != store.APPLICATION_ID:
        yield Remark("bad", "database", f"{text}: it belongs to another program", "give another folder with --home DIR")
    elif schema > known:
        detail = f"{text}: schema {schema} is of a newer mlver-tui (this one knows {known})"
        yield Remark("bad", "database", detail, "upgrade mlver-tui; nothing was changed")
    elif schema < known:
        detail = f"{text}, schema {schema}: the next command brings it to {known}"
        yield Remark("warn", "database", detail, "nothing to do: a copy is kept beside it")
    else:
        yield Remark("ok", "database", f"{text}, schema {schema}")


def _pages(connection: sqlite3.Connection) -> Iterator[Remark]:
    lines = [str(line) for (line,) in connection.execute("PRAGMA quick_check(10)") if line != "ok"]
    for line in lines:
        yield Remark("bad", "pages", " ".join(line.split()), REBUILD)
    if not lines:
        yield Remark("ok", "pages", "quick check passed; mlver-tui verify --all checks every value")


def _schema(connection: sqlite3.Connection) -> Iterator[Remark]:
    problems = list(check_schema(connection))
    for problem in problems:
        yield Remark("bad", "schema", problem, "mlver-tui verify --all says whether versions and history are intact")
    if not problems:
        yield Remark("ok", "schema", "tables, triggers and views are as they were made")


def _runs(connection: sqlite3.Connection) -> Iterator[Remark]:
    counts = connection.execute("SELECT status, count(*) FROM run WHERE deleted = 0 GROUP BY status ORDER BY status")
    text = ", ".join(f"{count:,} {status}" for status, count in counts) or "none yet"
    silent = stalled(now_ms())
    (quiet,) = connection.execute(
        f"SELECT count(*) FROM run WHERE deleted = 0 AND {silent.text}", silent.values
    ).fetchone()
    if quiet:
        hint = "mlver-tui runs 'status = stalled' lists them; a run whose process is gone is marked as killed"
        yield Remark("warn", "runs", f"{text}; {quiet:,} of the running were not heard of for a minute", hint)
    else:
        yield Remark("ok", "runs", text)


def _history(connection: sqlite3.Connection, home: Home) -> Iterator[Remark]:
    bad = [finding for finding in verify_chain(connection, home) if not finding.ok]
    for finding in bad:
        hint = "mlver-tui verify --all says what was changed; a backup may hold the original"
        yield Remark("bad", "history", f"{finding.subject}: {finding.detail}", hint)
    if not bad:
        (count,) = connection.execute("SELECT count(*) FROM event").fetchone()
        yield Remark("ok", "history", f"{units.plural(count, 'event')}, chained and anchored")
