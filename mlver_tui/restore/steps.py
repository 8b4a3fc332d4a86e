"""The words for uv and for pip: how each makes an environment and installs a lockfile. Pure; it starts nothing.

A step has attempts that are tried in order: first from what the machine has, then over the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .installer import Installer

_UV_ALWAYS = ("--no-progress", "--color", "never", "--no-python-downloads")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to run; done when one of the attempts ends with status 0."""

    label: str
    attempts: tuple[tuple[str, ...], ...]


def python_in(venv: Path) -> Path:
    """The interpreter of a virtual environment."""
    return venv / "bin" / "python"


def make_venv(installer: Installer, python: str, venv: Path) -> Step:
    """An empty environment, without pip: what belongs in it stands in the record."""
    if installer.name == "uv":
        words = ("venv", "--python", python, "--no-project", "--prompt", "restored")
        return Step("making the environment", ((*installer.command, *words, *_UV_ALWAYS, "--", str(venv)),))
    own = ("-I", "-m", "venv", "--without-pip", "--prompt", "restored", "--", str(venv))
    return Step("making the environment", ((python, *own),))


def install_lock(installer: Installer, venv: Path, lock: Path, *, hashed: bool) -> Step:
    """Make the packages of `venv` exactly those of the lockfile."""
    if installer.name == "pip":
        words = ("install", "--no-deps", "--no-input", "--progress-bar", "off", *(["--require-hashes"] * hashed))
        return Step("installing", ((*_pip(installer, venv), *words, "-r", str(lock)),))
    words = ("pip", "sync", "--python", str(python_in(venv)), *_UV_ALWAYS, "--allow-empty-requirements")
    command = (*installer.command, *words)
    return Step("installing", ((*command, "--offline", "--", str(lock)), (*command, "--", str(lock))))


def reinstall_lock(installer: Installer, venv: Path, lock: Path) -> Step:
    """Install the lockfile again from fresh files: for when uv's cache holds a file that somebody has edited."""
    words = (
        "pip",
        "sync",
        "--python",
        str(python_in(venv)),
        *_UV_ALWAYS,
        "--reinstall",
        "--refresh",
        "--link-mode=copy",
    )
    return Step("installing again with fresh files", ((*installer.command, *words, "--", str(lock)),))


def install_folder(installer: Installer, venv: Path, folder: str, *, editable: bool) -> Step:
    """Install a project folder as it is now, without dependencies."""
    target: Sequence[str] = ("--editable", folder) if editable else ("--", folder)
    label = f"installing {folder} as it is now"
    if installer.name == "pip":
        words = ("install", "--no-deps", "--no-input", "--progress-bar", "off", *target)
        return Step(label, ((*_pip(installer, venv), *words),))
    command = (*installer.command, "pip", "install", "--python", str(python_in(venv)), "--no-deps", *_UV_ALWAYS)
    return Step(label, ((*command, "--offline", *target), (*command, *target)))


def look_up(
    installer: Installer, pins: Path, lock: Path, python: str, version: str, *, offline: bool
) -> tuple[str, ...]:
    """Words that make uv write the files and hashes of exact pins to `lock`. `python`: path, "" for any."""
    words = ("pip", "compile", "--no-deps", "--no-header", "--format", "pylock.toml", "--output-file", str(lock))
    return (*_compile(installer, words, python, version, offline=offline), "--", str(pins))


def look_up_indexes(installer: Installer, pins: Path, python: str, version: str) -> tuple[str, ...]:
    """Words that make uv print which index each pin comes from; the answers are in its cache by then."""
    words = ("pip", "compile", "--no-deps", "--no-header", "--no-annotate", "--emit-index-annotation")
    return (*_compile(installer, words, python, version, offline=True), "--", str(pins))


def _compile(
    installer: Installer, words: Sequence[str], python: str, version: str, *, offline: bool
) -> tuple[str, ...]:
    asked = (*(["--python", python] if python else []), "--python-version", version, *(["--offline"] * offline))
    return (*installer.command, *words, *asked, *_UV_ALWAYS)


def _pip(installer: Installer, venv: Path) -> tuple[str, ...]:
    return (*installer.command, "--python", str(python_in(venv)))
