"""Finding a Python of the recorded minor version on this machine. It starts interpreters only to ask who they are,
and only those the person has: never one whose path stands in a record.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..capture.environment import read_interpreter
from ..capture.programs import ask, find_program
from ..records import Interpreter, Missing
from .runner import tool_variables

_MINORS = range(8, 17)
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.\S+)?")


@dataclass(frozen=True, slots=True)
class Choice:
    """The interpreter to rebuild with, if any."""

    python: Interpreter | None
    exact: bool
    """True if the full version is the recorded one."""
    found: tuple[str, ...]
    """All that were looked at, such as `3.12.1 (/usr/bin/python3)`."""
    refusal: str = ""
    """Why none fits, in plain words."""

    def __str__(self) -> str:
        return f"{self.python.version} ({self.python.executable})" if self.python else ""


def choose_python(wanted: Interpreter, uv: str | None = None, candidates: Iterable[str] | None = None) -> Choice:
    """The same version if it is here, else the newest patch of the same minor version; never another minor version.

    `candidates`: paths to look at (None: this interpreter, pyenv's, those on PATH, those that `uv` at that path knows).
    """
    platform_of_this = read_interpreter()
    if isinstance(platform_of_this, Interpreter) and platform_of_this.platform != wanted.platform:
        return Choice(None, False, (), f"it was recorded on {wanted.platform}, this is {platform_of_this.platform}")
    seen: list[Interpreter] = []
    for path in _candidates(wanted, uv) if candidates is None else candidates:
        found = _identify(path)
        if found is not None and _fits(found, wanted) and found.version == wanted.version:
            return Choice(found, True, (*map(_label, seen), _label(found)))
        seen += [found] if found is not None and found not in seen else []
    near = sorted((found for found in seen if _fits(found, wanted)), key=lambda found: _patch(found.version))
    labels = tuple(dict.fromkeys(map(_label, seen)))
    if near:
        return Choice(near[-1], False, labels)
    return Choice(None, False, labels, f"there is no Python {_minor(wanted.version)} ({wanted.implementation}) here")


def _fits(found: Interpreter, wanted: Interpreter) -> bool:
    return found.implementation == wanted.implementation and _minor(found.version) == _minor(wanted.version) != ""


def _minor(version: str) -> str:
    match = _VERSION.fullmatch(version)
    return f"{match.group(1)}.{match.group(2)}" if match else ""


def _patch(version: str) -> int:
    digits = re.match(r"\d+", version.split(".")[2]) if version.count(".") >= 2 else None
    return int(digits.group()) if digits else -1


def _label(found: Interpreter) -> str:
    return f"{found.version} ({found.executable})"


def _identify(path: str) -> Interpreter | None:
    found = read_interpreter(None if path == sys.executable else path, variables=tool_variables(os.environ))
    return None if isinstance(found, Missing) else found


def _candidates(wanted: Interpreter, uv: str | None) -> Iterator[str]:
    """Likeliest first; the walk ends at the first exact one."""
    minor = _minor(wanted.version)
    found: dict[str, None] = {}
    for path in (sys.executable, *_pyenv(minor), *_on_path(minor), *_by_uv(uv, wanted.version, minor)):
        if path and path not in found:
            found[path] = None
            yield path


def _pyenv(minor: str) -> list[str]:
    root = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser() / "versions"
    folders = sorted(root.glob(f"{minor}.*")) if minor else []
    return [str(python) for folder in folders if (python := folder / "bin" / "python").exists()]


def _on_path(minor: str) -> Iterator[str]:
    names = [f"python{minor}", "python3", "python", *(f"python3.{number}" for number in _MINORS)]
    yield from (path for name in dict.fromkeys(names) if minor and (path := find_program(name)))


def _by_uv(uv: str | None, version: str, minor: str) -> Iterator[str]:
    if uv is None or not minor:
        return
    for asked in dict.fromkeys((version, minor)):
        try:
            words = [uv, "python", "find", "--no-python-downloads", "--no-project", "--system", "--", asked]
            status, out, _ = ask(words, os.path.expanduser("~"), tool_variables(os.environ), 20.0)
        except OSError:
            return
        if status == 0 and out.strip():
            yield out.strip().splitlines()[-1]
