"""The journal as a file: started whole or not at all, and kept at its name whatever happens to the folder around it.

It knows bytes and descriptors, not what is in the frames. Everything here raises OSError; the writer decides.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
from pathlib import Path

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
_COPY_BYTES = 1024 * 1024
_LOWEST, _NUMBERS = 64, 128
_turn = itertools.count()


class JournalFile:
    """One open journal. `fd` keeps its number for life, also when another file is put under it."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.fd = fd
        self._identity = _identity(os.fstat(fd))
        self._left: tuple[int, int] | None = None
        """The file before the last `carry_over` and how much of it was copied."""
        self._movable = True
        self._entered = False
        """Whether the folder that names the file is on the disk too."""

    @classmethod
    def start(cls, path: Path, opening: bytes) -> JournalFile:
        """A new file that begins with `opening`; nothing is left behind if the disk refuses any of it."""
        _make_folders(path.parent)
        fd = _moved_up(os.open(path, _FLAGS | os.O_EXCL, 0o600))
        try:
            _write_all(fd, opening)
            return cls(path, fd)
        except BaseException:
            os.close(fd)
            os.unlink(path)
            raise

    def is_ours(self) -> bool:
        """Whether the descriptor still is the file that was opened, and not one that the program put there since."""
        try:
            return _identity(os.fstat(self.fd)) == self._identity
        except OSError:
            return False

    def is_in_place(self) -> bool:
        """Whether a reader who looks for this journal by its name finds this very file."""
        if not self._movable:
            return True
        try:
            return _identity(os.stat(self.path)) == self._identity
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:  # it cannot be told now: the next look may
            return True

    def carry_over(self) -> None:
        """Put all that was written back under the old name, and go on writing there.

        The name stays, so that a database which has folded a part of it goes on behind that part. On OSError all is as
        before.
        """
        _make_folders(self.path.parent)
        partial = self.path.with_name(self.path.name + ".part")
        old = _duplicate(self.fd)
        try:
            new = os.open(partial, _FLAGS | os.O_TRUNC, 0o600)
        except BaseException:
            os.close(old)
            raise
        try:
            copied = _copy(old, new, 0)
            os.rename(partial, self.path)
            os.dup2(new, self.fd, inheritable=False)  # a thread that logs now writes to the one or the other, whole
        except BaseException:
            os.close(old)
            with contextlib.suppress(OSError):
                os.unlink(partial)
            raise
        finally:
            os.close(new)
        self._identity = _identity(os.fstat(self.fd))
        self._entered = False
        self._left = (old, copied)
        self.finish_carrying()
        self._movable = self.is_in_place()  # on a file system that cannot tell, once is enough

    def finish_carrying(self, *, last: bool = False) -> None:
        """Bring over what threads wrote to the old file while it was exchanged."""
        if self._left is not None:
            old, copied = self._left
            self._left = (old, _copy(old, self.fd, copied))
            if last:
                self._left = None
                os.close(old)

    def sync(self) -> None:
        """Push the bytes to the disk itself, and at first the name."""
        os.fsync(self.fd)
        if not self._entered:
            for folder in (self.path.parent, self.path.parent.parent):
                _sync_folder(folder)
            self._entered = True

    def close(self) -> None:
        """Give the descriptor back, unless it is no longer ours."""
        if self._left is not None:
            with contextlib.suppress(OSError):
                os.close(self._left[0])
        if self.is_ours():
            with contextlib.suppress(OSError):
                os.close(self.fd)


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _make_folders(folder: Path) -> None:
    """The folder of journals and the home, for their owner only: `parents=True` alone would open the home to all."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _duplicate(fd: int) -> int:
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _LOWEST)


def _moved_up(fd: int) -> int:
    """The file under a high number, each time another one.

    A program that closes descriptors by number and opens files again gets low numbers: a late write of a thread must
    meet a closed number, never somebody else's file.
    """
    try:
        high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _LOWEST + next(_turn) % _NUMBERS)
    except OSError:  # a limit below that
        return fd
    os.close(fd)
    return high


def _copy(source: int, target: int, start: int) -> int:
    """Append the bytes of `source` from `start` on to `target`; where they end."""
    while block := os.pread(source, _COPY_BYTES, start):
        _write_all(target, block)
        start += len(block)
    return start


def _write_all(fd: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(fd, view) :]
