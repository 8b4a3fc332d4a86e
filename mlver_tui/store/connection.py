"""Opening the database: who may write, under which lock, and what to say when it cannot be done.

Every write and every checkpoint happens under one flock on `fold.lock`: SQLite before 3.51.3 has a WAL-reset race
between two connections, and a kernel queue is fairer than SQLite's sleep loop. A connection is used by one thread.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import HomeError, NewerStoreError, StoreError
from ..home import Home

APPLICATION_ID = 0x6D6C7672  # "mlvr"
SCHEMA_VERSION = 4
LOCK_WAIT_S = 30.0
_POLL_S = 0.02


def open_writer(home: Home) -> sqlite3.Connection:
    """Open (and create or migrate) the store for reading and writing.

    Raises HomeError, StoreError, or NewerStoreError (the file is left as it was).
    """
    home.create()
    if not os.access(home.root, os.W_OK):
        raise HomeError(f"{home.root} cannot be written by this user", "ask its owner, or give --home DIR")
    with locked(home), _plain_words(home):
        if not home.database.exists():
            os.close(os.open(home.database, os.O_RDWR | os.O_CREAT, 0o600))
        connection = _connect(f"file:{_quote(home.database)}")
        try:
            _check_identity(connection, home)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            if connection.execute("PRAGMA user_version").fetchone()[0] < SCHEMA_VERSION:
                _migrate(connection, home)
        except BaseException:
            connection.close()
            raise
    return connection


def open_reader(home: Home) -> sqlite3.Connection:
    """Open the store without the wish to write: for a home that belongs to somebody else.

    A database in WAL mode in a folder that cannot be written is read from a private copy if its log holds anything.
    """
    home.check()
    if not home.database.exists():
        raise StoreError(f"{home.root} holds no runs yet", "log a run there first")
    log = home.database.with_name(home.database.name + "-wal")
    with _plain_words(home):
        if log.exists() and log.stat().st_size:
            connection = _connect(f"file:{_quote(_private_copy(home))}")
        else:
            connection = _connect(f"file:{_quote(home.database)}?mode=ro&immutable=1")
        try:
            _check_identity(connection, home)
        except BaseException:
            connection.close()
            raise
    connection.execute("PRAGMA query_only = ON")
    return connection


def close(connection: sqlite3.Connection, home: Home) -> None:
    """Close; the last connection checkpoints, so this too happens under the lock where there is one."""
    try:
        with locked(home):
            connection.close()
    except (HomeError, StoreError):
        connection.close()


def checkpoint(connection: sqlite3.Connection, home: Home) -> bool:
    """Copy the write-ahead log into the database file and sync it. False while a reader keeps that from happening."""
    with locked(home), _plain_words(home):
        connection.execute("PRAGMA synchronous = FULL")
        try:
            busy, in_log, done = connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
        finally:
            connection.execute("PRAGMA synchronous = NORMAL")
    return not busy and in_log == done


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, home: Home) -> Iterator[sqlite3.Connection]:
    """One write transaction: lock, BEGIN IMMEDIATE, commit or roll back. Store functions never commit themselves."""
    with locked(home), _plain_words(home):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


@contextlib.contextmanager
def locked(home: Home, *, wait_s: float = LOCK_WAIT_S) -> Iterator[None]:
    """Hold the flock of the home. Raises StoreError when somebody else holds it for `wait_s` seconds."""
    try:
        descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HomeError(
            f"{home.root} cannot be written: {error.strerror}", "ask its owner, or give --home DIR"
        ) from error
    try:
        _wait_for(descriptor, home, time.monotonic() + wait_s)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, home: Home, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise StoreError(
                    f"the store at {home.root} is locked by another process", "wait for it to end, then try again"
                ) from None
            time.sleep(_POLL_S)


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=5.0, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def _check_identity(connection: sqlite3.Connection, home: Home) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application == 0 and version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        return  # a new file
    if application != APPLICATION_ID:
        raise StoreError(
            f"{home.database} belongs to another program; it was left untouched", "give another folder with --home DIR"
        )
    if version > SCHEMA_VERSION:
        raise NewerStoreError(
            f"{home.database} was written by a newer mlver-tui (schema {version}, this one knows {SCHEMA_VERSION})",
            "upgrade mlver-tui; nothing was changed",
        )


def _migrate(connection: sqlite3.Connection, home: Home) -> None:
    from .migrations import migrate  # sqlite_utils costs 150 ms: only when a step is missing

    current = connection.execute("PRAGMA user_version").fetchone()[0]
    if current:
        backup = home.database.with_name(f"runs.before-schema-{SCHEMA_VERSION}.db")
        with contextlib.closing(sqlite3.connect(backup)) as copy:
            connection.backup(copy)
        os.chmod(backup, 0o600)
    migrate(connection)


def _private_copy(home: Home) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mlver-read-"))
    for suffix in ("", "-wal"):
        source = home.database.with_name(home.database.name + suffix)
        if source.exists():
            shutil.copyfile(source, folder / source.name)
    return folder / home.database.name


def _quote(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path))


@contextlib.contextmanager
def _plain_words(home: Home) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "not a database" in text or "malformed" in text:
            raise StoreError(
                f"{home.database} is damaged ({text})", "move it away; the runs fold again from what journals are left"
            ) from error
        if "full" in text:
            raise StoreError(f"no space left for {home.database}", "free space, then try again") from error
        if "locked" in text or "busy" in text:
            raise StoreError(
                f"{home.database} is locked by another program", "close what holds it, then try again"
            ) from error
        if isinstance(error, sqlite3.OperationalError) and ("unable to open" in text or "readonly" in text):
            raise HomeError(f"{home.database} cannot be opened ({text})", "check who owns it") from error
        raise
