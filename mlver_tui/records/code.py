"""Which source was on disk when a run started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .basis import build


@dataclass(frozen=True, slots=True)
class Code:
    """Which source was on disk. `None` means unknown, never "clean"."""

    root: str = ""
    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    remote: str | None = None
    tree: str | None = None
    left_out: tuple[str, ...] = ()


def code_from_json(data: dict[str, Any]) -> Code:
    """Inverse of `to_json` for Code."""
    return build(Code, {**data, "left_out": tuple(data.get("left_out", ()))})
