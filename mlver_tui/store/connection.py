"""Opening the database: who may write, under which lock, and what to say when it cannot be done.

Every write and every checkpoint happens under one flock on `fold.lock`: SQLite before 3.51.3 has a WAL-reset race
between two connections, and a kernel queue is fairer than SQLite's sleep loop. A connection is used by one thread.
On a network file system there is no write-ahead log, but a rollback journal under the same flock.
"""

from __future__ import annotations

import contextlib
import errno
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
from .filesystem import file_system
from .trouble import plain_words

APPLICATION_ID = 0x6D6C7672  # "mlvr"
SCHEMA_VERSION = 5
LOCK_WAIT_S = 30.0
_POLL_S = 0.02
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


class StoreConnection(sqlite3.Connection):
    """A connection that remembers which file it opened, to notice when another one stands there."""

    file: tuple[int, int] | None = None
    """(device, inode) of the database; None for a private copy."""


def open_writer(home: Home) -> sqlite3.Connection:
    """Open (and create or migrate) the store for reading and writing.

    Raises HomeError, StoreError, or NewerStoreError (the file is left as it was).
    """
    home.create()
    if not os.access(home.root, os.W_OK):
        raise HomeError(f"{home.root} cannot be written by this user", "ask its owner, or give --home DIR")
    with locked(home), plain_words(home):
        if not home.database.exists():
            os.close(os.open(home.database, os.O_RDWR | os.O_CREAT, 0o600))
        connection = _connect(f"file:{_quote(home.database)}")
        try:
            connection.file = _file_of(home)
            _check_identity(connection, home)
            _choose_journal(connection, home)
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
    with plain_words(home):
        connection = _open_to_read(home)
        try:
            _check_identity(connection, home)
            connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
    return connection


def open_as_is(home: Home) -> sqlite3.Connection:
    """Open whatever lies there, to look at it: nothing is migrated or judged, and nothing can be written.

    Raises sqlite3.Error, in SQLite's own words, here or when it is read.
    """
    if os.access(home.root, os.W_OK):
        connection = _connect(f"file:{_quote(home.database)}?mode=ro")
    else:
        connection = _open_to_read(home)
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
    """Copy the write-ahead log into the database file and sync it. False while a reader keeps that from happening.

    True means that the file which stands in the home now holds everything. Raises StoreError if it is another one.
    """
    with locked(home), plain_words(home):
        check_in_place(connection, home)
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            return True  # each commit is synced into the file
        connection.execute("PRAGMA synchronous = FULL")
        try:
            busy, in_log, done = connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
        finally:
            connection.execute("PRAGMA synchronous = NORMAL")
    return not busy and in_log == done


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, home: Home) -> Iterator[sqlite3.Connection]:
    """One write transaction: lock, BEGIN IMMEDIATE, commit or roll back. Store functions never commit themselves."""
    with locked(home), plain_words(home):
        check_in_place(connection, home)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            check_in_place(connection, home)
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def check_in_place(connection: sqlite3.Connection, home: Home) -> None:
    """Raise StoreError if the database was removed or replaced since it was opened: writes would go nowhere."""
    opened = connection.file if isinstance(connection, StoreConnection) else None
    if opened is not None and _file_of(home) != opened:
        raise StoreError(
            f"{home.database} was removed or replaced while it was open", "open the store again; nothing was written"
        )


@contextlib.contextmanager
def locked(home: Home, *, wait_s: float = LOCK_WAIT_S) -> Iterator[None]:
    """Hold the flock of the home. Raises StoreError when somebody else holds it for `wait_s` seconds."""
    try:
        descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if not home.root.is_dir():
            raise HomeError(f"the home {home.root} is gone", "bring it back, or give --home DIR") from error
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
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            raise StoreError(
                f"the file system of {home.root} cannot lock files", "keep the home on a local disk, see --home DIR"
            ) from error


def _connect(uri: str) -> StoreConnection:
    connection = sqlite3.connect(
        uri, uri=True, timeout=5.0, isolation_level=None, check_same_thread=False, factory=StoreConnection
    )
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def _file_of(home: Home) -> tuple[int, int] | None:
    try:
        found = os.stat(home.database)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _choose_journal(connection: sqlite3.Connection, home: Home) -> None:
    if not file_system(home.root).network:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return
    # exclusive for a moment: so a store that was moved here with its write-ahead log opens without shared memory
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = TRUNCATE")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA locking_mode = NORMAL")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # lets go of the lock


def _open_to_read(home: Home) -> StoreConnection:
    log = home.database.with_name(home.database.name + "-wal")
    if not (log.exists() and log.stat().st_size):
        return _connect(f"file:{_quote(home.database)}?mode=ro&immutable=1")
    folder = Path(tempfile.mkdtemp(prefix="mlver-read-"))
    try:
        _copy_files(home, folder)
        connection = _connect(f"file:{_quote(folder / home.database.name)}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # opens every file it will ever need
    finally:
        shutil.rmtree(folder, ignore_errors=True)
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
        from .backup import keep_before

        # named by what it holds: a second try after a kill never replaces the copy of the oldest
        keep_before(connection, home.database.with_name(f"runs.schema-{current}.db"))
    migrate(connection)


def _copy_files(home: Home, folder: Path) -> None:
    """Database and log as of one moment: nobody writes while the flock is held, which needs no right to write."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            descriptor = os.open(home.lock, os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            _wait_for(descriptor, home, time.monotonic() + LOCK_WAIT_S)
        for suffix in ("", "-wal"):
            source = home.database.with_name(home.database.name + suffix)
            if source.exists():
                shutil.copyfile(source, folder / source.name)


def _quote(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path))
