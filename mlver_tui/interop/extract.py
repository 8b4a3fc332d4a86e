"""Runs and the registry as the stable JSON of `export`, `show --json` and `runs --json`.

It knows the JSON shape and the read floor; it must not know other tools' formats, files or terminals.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from ..digest import plain
from ..query.registry import find_version, list_models, list_versions
from ..query.runs import read_run
from ..query.series import list_metrics, read_series
from ..query.snapshots import environment_of
from ..query.views import MetricSummary, RunView, VersionView
from ..records import Value, to_json
from ..values import decode

SCHEMA = 1
_SLAB = 4096
_SECTIONS = {"metrics": "metric", "system_metrics": "system"}
_STATS = ("last", "min", "max", "mean", "count", "nans", "first", "first_step", "last_step", "min_step", "max_step")


def run_object(connection: sqlite3.Connection, run_pk: int, *, points: bool) -> dict[str, Any]:
    """One run in the shape of the export; every key is always there, values are strict JSON (NaN is "NaN").

    `summary` maps each metric to its figures {"last", "min", "max", "mean", "count", "nans", "first", and the steps of
    each}; a final value set by hand stands as itself under its key, or as "value" among the figures of a metric of the
    same name. Without `points`, `metrics` and `system_metrics` are empty: the summary says what there is. A part that
    was not recorded has null in its fields, `hardware` is then empty.
    """
    view = read_run(connection, run_pk)
    found = _head(connection, view)
    if points:
        for name, section in _SECTIONS.items():
            keys = [metric.key for metric in _series_of(connection, run_pk, section)]
            found[name] = {key: list(_points(connection, run_pk, key, section)) for key in keys}
    return found


def export_document(connection: sqlite3.Connection, run_pks: Iterable[int], *, points: bool = True) -> Iterator[str]:
    """The whole export as pieces of one JSON text (ASCII). Memory is bounded by the longest series, not by the runs.

    `registry` holds every model, `projects` those of the exported runs.
    """
    yield f'{{"schema":{SCHEMA},\n"runs":['
    projects: dict[str, Any] = {}
    for number, pk in enumerate(run_pks):
        view = read_run(connection, pk)
        projects[view.project] = {"tags": {}}
        yield ",\n" if number else "\n"
        yield from _run_text(connection, view, points=points)
    yield f'],\n"registry":{_text(registry_object(connection))},\n"projects":{_text(projects)}}}\n'


def registry_object(connection: sqlite3.Connection) -> dict[str, Any]:
    """{model: {description, tags, aliases, versions: {sequence number as text: {...}}}}, oldest version first.

    `stage` is null and `aliases` is empty until there are any; `latest` is always the highest number, so not listed.
    """
    descriptions = dict(connection.execute("SELECT name, description FROM model").fetchall())
    return {
        model.name: {
            "description": descriptions.get(model.name, ""),
            "tags": {},
            "aliases": {},
            "versions": {
                str(version.seq): _version(find_version(connection, version.ref))
                for version in reversed(list_versions(connection, model.name))
            },
        }
        for model in list_models(connection)
    }


def json_value(value: Value) -> Any:
    """A typed leaf as strict JSON; one that its text does not fit comes back as that text."""
    try:
        return plain(decode(value))
    except (ValueError, OverflowError, RecursionError, TypeError):
        return value.text


def _head(connection: sqlite3.Connection, view: RunView) -> dict[str, Any]:
    """The run object with empty `metrics` and `system_metrics`; key order is that of the documented shape."""
    return {
        "id": view.id,
        "source_id": view.source_id,
        "name": view.name,
        "project": view.project,
        "group": view.group,
        "status": view.status,
        "deleted": view.deleted,
        "parent": view.parent,
        "start_ms": view.start_ms,
        "end_ms": view.end_ms,
        "params": {key: json_value(value) for key, value in view.params.items()},
        "tags": list(view.tags),
        "notes": view.notes,
        "metrics": {},
        "summary": _summary(connection, view),
        "system_metrics": {},
        "artifacts": [],
        "datasets": [],
        "code": _code(view),
        "environment": _environment(connection, view.environment_id),
        "hardware": to_json(view.hardware) if view.hardware else {},
        "command": _command(view),
    }


def _run_text(connection: sqlite3.Connection, view: RunView, *, points: bool) -> Iterator[str]:
    comma = "{"
    for key, value in _head(connection, view).items():
        yield f'{comma}"{key}":'
        if points and key in _SECTIONS:
            yield from _section_text(connection, view.pk, _SECTIONS[key])
        else:
            yield _text(value)
        comma = ","
    yield "}"


def _section_text(connection: sqlite3.Connection, pk: int, section: str) -> Iterator[str]:
    comma = "{"
    for metric in _series_of(connection, pk, section):
        yield f"{comma}{_text(metric.key)}:"
        yield from _points_text(connection, pk, metric.key, section)
        comma = ","
    yield "}" if comma == "," else "{}"


def _points_text(connection: sqlite3.Connection, pk: int, key: str, section: str) -> Iterator[str]:
    slab: list[Any] = []
    comma = "["
    for point in _points(connection, pk, key, section):
        slab.append(point)
        if len(slab) == _SLAB:
            yield comma + _text(slab)[1:-1]
            slab, comma = [], ","
    yield (comma + _text(slab)[1:-1] if slab else "" if comma == "," else "[") + "]"


def _points(connection: sqlite3.Connection, pk: int, key: str, section: str) -> Iterator[list[Any]]:
    """[step, value, time in s] of each point, in the order logged."""
    for step, value, at in zip(*read_series(connection, pk, key, section), strict=True):
        yield [step, plain(value), plain(at)]


def _series_of(connection: sqlite3.Connection, pk: int, section: str) -> list[MetricSummary]:
    return [metric for metric in list_metrics(connection, pk) if metric.section == section]


def _summary(connection: sqlite3.Connection, view: RunView) -> dict[str, Any]:
    found: dict[str, Any] = {
        metric.key: {name: plain(getattr(metric, name)) for name in _STATS}
        for metric in _series_of(connection, view.pk, "metric")
    }
    for key, value in view.summary.items():
        if key in found:
            found[key]["value"] = json_value(value)
        else:
            found[key] = json_value(value)
    return found


def _code(view: RunView) -> dict[str, Any]:
    code = view.code
    if code is None:
        return {"commit": None, "branch": None, "dirty": None, "remote": None, "tree": None, "left_out": []}
    return {
        "commit": code.commit,
        "branch": code.branch,
        "dirty": code.dirty,
        "remote": code.remote,
        "tree": code.tree,
        "left_out": list(code.left_out),
    }


def _environment(connection: sqlite3.Connection, identity: str | None) -> dict[str, Any]:
    environment = environment_of(connection, identity) if identity is not None else None
    if environment is None:
        return {"id": identity, "python": None, "packages": None}
    packages = [{"name": p.name, "version": p.version, "origin": str(p.origin)} for p in environment.packages]
    return {"id": environment.id, "python": environment.interpreter.version, "packages": packages}


def _command(view: RunView) -> dict[str, Any]:
    if view.command is None:
        return {"argv": None, "cwd": None}
    return {"argv": list(view.command.argv), "cwd": view.command.cwd}


def _version(version: VersionView) -> dict[str, Any]:
    return {
        "semver": version.semver,
        "digest": version.digest,
        "stage": None,
        "run": version.run_id,
        "description": version.message,
        "tags": {},
        "files": version.manifest.get("files", []),
    }


def _text(value: Any) -> str:
    return json.dumps(plain(value), separators=(",", ":"), allow_nan=False)
