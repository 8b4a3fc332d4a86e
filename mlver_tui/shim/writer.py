"""One process's journal of one run: frames appended with one `os.write` each. No lock, no queue, no SQLite.

A frame that the disk refuses waits in a bounded buffer; past the bound points are dropped and counted. Nothing here
raises because of storage.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import weakref
from collections import deque
from pathlib import Path
from typing import Any

from .. import clock
from ..process import current
from ..records import to_json
from ..store import journal as journals

BUFFER_BYTES = 64 * 1024 * 1024
Shape = tuple[int, Any]

_writers: weakref.WeakSet[JournalWriter] = weakref.WeakSet()


class JournalWriter:
    """Append-only access to the journal of `run_id` in `folder`."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self.folder = folder
        self.run_id = run_id
        self.shapes: dict[tuple[str, ...], Shape] = {}
        """Keys of a log call -> (shape number, bound `Struct.pack`)."""
        self.fast: dict[tuple[str, ...], Shape] = {}
        """Those of them whose values were plain numbers, so that they may be packed as they are."""
        self.dropped = 0
        self._reported_drops = 0
        self._lock = threading.RLock()
        self._held: deque[bytes] = deque()
        self._held_bytes = 0
        self._warned = False
        self._written = self._synced = 0
        self._fd = -1
        self._open()
        _writers.add(self)

    def append(self, payload: bytes) -> None:
        """Write one payload. It is on its way to the disk when this returns: a killed process does not lose it."""
        frame = journals.frame(payload)
        if self._fd < 0:
            self._open()
        if self._held:
            self._hold(frame)
            return
        try:
            if os.write(self._fd, frame) == len(frame):
                self._written += 1
                return
        except OSError as error:
            self._warn(error)
        self._hold(frame)  # refused or cut short; a torn frame is skipped by the reader

    def event(self, kind: str, **fields: Any) -> None:
        """Write one event, stamped with the time."""
        self.append(journals.event_payload({"e": kind, "at": clock.now_ms(), **fields}))

    def define(self, keys: tuple[str, ...], section: str = "metric") -> Shape:
        """The shape of a log call with these keys; its definition is in the journal before its first use."""
        with self._lock:
            known = self.shapes.get(keys)
            if known is None:
                number = len(self.shapes)
                self.append(journals.shape_payload(number, keys, section))
                known = self.shapes[keys] = (number, journals.points_struct(len(keys)).pack)
            return known

    def sync(self) -> None:
        """Push what was written to the disk itself, and try again what the disk refused."""
        if self._held:
            self._flush_held()
        if self._written != self._synced:
            self._synced = self._written
            with contextlib.suppress(OSError):  # the next sync covers the same bytes again
                os.fsync(self._fd)
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
        """Mark the journal as ended, sync and close it."""
        if self._fd < 0:
            return
        self.sync()
        self.event("close")
        self.sync()
        if self._held:
            self.say(f"{len(self._held)} records could not be written to {self.folder}: the disk refuses them")
        self._release()

    def _open(self) -> None:
        """Start a journal of this process: at first, after a fork, after a disk that could not be opened."""
        with self._lock:
            if self._fd >= 0:
                return
            name = journals.file_name(self.run_id, clock.now_ms(), os.getpid())
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                fd = os.open(self.folder / name, flags, 0o600)
                opening = journals.event_payload({"e": "open", "at": clock.now_ms(), "process": to_json(current())})
                os.write(fd, journals.MAGIC + journals.frame(opening))
            except OSError as error:
                self._warn(error)
                return
            self._fd = fd

    def _release(self) -> None:
        fd, self._fd = self._fd, -1
        self.fast.clear()
        self.shapes.clear()  # the next journal must define its own
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)

    def _hold(self, frame: bytes) -> None:
        with self._lock:
            if self._held_bytes + len(frame) > BUFFER_BYTES:
                self.dropped += max(_points_in(frame), 1)
                return
            self._held.append(frame)
            self._held_bytes += len(frame)
            if len(self._held) % 256 == 0:
                self._flush_held()

    def _flush_held(self) -> None:
        with self._lock:
            if self._fd < 0:
                self._open()
            while self._held:
                frame = self._held[0]
                try:
                    written = os.write(self._fd, frame)
                except OSError:
                    return
                if written != len(frame):
                    return
                self._held.popleft()
                self._held_bytes -= len(frame)
                self._written += 1
            if self._warned:
                self._warned = False
                self.say("the disk takes records again; nothing that was held back is lost")

    def _warn(self, error: OSError) -> None:
        if not self._warned:
            self._warned = True
            self.say(f"records cannot be written ({error.strerror}); they wait in memory, training goes on")

    def say(self, text: str) -> None:
        """One line on stderr."""
        with contextlib.suppress(Exception):  # stderr may be closed; training must not notice
            print(f"mlver-tui: {text}", file=sys.stderr, flush=True)

    def _after_fork(self) -> None:
        """A forked child writes a journal of its own, from its first record on: the two must not share shapes."""
        self._lock = threading.RLock()
        self._held.clear()
        self._held_bytes = 0
        self.dropped = self._reported_drops = 0
        self._release()


def _points_in(frame: bytes) -> int:
    payload = frame[journals.HEAD.size :]
    return (len(payload) - journals.points_struct(0).size) // 8 if payload[0] == journals.POINTS else 0


def _reset_writers() -> None:
    for writer in list(_writers):
        writer._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_writers)
