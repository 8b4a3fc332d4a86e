"""The one thread of a run: it syncs the journal about once a second, beats, and takes the slow snapshot parts."""

from __future__ import annotations

import os
import threading
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


class Ticker:
    """Runs beside the training loop until `stop`; a daemon, so that it never keeps a process alive."""

    def __init__(self, writer: JournalWriter, folder: str | None, home: Home) -> None:
        self._writer = writer
        self._home = home
        self._folder = folder
        self._stop = threading.Event()
        self._captured = threading.Event()
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name="mlver-tui", daemon=True)
        self._thread.start()

    def stop(self, wait_s: float) -> None:
        """End the thread; wait at most `wait_s` seconds for the snapshot to be written."""
        if os.getpid() != self._pid:
            return  # a forked child has no such thread
        self._captured.wait(wait_s)
        self._stop.set()
        self._thread.join(wait_s)

    def _run(self) -> None:
        try:
            if self._folder is not None:
                capture(self._writer, self._folder)
        finally:
            self._captured.set()
        ticks = folded = 0
        while not self._stop.wait(SYNC_EVERY_S):
            ticks += 1
            if ticks % BEAT_EVERY == 0:
                self._writer.event("heartbeat")
            self._writer.sync()
            if self._writer.size() - folded > FOLD_EVERY_BYTES:
                folded = self._writer.size()
                start_folding(self._home)


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
        reason = f"{type(error).__name__}: {error}"
        parts_lost = ("code", "environment", "hardware")
        writer.event("snapshot", missing=[to_json(Missing(part, reason)) for part in parts_lost])
