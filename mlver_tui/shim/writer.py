"""One process's journal of one run: frames appended with one `os.write` each. No lock, no queue, no SQLite.

A frame that the disk refuses waits in a bounded buffer; past the bound points are dropped and counted. Nothing here
raises because of storage. A signal handler, a finalizer or another thread may log between any two lines.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from itertools import accumulate, takewhile
from pathlib import Path
from typing import Any

from .. import clock
from ..process import current
from ..records import to_json
from ..store import journal as journals
from .journal_file import JournalFile

BUFFER_BYTES = 64 * 1024 * 1024
BATCH_BYTES = 1024 * 1024
"""So much of what was held back is written at once: a log call that does it stays far under 250 ms."""
RETRY_S = 0.1
_OVERHEAD = 64
"""Bytes that the interpreter needs to hold one frame."""
Shape = tuple[int, Any]

_writers: weakref.WeakSet[JournalWriter] = weakref.WeakSet()


class JournalWriter:
    """Append-only access to the journal of `run_id` in `folder`."""

    _fd: int
    _reported_drops: int

    def __init__(self, folder: Path, run_id: str) -> None:
        self.folder = folder
        self.run_id = run_id
        self.shapes: dict[tuple[str, ...], Shape] = {}
        """Keys of a log call -> (shape number, bound `Struct.pack`); good for every journal of this writer."""
        self.fast: dict[tuple[str, ...], Shape] = {}
        """Those of them whose values were plain numbers, so that they may be packed as they are."""
        self.dropped = 0
        self.in_fork: Callable[[], None] | None = None
        """Called when a forked child has started a journal of its own."""
        self._numbers = itertools.count()
        self._definitions: list[bytes] = []
        self._written = self._synced = 0
        self._forked = self._troubled = False
        self._begin()
        self._open()
        _writers.add(self)

    def append(self, payload: bytes) -> None:
        """Write one payload. It is on its way to the disk when this returns: a killed process does not lose it."""
        self._put(journals.frame(payload))

    def event(self, kind: str, **fields: Any) -> None:
        """Write one event, stamped with the time."""
        self.append(journals.event_payload({"e": kind, "at": clock.now_ms(), **fields}))

    def define(self, keys: tuple[str, ...], section: str = "metric") -> Shape:
        """The shape of a log call with these keys; its definition is in the journal before its first use."""
        known = self.shapes.get(keys)
        if known is None:
            if os.getpid() != self._pid:
                self._after_fork()  # a fork that Python was not told of
            number = next(self._numbers)
            definition = journals.frame(journals.shape_payload(number, keys, section))
            self._definitions.append(definition)
            self._put(definition + definition)  # twice: without it a journal's points say nothing
            known = self.shapes.setdefault(keys, (number, journals.points_struct(len(keys)).pack))
        return known

    def sync(self) -> None:
        """Push what was written to the disk itself, try again what it refused, and see that the file is in place."""
        while self._held and self._flush():
            continue
        self._look_after()
        if self._written != self._synced:
            self._synced = self._written
            self._push()
        if self.dropped > self._reported_drops and not self._held:
            count, self._reported_drops = self.dropped - self._reported_drops, self.dropped
            self.event("dropped", points=count)

    def size(self) -> int:
        """Bytes in the journal so far; 0 if it is not open."""
        try:
            return os.fstat(self._fd).st_size
        except OSError:
            return 0

    def close(self) -> None:
        """Mark the journal as ended, sync and close it. What is logged later goes to a journal of its own."""
        if self._fd < 0 and not self._held:
            return
        self._retry_at = 0.0
        self.sync()
        self.event("close")
        self.sync()
        if self._held:
            self.say(f"{len(self._held)} records are lost: {self.folder} could not be written to the end")
            self._held.clear()
            self._held_bytes = 0
        self._release()

    def say(self, text: str) -> None:
        """One line on stderr."""
        with contextlib.suppress(Exception):  # stderr may be closed; training must not notice
            print(f"mlver-tui: {text}", file=sys.stderr, flush=True)

    def complain(self, text: str) -> None:
        """Say what the ticker met, once until it is over."""
        if not self._troubled:
            self._troubled = True
            self.say(text)

    def _begin(self) -> None:
        """The state of a process that has written nothing yet."""
        self._pid = os.getpid()
        self._opening = threading.RLock()
        self._flushing = threading.Lock()
        self._held: deque[bytes] = deque()
        self._held_bytes = 0
        self._reported_drops = self.dropped = 0
        self._warned = False
        self._retry_at = 0.0
        self._file: JournalFile | None = None
        self._fd = -1

    def _put(self, frame: bytes) -> None:
        if self._fd < 0 and not self._held:
            self._open()
        if self._fd >= 0 and not self._held:
            try:
                if os.write(self._fd, frame) == len(frame):
                    self._written += 1
                    return
            except OSError as error:
                self._refused(error)
        self._hold(frame)  # refused or cut short: it is written again, whole, before anything that comes after it

    def _open(self) -> None:
        """Start a journal of this process: at first, after a fork, after `close`, after a disk that refused it."""
        with self._opening:
            if self._fd >= 0 or time.monotonic() < self._retry_at:
                return
            known = len(self._definitions)
            opening = {"e": "open", "at": clock.now_ms(), "process": to_json(current())}
            head = journals.MAGIC + journals.frame(journals.event_payload(opening))
            name = journals.file_name(self.run_id, clock.now_ms(), os.getpid())
            try:
                self._file = JournalFile.start(self.folder / name, head + b"".join(self._definitions[:known]))
            except OSError as error:
                self._refused(error)
                return
            self._fd = self._file.fd
        self._written += 1
        if late := self._definitions[known:]:  # another thread met new names in between
            self._put(b"".join(late))
        if self._forked and self.in_fork is not None:
            self._forked = False
            self.in_fork()

    def _release(self) -> None:
        file, self._file, self._fd = self._file, None, -1
        if file is not None:
            file.close()

    def _refused(self, error: OSError) -> None:
        """The disk did not take a record: remember when to try again, and where."""
        self._retry_at = time.monotonic() + RETRY_S
        if error.errno in (errno.EFBIG, errno.EBADF) and self._file is not None:
            self._release()  # no more fits into this file, or the program closed it: another one may do, at once
            self._retry_at = 0.0
        if not self._warned:
            self._warned = True
            self.say(f"records cannot be written ({error.strerror}); they wait in memory, training goes on")

    def _hold(self, frame: bytes) -> None:
        points = _points_in(frame)
        if self._held_bytes > BUFFER_BYTES:
            self._retry()
        if points and self._held_bytes > BUFFER_BYTES:
            self.dropped += points  # what says what points mean is never dropped
        else:
            self._held.append(frame)
            self._held_bytes += len(frame) + _OVERHEAD
        self._retry()

    def _retry(self) -> None:
        if time.monotonic() >= self._retry_at:
            self._flush()

    def _flush(self) -> bool:
        """Write a batch of what was held back; False if nothing went, or somebody else is at it."""
        if not self._flushing.acquire(blocking=False):
            return False
        try:
            if self._fd < 0:
                self._open()
            return self._fd >= 0 and self._write_batch()
        finally:
            self._flushing.release()

    def _write_batch(self) -> bool:
        frames = list(itertools.islice(self._held, 4096))
        ends = list(takewhile(lambda end: end <= BATCH_BYTES, accumulate(map(len, frames)))) or [len(frames[0])]
        try:
            written = os.write(self._fd, b"".join(frames[: len(ends)]))
        except OSError as error:
            self._refused(error)
            return False
        done = sum(end <= written for end in ends)
        for _ in range(done):
            self._held_bytes -= len(self._held.popleft()) + _OVERHEAD
        self._written += done
        if done < len(ends):
            self._retry_at = time.monotonic() + RETRY_S
        elif self._warned and not self._held:
            self._warned, self._held_bytes = False, 0
            self.say("the disk takes records again; nothing that was held back is lost")
        return done > 0

    def _look_after(self) -> None:
        """Keep the journal where its readers look for it."""
        file = self._file
        if file is None:
            return
        try:
            if not file.is_ours():
                self._file, self._fd = None, -1  # the program closed it, and may have given the number to a file
                self._open()
            elif not file.is_in_place():
                file.carry_over()
                self._written += 1
                self.say(f"{file.path.parent} was moved or removed; the run's journal was put back there")
            else:
                file.finish_carrying(last=True)
        except OSError as error:
            self.complain(f"{file.path} is gone and cannot be put back ({error.strerror})")

    def _push(self) -> None:
        try:
            if self._file is not None:
                self._file.sync()
            self._troubled = False
        except OSError as error:
            # the kernel may give up pages of this file and say "synced" next time: only a new file is honest
            if not self._troubled:
                self._release()
            self.complain(f"the journal cannot be synced ({error.strerror}): a power cut may cost what was logged last")

    def _after_fork(self) -> None:
        """A forked child writes a journal of its own, from its first record on: the two must not share one."""
        self._release()
        self._begin()
        self._forked = True


def _points_in(frame: bytes) -> int:
    """How many points are in a frame; 0 if it is not one of points."""
    payload = frame[journals.HEAD.size :]
    return (len(payload) - journals.points_struct(0).size) // 8 if payload[0] == journals.POINTS else 0


def _reset_writers() -> None:
    for writer in list(_writers):
        writer._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_writers)
