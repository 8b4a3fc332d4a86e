"""Which installer there is: uv where it can be found, else pip. It finds and names them; it installs nothing."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ..capture.programs import ask, find_program
from .runner import tool_variables

UV_VARIABLE = "MLVER_UV"
"""Path of the uv to use; `none` for "use pip"."""
_OLDEST_UV = (0, 7)
_OLDEST_PIP = (22, 3)  # the first that can install into another environment
_USUAL_FOLDERS = ("~/.local/bin", "~/.cargo/bin", "/usr/local/bin", "/opt/homebrew/bin")


@dataclass(frozen=True, slots=True)
class Installer:
    """One installer on this machine."""

    name: Literal["uv", "pip"]
    version: str
    command: tuple[str, ...]
    """The words that start it."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def find_uv(setting: str | None = None) -> Installer | None:
    """By setting (or `$MLVER_UV`), on PATH, from the `uv` package, in the usual folders; None if none is new enough."""
    chosen = setting if setting is not None else os.environ.get(UV_VARIABLE, "")
    if chosen.lower() == "none":
        return None
    for path in [chosen] if chosen else _uv_places():
        version = _version_of([path, "--version"], _OLDEST_UV)
        if version:
            return Installer("uv", version, (path,))
    return None


def find_pip(python: str | None = None) -> Installer | None:
    """The pip of this interpreter, else of the one at `python`."""
    for path in (sys.executable, python):
        command = (path or "", "-I", "-m", "pip")
        version = _version_of([*command, "--version"], _OLDEST_PIP) if path else ""
        if version:
            return Installer("pip", version, command)
    return None


def _uv_places() -> Iterator[str]:
    yield from filter(None, [find_program("uv")])
    yield from filter(None, [_bundled_uv()])
    for folder in _USUAL_FOLDERS:
        path = os.path.join(os.path.expanduser(folder), "uv")
        if os.access(path, os.X_OK):
            yield path


def _bundled_uv() -> str | None:
    """The uv of the `uv` package, which the extra `mlver-tui[uv]` installs."""
    try:
        path: str = importlib.import_module("uv").find_uv_bin()
    except (ImportError, OSError, AttributeError):
        return None
    return path


def _version_of(argv: list[str], oldest: tuple[int, int]) -> str:
    try:
        status, out, _ = ask(argv, None, tool_variables(os.environ), 20.0)
    except OSError:
        return ""
    match = re.search(r"(\d+)\.(\d+)(?:\.\d+)*", out) if status == 0 else None
    if not match or (int(match.group(1)), int(match.group(2))) < oldest:
        return ""
    return match.group()
