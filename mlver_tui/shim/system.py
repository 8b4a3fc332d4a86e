"""The one thread of a run: it syncs the journal about once a second, beats, and takes the slow snapshot parts."""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING

from ..home import Home
from ..records import Missing, to_json
from .background import start_folding

if TYPE_CHECKING:
    from .writer import JournalWriter

SYNC_EVERY_S = 1.0
BEAT_EVERY = 10
"""Ticks between heartbeats."""
FOLD_EVERY_BYTES = 64 * 1024 * 1024
"""A journal that grew by so much is folded while the run goes on."""
FORK_WAIT_S = 2.0

_tickers: weakref.WeakSet[Ticker] = weakref.WeakSet()


class Ticker:
    """Runs beside the training loop until `stop`; a daemon, so that it never keeps a process alive.

    While the process forks there is no such thread: a child that is forked while another thread is inside an import or
    a lock waits for it for ever. A child gets a thread of its own when it logs.
    """

    def __init__(self, writer: JournalWriter, folder: str | None, home: Home) -> None:
        self._writer = writer
        self._home = home
        self._ticks = self._folded = 0
        self._is_over = False
        self._begin(folder)
        writer.in_fork = self._begin
        _tickers.add(self)

    def stop(self, wait_s: float) -> None:
        """End the thread; wait at most `wait_s` seconds for the snapshot to be written."""
        self._is_over = True
        self._end(wait_s)

    def pause(self) -> None:
        """End the thread for the time of a fork."""
        if not self._is_over:
            self._end(FORK_WAIT_S)

    def go_on(self) -> None:
        """Go on after a fork."""
        if not self._is_over and os.getpid() == self._pid and self._stop.is_set():
            self._begin()

    def _begin(self, folder: str | None = None) -> None:
        self._pid = os.getpid()
        self._stop = threading.Event()
        self._captured = threading.Event()
        self._thread: threading.Thread | None = threading.Thread(
            target=self._run, args=(folder, self._stop, self._captured), name="mlver-tui", daemon=True
        )
        try:
            self._thread.start()
        except RuntimeError as error:  # at a limit of threads, or while the interpreter ends: synced at finish only
            self._thread = None
            if folder is not None:
                _record_missing(self._writer, str(error))

    def _end(self, wait_s: float) -> None:
        if os.getpid() != self._pid or self._thread is None:
            return  # a forked child that has not logged
        self._captured.wait(wait_s)
        self._stop.set()
        self._thread.join(wait_s)

    def _run(self, folder: str | None, stop: threading.Event, captured: threading.Event) -> None:
        try:
            if folder is not None:
                capture(self._writer, folder)
        finally:
            captured.set()
        while not stop.wait(SYNC_EVERY_S):
            self._tick()

    def _tick(self) -> None:
        """One look after the journal."""
        self._ticks += 1
        try:
            if self._ticks % BEAT_EVERY == 0 and self._writer.size():
                self._writer.event("heartbeat")
            self._writer.sync()
            size = self._writer.size()
            if size - self._folded > FOLD_EVERY_BYTES:
                self._folded = size
                start_folding(self._home)
        except Exception as error:  # short of memory, say: the next tick tries again
            self._writer.complain(f"{type(error).__name__}: {error}")


def capture(writer: JournalWriter, folder: str) -> None:
    """Record code, environment and hardware. A part that fails is recorded as missing, with the reason."""
    try:
        from ..capture.take import take_snapshot

        snapshot = take_snapshot(folder)
        parts = {name: getattr(snapshot, name) for name in ("code", "environment", "hardware")}
        writer.event(
            "snapshot",
            missing=[to_json(missing) for missing in snapshot.missing],
            **{name: to_json(part) for name, part in parts.items() if part is not None},
        )
    except Exception as error:  # the snapshot must never reach the training loop
        _record_missing(writer, f"{type(error).__name__}: {error}")


def _record_missing(writer: JournalWriter, reason: str) -> None:
    parts = ("code", "environment", "hardware")
    writer.event("snapshot", missing=[to_json(Missing(part, reason)) for part in parts])


def _before_fork() -> None:
    for ticker in list(_tickers):
        ticker.pause()


def _after_fork() -> None:
    for ticker in list(_tickers):
        ticker.go_on()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork)
