"""The use case: do what a plan says, prove it, keep the verdict. The one door through which a restore is started."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from ..clock import now_ms
from ..errors import MlverError, RefusedError
from ..home import Home
from ..query.runs import read_run
from ..query.views import RestorePlan, RestoreVerdict
from ..records import Environment, Interpreter
from ..store.connection import transaction
from ..store.snapshots import append_restore
from .environment import lock_environment, rebuild
from .installer import Installer
from .plan import Tools, find_tools, recorded_environment, refusal
from .runner import Runner
from .target import check_target, claimed
from .verdict import lock_only_verdict, verdict_of


def _silent(line: str) -> None:
    """Nobody listens."""


def _never() -> bool:
    return False


def restore(
    connection: sqlite3.Connection,
    home: Home,
    plan: RestorePlan,
    progress: Callable[[str], None] = _silent,
    cancelled: Callable[[], bool] = _never,
    lock_only: bool = False,
) -> RestoreVerdict:
    """Fill the folder of a plan: lockfile, `.venv`, proof. Seconds to minutes; own thread, own connection.

    Raises RefusedError when the machine cannot do it, RestoreError when a step fails or `cancelled` says so; the folder
    is then as it was before.
    """
    run = read_run(connection, plan.run_id)
    environment = recorded_environment(connection, run)
    target = check_target(Path(plan.target), home)
    tools = find_tools(environment)
    with claimed(target), tempfile.TemporaryDirectory(prefix="mlver-restore-") as scratch:
        runner = Runner(Path(scratch), progress, cancelled)
        if lock_only:
            return _lock_only(plan, environment, tools, runner)
        verdict = _restored(plan, environment, tools, runner)
    _keep(connection, home, verdict, progress)
    return verdict


def _lock_only(plan: RestorePlan, environment: Environment, tools: Tools, runner: Runner) -> RestoreVerdict:
    started = time.monotonic()
    python = tools.choice.python.executable if tools.choice.python else ""
    locked = lock_environment(environment, tools.installer, python, Path(plan.target), runner, plan.run_id)
    return lock_only_verdict(plan, environment, locked, time.monotonic() - started)


def _restored(plan: RestorePlan, environment: Environment, tools: Tools, runner: Runner) -> RestoreVerdict:
    started = time.monotonic()
    installer, python = _ready(tools, environment)
    target = Path(plan.target)
    locked = lock_environment(environment, installer, python.executable, target, runner, plan.run_id)
    rebuilt = rebuild(locked, installer, python, target, runner)
    return verdict_of(plan, environment, locked, rebuilt, str(installer), time.monotonic() - started)


def _ready(tools: Tools, environment: Environment) -> tuple[Installer, Interpreter]:
    if tools.choice.python is None:
        minor = ".".join(environment.interpreter.version.split(".")[:2])
        way = f"install Python {minor} (uv python install {minor}), or write only the lockfile with --lock-only"
        raise RefusedError(refusal(tools.choice), way)
    if tools.installer is None:
        raise RefusedError("there is neither uv nor a pip from 22.3 on here", "pip install uv, then restore again")
    return tools.installer, tools.choice.python


def _keep(connection: sqlite3.Connection, home: Home, verdict: RestoreVerdict, progress: Callable[[str], None]) -> None:
    """Keep the verdict with the run. A store that cannot be written now does not undo a restore that is done."""
    try:
        with transaction(connection, home):
            append_restore(connection, verdict.run_id, now_ms(), verdict.target, verdict.word, asdict(verdict))
    except (MlverError, sqlite3.Error) as error:
        progress(f"the verdict could not be kept in the store: {error}")
