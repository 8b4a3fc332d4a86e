"""Rebuilding an environment in a folder that is claimed already: lockfile, virtual environment, packages, proof.

It runs the steps and gathers what was found; what that is worth is for `verify` and `verdict` to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..capture.environment import read_environment
from ..errors import RestoreError
from ..records import Environment, Interpreter, Missing
from .hashes import look_up_files
from .installer import Installer
from .lockfile import Lock, write_lock
from .runner import CancelledError, Runner
from .sources import LeftOut, Sources, sort_sources
from .steps import Step, install_folder, install_lock, make_venv, python_in, reinstall_lock
from .target import VENV
from .verify import FileCheck, check_files


@dataclass(frozen=True, slots=True)
class Locked:
    """A lockfile in the target folder, and the packages it does and does not hold."""

    lock: Lock
    sources: Sources
    path: Path


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What stands in the target folder now."""

    environment: Environment
    files: FileCheck
    left_out: tuple[LeftOut, ...]


def lock_environment(
    environment: Environment, installer: Installer | None, python: str, target: Path, runner: Runner, run_id: str = ""
) -> Locked:
    """Write the lockfile of a record into `target`. Raises RestoreError if it cannot be written."""
    sources = sort_sources(environment)
    found = look_up_files(sources.index, environment.interpreter, installer, python, runner)
    sources = sources.without(found.unavailable)
    lock = write_lock(environment, sources, found.files, run_id, found.note)
    path = target / lock.name
    try:
        path.write_text(lock.text, encoding="utf-8")
    except OSError as error:
        raise RestoreError(
            f"{path} cannot be written: {error.strerror}", "free space, or give another folder"
        ) from error
    runner.progress(f"wrote {lock.name} with {lock.packages} packages: {lock.reason}")
    return Locked(lock, sources, path)


def rebuild(locked: Locked, installer: Installer, python: Interpreter, target: Path, runner: Runner) -> Rebuilt:
    """Make `target/.venv` what the lockfile says, and look at it. Raises RestoreError with the tool's last words."""
    venv = target / VENV
    run_step(make_venv(installer, python.executable, venv), runner)
    run_step(install_lock(installer, venv, locked.path, hashed=locked.lock.hashed), runner)
    left_out = tuple(_install_left_out(left, installer, venv, runner) for left in locked.sources.left_out)
    runner.progress("checking every package and file against the record")
    files = _checked_files(venv)
    if files.damages and installer.name == "uv":
        files = _with_fresh_files(locked, left_out, installer, venv, runner)
    return Rebuilt(_read(venv, runner), files, left_out)


def run_step(step: Step, runner: Runner) -> None:
    """Try the attempts of a step in order; only the last one's lines are shown. Raises RestoreError if all fail."""
    runner.progress(step.label)
    for number, words in enumerate(step.attempts, 1):
        outcome = runner.run(words, quiet=number < len(step.attempts))
        if outcome.status == 0:
            return
    tool = Path(step.attempts[-1][0]).name
    raise RestoreError(
        f"{step.label} failed; {tool} said: {outcome.last_words or f'exit {outcome.status}'}",
        "the folder was removed; mend what it names, then restore again",
    )


def _install_left_out(left: LeftOut, installer: Installer, venv: Path, runner: Runner) -> LeftOut:
    """Install a folder that is still there as it is now; if that fails, its package is missing, with the reason."""
    if not left.folder:
        return left
    try:
        run_step(install_folder(installer, venv, left.folder, editable=left.package.origin.kind == "editable"), runner)
    except CancelledError:
        raise
    except RestoreError as error:
        return LeftOut(left.package, f"{left.why}; {error.message}", "mend the folder, then restore again")
    return left


def _with_fresh_files(
    locked: Locked, left_out: tuple[LeftOut, ...], installer: Installer, venv: Path, runner: Runner
) -> FileCheck:
    """uv links files from its cache: an edit in one environment can be in all. Once more, then, from the index."""
    try:
        run_step(reinstall_lock(installer, venv, locked.path), runner)
    except CancelledError:
        raise
    except RestoreError as error:
        runner.progress(error.message)  # the damage stays, and is told package by package
        return _checked_files(venv)
    for left in left_out:
        _install_left_out(left, installer, venv, runner)
    return _checked_files(venv)


def _checked_files(venv: Path) -> FileCheck:
    checks: list[FileCheck] = [check_files(folder) for folder in venv.glob("lib/python*/site-packages")]
    damages = tuple(damage for check in checks for damage in check.damages)
    return FileCheck(damages, _total(checks, lambda check: check.files), _total(checks, lambda check: check.hashed))


def _total(checks: list[FileCheck], count: Callable[[FileCheck], int]) -> int:
    return sum(map(count, checks))


def _read(venv: Path, runner: Runner) -> Environment:
    found = read_environment(str(python_in(venv)), isolated=True, variables=runner.variables)
    if isinstance(found, Missing):
        raise RestoreError(f"the rebuilt environment does not answer: {found.reason}")
    return found
