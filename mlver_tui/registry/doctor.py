"""What is wrong with a home, in plain words, and the way out of each. Looks and judges; changes nothing.

It must work on what nothing else opens, so it asks one thing at a time and takes no answer for granted.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator

from .. import units
from ..errors import HomeError, StoreError
from ..home import Home
from ..store.connection import locked
from ..store.filesystem import FileSystem, file_system
from ..store.fold import list_journals
from .doctor_database import look_at_database
from .remarks import Remark, Word

__all__ = ["Remark", "examine", "plan_rebuild"]

_RACE_ENDS = (3, 51, 3)
_LOW_SPACE = 512 * 1024 * 1024


def examine(home: Home, why: str) -> list[Remark]:
    """Everything about one home; `why` says why it is this one. Never raises on damage."""
    found = [_home(home, why)]
    if found[0].word == "bad" or not home.root.exists():
        return [*found, _sqlite()]
    system = file_system(home.root)
    found += [_place(system), _space(home), _lock(home), _sqlite()]
    return [*found, *look_at_database(home, system), *_kept(home)]


def plan_rebuild(home: Home) -> list[str]:
    """What a rebuild will do, line by line, before anything is done."""
    waiting = list_journals(home)
    lines = []
    if home.database.exists():
        size = units.bytes_(home.database.stat().st_size)
        lines.append(f"runs.db ({size}) is moved aside as runs.db.damaged-…; nothing is deleted")
        lines.append("every row of it that can still be read, and every chunk whose checksum holds, is carried over")
    total = units.bytes_(sum(size for _, size in waiting))
    lines.append(f"{units.plural(len(waiting), 'journal')} with {total} are folded anew")
    return [*lines, "what neither of them holds is lost, and is named"]


def _home(home: Home, why: str) -> Remark:
    try:
        home.check()
    except HomeError as error:
        word: Word = "bad" if home.root.exists() else "warn"
        return Remark(word, "home", f"{error.message} ({why})", error.hint)
    text = f"{home.root} ({why})"
    mode = home.root.stat().st_mode & 0o777
    if not os.access(home.root, os.W_OK):
        return Remark("warn", "home", f"{text}; this user may only read it", "runs are shown as they were last indexed")
    if mode & 0o077:
        return Remark("warn", "home", f"{text}; others may look into it (mode {mode:o})", f"chmod 700 {home.root}")
    return Remark("ok", "home", text)


def _place(system: FileSystem) -> Remark:
    if not system.kind:
        return Remark("ok", "file system", "this system does not tell; it is taken for a local one")
    text = f"{system.kind} on {system.mount}"
    if system.network:
        return Remark(
            "warn",
            "file system",
            f"{text}, a network: a rollback journal under the lock instead of a write-ahead log, which is slower",
            "a home on a local disk is faster: --home DIR or MLVER_HOME",
        )
    if system.read_only:
        return Remark("warn", "file system", f"{text}, mounted read-only", "nothing can be logged or tagged here")
    return Remark("ok", "file system", f"{text}, a local one")


def _space(home: Home) -> Remark:
    usage = shutil.disk_usage(home.root)
    text = f"{units.bytes_(usage.free)} free of {units.bytes_(usage.total)}"
    if usage.free < _LOW_SPACE:
        return Remark("warn", "space", text, "free space: runs keep points in memory for a while, then count them lost")
    return Remark("ok", "space", text)


def _lock(home: Home) -> Remark:
    if not os.access(home.root, os.W_OK):
        return Remark("ok", "lock", "not tried: this user may only read")
    try:
        with locked(home, wait_s=0.0):
            return Remark("ok", "lock", "free")
    except StoreError as error:
        if "cannot lock" in error.message:
            return Remark("bad", "lock", error.message, error.hint)
        return Remark("ok", "lock", "held by another process at this moment; that is normal while runs are folded")
    except HomeError as error:
        return Remark("bad", "lock", error.message, error.hint)


def _sqlite() -> Remark:
    text = f"SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < _RACE_ENDS:
        text += "; up to 3.51.2 two writers at once can damage its log, which the lock of the home prevents"
    return Remark("ok", "SQLite", text)


def _kept(home: Home) -> Iterator[Remark]:
    names = sorted(path for pattern in ("runs.db.damaged-*", "runs.schema-*.db") for path in home.root.glob(pattern))
    if names:
        total = units.bytes_(sum(path.stat().st_size for path in names))
        text = f"{units.plural(len(names), 'file')} of earlier databases, {total}: {names[0].name} …"
        yield Remark("ok", "kept", f"{text}; delete them when they are no longer needed")
