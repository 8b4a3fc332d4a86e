"""What a look at a home says: one remark per thing, with the way out. Knows no question."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..errors import StoreError
from .integrity import DAMAGE

Word = Literal["ok", "warn", "bad"]
REBUILD = "mlver-tui doctor --rebuild makes it anew from the journals and all rows that can be read"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was looked at."""

    word: Word
    subject: str
    detail: str
    hint: str = ""
    """What to do; "" when there is nothing to do."""


@contextlib.contextmanager
def asked(found: list[Remark], subject: str) -> Iterator[None]:
    """A question that fails is a remark, too."""
    try:
        yield
    except (*DAMAGE, OSError, StoreError) as error:
        found.append(Remark("bad", subject, f"cannot be read: {error or type(error).__name__}", REBUILD))
