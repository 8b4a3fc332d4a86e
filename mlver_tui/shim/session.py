"""The current run of a process and the module-level verbs that act on it."""

from __future__ import annotations

import atexit
import builtins
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from .. import clock
from ..errors import HomeError, MlverError
from ..home import HOME_VARIABLE, MODE_VARIABLE, RUN_VARIABLE, Home, find_home
from ..process import current
from ..records import to_json
from .run import Config, Run, Summary, describe_exit
from .system import Ticker
from .writer import JournalWriter

RANK_VARIABLES = ("RANK", "LOCAL_RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK")

_open_runs: list[Run] = []
_last: list[Run] = []


def init(
    project: str | None = None,
    *,
    name: str | None = None,
    config: Any = None,
    group: str | None = None,
    tags: Iterable[str] = (),
    notes: str = "",
    job_type: str | None = None,
    resume: str | None = None,
    parent: str | None = None,
    home: str | os.PathLike[str] | None = None,
    mode: Literal["on", "off"] | None = None,
    capture: bool = True,
) -> Run:
    """Start a run, or go on with one (`resume`: a run reference, or "auto" for the one in $MLVER_RUN).

    `config`: a mapping, dataclass, argparse.Namespace, pydantic or OmegaConf object, nested or not. `mode` is "on"
    unless $MLVER_MODE says "off" or this process has a rank above 0. Raises TypeError or ValueError for wrong
    arguments, MlverError if the run to resume is not there; never because of storage, git, packages or hardware.
    """
    _check_texts(project=project, name=name, group=group, notes=notes, job_type=job_type, resume=resume, parent=parent)
    labels = _check_tags(tags)
    place = find_home(home)
    is_on = _mode(mode) == "on"
    before = _resumed(resume, place) if resume is not None and is_on else None
    _finish_notebook_run()
    run_id = before.id if before else clock.new_id()
    run = Run(
        run_id,
        name or (before.name if before else clock.name_for(run_id)),
        project or (before.project if before else Path.cwd().name or "default"),
        place,
        _writer(place, run_id) if is_on else None,
        None,
    )
    if before:
        run._next = max((m.last_step for m in before.metrics.values()), default=-1) + 1
        run._event("resume", process=to_json(current()))
    else:
        _announce(run, group, job_type, notes, parent or os.environ.get(RUN_VARIABLE) or None)
    _first_records(run, config, labels, capture)
    _open_runs.append(run)
    _last[:] = [run]
    return run


def log(metrics: Mapping[str, Any], step: int | None = None, *, time: float | None = None) -> None:
    """`Run.log` on the current run."""
    _current().log(metrics, step, time=time)


def finish(status: Literal["finished", "failed"] = "finished") -> None:
    """`Run.finish` on the current run."""
    _current().finish(status)


def current_run() -> Run | None:
    """The run of the last `init`, or None."""
    return _last[0] if _last else None


def current_config() -> Config:
    """`config` of the current run."""
    return _current().config


def current_summary() -> Summary:
    """`summary` of the current run."""
    return _current().summary


def _current() -> Run:
    if not _last:
        raise MlverError("there is no run yet", "call mlver.init() first")
    return _last[0]


def _announce(run: Run, group: str | None, job_type: str | None, notes: str, parent: str | None) -> None:
    run._notes = notes
    run._event(
        "start",
        name=run.name,
        project=run.project,
        group=group,
        job_type=job_type,
        notes=notes,
        parent=parent,
        process=to_json(current()),
    )


def _first_records(run: Run, config: Any, tags: list[str], capture: bool) -> None:
    if run._writer is not None:
        _record_command(run._writer, capture)
        run._ticker = Ticker(run._writer, os.getcwd() if capture else None, run.home)
    if config is not None:
        run.config.update(config)
    run.tags.add(*tags)


def _record_command(writer: JournalWriter, capture: bool) -> None:
    from ..records import Missing

    if not capture:
        off = [Missing(part, "capture was switched off") for part in ("command", "code", "environment", "hardware")]
        writer.event("snapshot", missing=[to_json(missing) for missing in off])
        return
    try:
        from ..capture.variables import read_command

        writer.event("snapshot", command=to_json(read_command()))
    except Exception as error:  # the snapshot must never reach the training loop
        missing = Missing("command", f"{type(error).__name__}: {error}")
        writer.event("snapshot", missing=[to_json(missing)])


def _writer(home: Home, run_id: str) -> JournalWriter:
    try:
        home.create()
    except HomeError as error:
        print(f"mlver-tui: {error.message}; training goes on, nothing is recorded until it can be", file=sys.stderr)
    return JournalWriter(home.journals, run_id)


def _resumed(resume: str, home: Home) -> Any:
    """The run to go on with; None when "auto" finds no $MLVER_RUN."""
    if resume == "auto":
        resume = os.environ.get(RUN_VARIABLE, "")
        if not resume:
            return None
    from ..api import open as open_store

    with open_store(home.root) as store:
        return store.run(resume)


def _mode(mode: str | None) -> str:
    if mode is None:
        mode = os.environ.get(MODE_VARIABLE) or ("off" if _rank() else "on")
    if mode not in ("on", "off"):
        raise ValueError(f'mode must be "on" or "off", not {mode!r}')
    return mode


def _rank() -> int:
    for variable in RANK_VARIABLES:
        text = os.environ.get(variable, "")
        if text.isdecimal() and int(text) > 0:
            return int(text)
    return 0


def _check_texts(**arguments: Any) -> None:
    for name, value in arguments.items():
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name} must be text, not {type(value).__name__}")


def _check_tags(tags: Iterable[str]) -> list[str]:
    if isinstance(tags, str):
        raise TypeError("tags must be a list of texts, not one text")
    labels = list(tags)
    _check_texts(**{f"tag {number}": label for number, label in enumerate(labels)})
    return labels


def _finish_notebook_run() -> None:
    """A cell run again means: the run before is over."""
    if hasattr(builtins, "__IPYTHON__") and _last and _last[0].status == "running":
        _last[0].finish()


def _finish_all() -> None:
    status, failure = describe_exit()
    while _open_runs:
        _open_runs.pop()._end(status, failure)


atexit.register(_finish_all)

__all__ = ["HOME_VARIABLE", "current_config", "current_run", "current_summary", "finish", "init", "log"]
