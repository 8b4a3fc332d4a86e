"""The cursor before the app: every byte read is given on, and nothing is answered after the first unknown key."""

from __future__ import annotations

import os
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from mlver_tui.tui.first_keys import FirstKeys

DOWN, UP = (b"j", b"\x1b[B", b"\x1bOB"), (b"k", b"\x1b[A", b"\x1bOA")
OTHER = (b"g", b"/", b"\x1b[5~", b"\x1b", "é".encode(), b"\r", b"J")
HEIGHT = 4


class Page:
    def __init__(self) -> None:
        self.cursor, self.left = 0, False

    def move(self, by: int) -> bool:
        assert not self.left, "a key was answered after one that is left to the app"
        self.left = not 0 <= self.cursor + by < HEIGHT
        self.cursor += 0 if self.left else by
        return not self.left


def expected(keys: list[bytes]) -> int:
    """Where the cursor stands: up to the first key of the app, or the edge of the page."""
    at = 0
    for key in keys:
        to = at + (1 if key in DOWN else -1 if key in UP else HEIGHT)
        if not 0 <= to < HEIGHT:
            break
        at = to
    return at


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(DOWN + UP + OTHER), max_size=12), st.booleans())
def test_what_was_read_is_given_on(keys: list[bytes], at_once: bool) -> None:
    read, write = os.pipe()
    page = Page()
    first = FirstKeys(page.move, read)
    for part in [b"".join(keys)] if at_once else keys:
        os.write(write, part)
    at = expected(keys)
    deadline = time.monotonic() + 5
    while page.cursor != at and time.monotonic() < deadline:
        time.sleep(0.001)
    seen = first.stop()
    os.set_blocking(read, False)
    try:
        waiting = os.read(read, 100)
    except BlockingIOError:
        waiting = b""
    os.close(read)
    os.close(write)
    assert seen + waiting == b"".join(keys)
    assert page.cursor == at
