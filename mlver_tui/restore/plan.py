"""What a restore will do, before it does anything. Pure but for looking at which tools and folders are there; it
changes nothing and needs no network.
"""

from __future__ import annotations

import os
import shlex
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from ..errors import RefusedError
from ..home import Home
from ..query.runs import read_run
from ..query.snapshots import environment_of
from ..query.views import RestorePart, RestorePlan, RunView, VerdictWord
from ..records import Environment
from .grammar import is_commit
from .installer import Installer, find_pip, find_uv
from .interpreters import Choice, choose_python
from .lockfile import PYLOCK, REQUIREMENTS
from .sources import Exists, Sources, sort_sources
from .target import check_target
from .verify import worst

_UV_WAY = "install uv (pip install uv), or any pip from 22.3 on"


@dataclass(frozen=True, slots=True)
class EnvironmentPlan:
    """The environment's share of a plan."""

    part: RestorePart
    lock_name: str
    lock_reason: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tools:
    """What this machine has to rebuild with."""

    installer: Installer | None
    choice: Choice


def make_plan(connection: sqlite3.Connection, home: Home, run_id: str, target: Path) -> RestorePlan:
    """Plan to restore a run into the new folder `target`.

    Raises NotFoundError for no such run, RefusedError for a folder that is in use or a run without an environment.
    """
    run = read_run(connection, run_id)
    folder = check_target(target, home)
    environment = recorded_environment(connection, run)
    tools = find_tools(environment)
    planned = plan_environment(environment, tools)
    return RestorePlan(
        run_id=run.id,
        run_name=run.name,
        target=str(folder),
        python=str(tools.choice),
        installer=str(tools.installer or ""),
        lock_name=planned.lock_name,
        lock_reason=planned.lock_reason,
        parts=(planned.part, _code_part(run, folder), _data_part(), *_command_part(run)),
        packages=len(environment.packages),
        problems=planned.problems,
    )


def recorded_environment(connection: sqlite3.Connection, run: RunView) -> Environment:
    """The environment that a run recorded. Raises RefusedError, with the recorded reason, if there is none."""
    environment = environment_of(connection, run.environment_id)
    if environment is None:
        reasons = [missing.reason for missing in run.missing if missing.part == "environment"]
        why = f": {reasons[0]}" if reasons else ""
        raise RefusedError(f"the environment of {run.name} was not recorded{why}", "restore another run of the project")
    return environment


def find_tools(environment: Environment) -> Tools:
    """Look for uv or pip, and for a Python of the recorded minor version."""
    uv = find_uv()
    choice = choose_python(environment.interpreter, uv.command[0] if uv else None)
    return Tools(uv or find_pip(choice.python.executable if choice.python else None), choice)


def plan_environment(environment: Environment, tools: Tools, exists: Exists = os.path.exists) -> EnvironmentPlan:
    """What will become of a recorded environment with these tools."""
    sources = sort_sources(environment, exists)
    name, reason = _lock_to_expect(sources, tools.installer)
    problems = [*_tool_problems(environment, tools), *(str(left) for left in sources.left_out if not left.folder)]
    part = RestorePart(
        part="environment",
        source=_source(sources, tools.installer),
        bytes=None,
        expected=_expected(environment, sources, tools),
        detail=_detail(environment, sources),
    )
    return EnvironmentPlan(part, name, reason, (*problems, *environment.problems))


def _lock_to_expect(sources: Sources, installer: Installer | None) -> tuple[str, str]:
    bare = [p for p in sources.listed if p.origin.kind == "archive" and not p.origin.sha256]
    if bare:
        return (
            REQUIREMENTS,
            f"no hash is known for {bare[0].name} {bare[0].version}, which came from {bare[0].origin.url}",
        )
    if not sources.index:
        return PYLOCK, "no package needs a hash from an index"
    if installer is None or installer.name != "uv":
        return REQUIREMENTS, "hashes are looked up with uv, and there is none here"
    return PYLOCK, "uv looks up the hashes; if one cannot be had, it will be requirements.txt"


def _source(sources: Sources, installer: Installer | None) -> str:
    folders = sum(1 for left in sources.left_out if left.folder)
    said = f"{installer}'s cache, then the package index" if installer else "no installer here"
    return f"{said}; {folders} from folders as they are now" if folders else said


def _detail(environment: Environment, sources: Sources) -> str:
    said = f"Python {environment.interpreter.version} and {len(environment.packages)} packages, into .venv"
    folders = [f"{left.package.name} from {left.folder}" for left in sources.left_out if left.folder]
    return f"{said}; as it is now: {', '.join(folders)}" if folders else said


def _expected(environment: Environment, sources: Sources, tools: Tools) -> VerdictWord:
    if tools.choice.python is None or tools.installer is None:
        return "missing"
    words: list[VerdictWord] = ["exact" if tools.choice.exact else "degraded"]
    words += ["unknown" if left.folder else "missing" for left in sources.left_out]
    words += ["unknown" for package in environment.packages if not package.record_sha256]
    return worst(words)


def _tool_problems(environment: Environment, tools: Tools) -> list[str]:
    wanted, choice = environment.interpreter.version, tools.choice
    said = []
    if choice.python is None:
        said.append(refusal(choice))
    elif not choice.exact:
        said.append(f"Python {wanted} is not here; {choice} will be used instead, so the result is degraded")
    if tools.installer is None:
        said.append(f"neither uv nor a pip that can install into another environment is here; {_UV_WAY}")
    return said


def refusal(choice: Choice) -> str:
    """Why no interpreter here will do, with what was found."""
    found = f"; found {', '.join(choice.found)}" if choice.found else ""
    return f"{choice.refusal}{found}"


def _code_part(run: RunView, target: Path) -> RestorePart:
    code = run.code
    if code is None or not code.commit or not is_commit(code.commit):
        return RestorePart("code", "not stored", None, "unknown", "no commit was recorded")
    way = f"git -C {shlex.quote(code.root)} worktree add {shlex.quote(str(target / 'code'))} {code.commit}"
    if code.dirty is None:
        way += "  (whether the files had changes was not recorded)"
    elif code.dirty:
        way += "  (the files had changes that are not stored)"
    return RestorePart("code", f"not stored; commit {code.commit[:12]}", None, "missing", way)


def _data_part() -> RestorePart:
    return RestorePart("data", "not stored", None, "unknown", "the files that the run read are not recorded")


def _command_part(run: RunView) -> list[RestorePart]:
    if run.command is None or not run.command.argv:
        return []
    words = " ".join(shlex.quote(word) for word in run.command.argv)
    return [
        RestorePart("command", "recorded", None, "unknown", f"{words}  (in {run.command.cwd or 'an unknown folder'})")
    ]
