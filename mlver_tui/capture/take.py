"""One snapshot: every collector asked once, what fails noted. It knows the collectors, and nobody who stores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..records import Code, Environment, Hardware, Missing
from .code import read_code
from .environment import read_environment
from .hardware import read_hardware

_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was found; None for a part that stands in `missing` with its reason."""

    code: Code | None
    environment: Environment | None
    hardware: Hardware | None
    missing: tuple[Missing, ...] = ()


def take_snapshot(folder: str, python: str | None = None) -> Snapshot:
    """Look at the code around `folder`, the packages of `python` (None: of this interpreter), and the box.

    Never raises; takes milliseconds, or at most a few time-outs of seconds on a box that hangs.
    """
    missing: list[Missing] = []
    return Snapshot(
        code=_taken("code", lambda: read_code(folder), missing),
        environment=_taken("environment", lambda: read_environment(python), missing),
        hardware=_taken("hardware", read_hardware, missing),
        missing=tuple(missing),
    )


def _taken(part: str, collect: Callable[[], _Record | Missing], missing: list[Missing]) -> _Record | None:
    try:
        found = collect()
    except Exception as error:  # a collector's mistake costs its part, not the run
        found = Missing(part, f"{type(error).__name__}: {error}")
    if isinstance(found, Missing):
        missing.append(found)
        return None
    return found
