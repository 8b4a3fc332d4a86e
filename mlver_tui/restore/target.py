"""The folder that a restore fills: claimed before the first byte, given up whole or removed whole.

An environment cannot be moved after it was made (its scripts hold absolute paths), so it is made where it will stay,
beside a marker that goes last. It removes only what a restore makes; it knows nothing of packages.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import RefusedError, RestoreError
from ..home import Home
from .lockfile import PYLOCK, REQUIREMENTS

MARKER = ".mlver-incomplete"
VENV = ".venv"
_OURS = (VENV, PYLOCK, REQUIREMENTS)
_HINT = "give a folder that does not exist yet"


def check_target(target: Path, home: Home) -> Path:
    """The absolute path of a folder that a restore may fill. Raises RefusedError for one it may not."""
    path = Path(os.path.realpath(target.expanduser()))
    if path == home.root.resolve() or home.root.resolve() in path.parents:
        raise RefusedError(f"{path} is inside the store", _HINT)
    if not path.exists():
        return path
    if not path.is_dir():
        raise RefusedError(f"{path} is a file", _HINT)
    if any(path.iterdir()) and not (path / MARKER).is_file():
        raise RefusedError(f"{path} is not empty; a restore never writes over what is there", _HINT)
    return path


@contextlib.contextmanager
def claimed(target: Path) -> Iterator[Path]:
    """Hold the folder while it is filled. On any failure all that was made in it goes, and the folder if we made it.

    What an earlier restore left half made is removed first. Raises RefusedError if another restore is at work there.
    """
    made = _make(target)
    descriptor = _mark(target)
    try:
        _empty(target)
        yield target
    except BaseException:
        _empty(target)
        (target / MARKER).unlink(missing_ok=True)
        if made:
            with contextlib.suppress(OSError):  # somebody put a file of their own there
                target.rmdir()
        raise
    else:
        (target / MARKER).unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _make(target: Path) -> bool:
    try:
        existed = target.is_dir()
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RestoreError(f"{target} cannot be made: {error.strerror}", "give a folder you may write") from error
    return not existed


def _mark(target: Path) -> int:
    """An open, locked marker. A folder that was filled by somebody else in between is left as it is."""
    marker = target / MARKER
    try:
        descriptor = _open_marker(target, marker)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RefusedError(f"another restore is at work in {target}", "wait for it, or give another folder") from error
    except OSError as error:
        raise RestoreError(f"{target} cannot be written: {error.strerror}", "give a folder you may write") from error
    if not marker.exists() or os.fstat(descriptor).st_ino != marker.stat().st_ino:
        os.close(descriptor)
        raise RefusedError(f"another restore has just finished in {target}", _HINT)
    return descriptor


def _open_marker(target: Path, marker: Path) -> int:
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    if marker.exists():
        return os.open(marker, flags)
    descriptor = os.open(marker, flags | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(descriptor, b"A restore is at work here, or was stopped: what lies beside this file is not complete.\n")
    if len(os.listdir(target)) > 1:
        marker.unlink()
        os.close(descriptor)
        raise RefusedError(f"{target} is not empty; a restore never writes over what is there", _HINT)
    return descriptor


def _empty(target: Path) -> None:
    for name in _OURS:
        path = target / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
