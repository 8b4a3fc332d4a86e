"""A run that stands for another program: announced before it starts, ended by how it ended. Knows the journal, not the
database, so that a locked or broken store never keeps a command from running."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import clock
from ..capture.code import read_code
from ..capture.environment import read_environment
from ..capture.hardware import read_hardware
from ..capture.programs import find_program
from ..capture.variables import scrub_argv
from ..home import HOME_VARIABLE, RUN_VARIABLE, Home
from ..process import current
from ..records import Command, Missing, to_json
from ..shim.background import start_folding
from ..shim.system import Ticker
from ..shim.writer import JournalWriter
from .child import CONSOLE, run_child

NOT_FOUND, NOT_RUNNABLE = 127, 126
"""What a shell ends with when a program is not there, or is there but cannot be run."""
_ENDED_BY_PERSON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded command."""

    run_id: str
    name: str
    exit_code: int
    """As a shell shows it: 128 + n for signal n."""
    failure: str | None


def record(home: Home, argv: Sequence[str], name: str | None, project: str | None) -> Recorded:
    """Run a command as a run of `home`. Never raises for what the command does or does not do."""
    run_id = clock.new_id()
    name = name or clock.name_for(run_id)
    writer = JournalWriter(home.journals, run_id)
    _announce(writer, name, project or Path.cwd().name or "default")
    _take_snapshot(writer, argv)
    ticker = Ticker(writer, None, home)
    try:
        status, exit_code, failure = _run(argv, home, run_id)
    finally:
        ticker.stop(1.0)
    writer.event("finish", status=status, failure=failure, exit_code=exit_code)
    writer.close()
    start_folding(home)
    return Recorded(run_id, name, exit_code, failure)


def _announce(writer: JournalWriter, name: str, project: str) -> None:
    parent = os.environ.get(RUN_VARIABLE) or None
    writer.event("start", name=name, project=project, parent=parent, job_type="command", process=to_json(current()))


def _run(argv: Sequence[str], home: Home, run_id: str) -> tuple[str, int, str | None]:
    """(status, exit code, reason) of the command."""
    variables = {**os.environ, HOME_VARIABLE: str(home.root), RUN_VARIABLE: run_id}
    try:
        returncode = run_child(argv, variables, home.runs / run_id / CONSOLE)
    except FileNotFoundError:
        return "failed", NOT_FOUND, f"there is no program {argv[0]}"
    except OSError as error:
        return "failed", NOT_RUNNABLE, f"{argv[0]} cannot be run: {error.strerror or error}"
    except ValueError as error:  # a NUL in a word
        return "failed", NOT_RUNNABLE, f"{argv[0]!r} cannot be run: {error}"
    if returncode >= 0:
        return ("failed", returncode, f"exit status {returncode}") if returncode else ("finished", 0, None)
    status = "killed" if -returncode in _ENDED_BY_PERSON else "failed"
    return status, 128 - returncode, f"ended by {_signal_name(-returncode)}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _take_snapshot(writer: JournalWriter, argv: Sequence[str]) -> None:
    """Record what is about to run, before it can change any of it."""
    command = Command(tuple(scrub_argv(argv)), os.getcwd(), find_program(argv[0]) or "")
    python = python_of(argv[0], os.environ)
    found = {
        "code": read_code(os.getcwd()),
        "hardware": read_hardware(),
        "environment": _no_python(argv[0]) if python is None else read_environment(python),
    }
    missing = [to_json(part) for part in found.values() if isinstance(part, Missing)]
    parts = {name: to_json(part) for name, part in found.items() if not isinstance(part, Missing)}
    writer.event("snapshot", command=to_json(command), missing=missing, **parts)


def _no_python(program: str) -> Missing:
    return Missing("environment", f"{program} is not a Python program; runs that it starts record their own")


def python_of(program: str, variables: Mapping[str, str]) -> str | None:
    """Path of the interpreter that runs `program`: itself, or the one that its first line names. None if neither."""
    path = program if os.sep in program else find_program(program)
    if path is None:
        return None
    if os.path.basename(path).startswith(("python", "pypy")):
        return os.path.abspath(path)  # not resolved: a link in a venv is what makes it that venv
    words = _first_line(path).split()
    if words and os.path.basename(words[0]) == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    if not words or not os.path.basename(words[0]).startswith(("python", "pypy")):
        return None
    return words[0] if os.path.isabs(words[0]) else find_program(words[0])


def _first_line(path: str) -> str:
    try:
        with open(path, "rb") as file:
            line = file.readline(512)
    except OSError:
        return ""
    return os.fsdecode(line[2:]).strip() if line.startswith(b"#!") else ""
