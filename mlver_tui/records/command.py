"""How a process was started, and what tells it from every other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .basis import build


@dataclass(frozen=True, slots=True)
class Command:
    """How the process was started, scrubbed of secrets."""

    argv: tuple[str, ...]
    cwd: str
    executable: str = ""


@dataclass(frozen=True, slots=True)
class Process:
    """What identifies a process beyond its pid, so that a reused pid or another box is not taken for it."""

    host: str
    pid: int
    started: str
    """Start time in clock ticks since boot (Linux) or unix seconds; "" if unknown."""
    boot: str
    """Boot id; "" if unknown."""
    namespace: str = ""
    """Pid namespace, so that a container's pid is not looked for outside it."""


def command_from_json(data: dict[str, Any]) -> Command:
    """Inverse of `to_json` for Command."""
    return build(Command, {**data, "argv": tuple(data.get("argv", ()))})


def process_from_json(data: dict[str, Any]) -> Process:
    """Inverse of `to_json` for Process."""
    return build(Process, data)
