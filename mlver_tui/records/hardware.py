"""The box a run ran on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .basis import build


@dataclass(frozen=True, slots=True)
class Gpu:
    """One accelerator."""

    name: str
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Hardware:
    """The box."""

    host: str
    os: str
    cpu: str = ""
    cores: int | None = None
    threads: int | None = None
    memory_bytes: int | None = None
    gpus: tuple[Gpu, ...] | None = None
    """None if it is not known; an empty tuple if there are none."""


def hardware_from_json(data: dict[str, Any]) -> Hardware:
    """Inverse of `to_json` for Hardware."""
    gpus = data.get("gpus")
    return build(Hardware, {**data, "gpus": None if gpus is None else tuple(build(Gpu, gpu) for gpu in gpus)})
