"""Keys answered while Textual is being loaded: the cursor walks over the first page.

A thread reads what is typed and keeps every byte: the app gets them all again, so that it ends where the eye is. At the
first key it does not know it stops, and that key and all that follow wait for the app.
"""

from __future__ import annotations

import os
import re
import select
from threading import Thread

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Callable

_STEP = re.compile(rb"(?P<down>j|\x1b[\[O]B)|(?P<up>k|\x1b[\[O]A)")
_UNFINISHED = re.compile(rb"\x1b[\[O]?[0-9;]*\Z|[\xc0-\xff][\x80-\xbf]*\Z")
_REST_S = 0.02
"""So long the rest of one key may take to come."""


class FirstKeys:
    """`move(by)` shows the cursor one row further down (1) or up (-1); False where that is left to the app."""

    def __init__(self, move: Callable[[int], bool], fd: int = 0) -> None:
        self._move = move
        self._fd = fd
        self._seen = b""
        self._wake, self._woken = os.pipe()
        self._thread = Thread(target=self._run, name="first-keys", daemon=True)
        self._thread.start()

    def stop(self) -> bytes:
        """Read no more. All that was read, for the app to do again."""
        if self._thread.is_alive():
            os.write(self._woken, b"x")
            self._thread.join()
        for fd in (self._wake, self._woken):
            os.close(fd)
        self._wake = self._woken = -1
        seen, self._seen = self._seen, b""
        return seen

    def _run(self) -> None:
        done, known = 0, True
        while known and self._fd in select.select([self._fd, self._wake], [], [])[0]:
            self._seen += os.read(self._fd, 1024) or b"\x04"
            while known and (step := _STEP.match(self._seen, done)):
                done = step.end()
                known = self._move(1 if step["down"] else -1)
            known = known and done == len(self._seen)
        while _UNFINISHED.search(self._seen) and select.select([self._fd], [], [], _REST_S)[0]:
            self._seen += os.read(self._fd, 1)
