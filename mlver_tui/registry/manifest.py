"""What a version is: the facts of a run as one canonical document, and how the run of today compares with it.

It reads the store through the query floor only, and knows neither events nor numbers of releases.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..digest import canonical_json, digest_json, digest_points, digest_text, plain
from ..query.series import list_metrics, read_series
from ..query.snapshots import environment_of
from ..query.views import MetricSummary, RunView
from ..records import Value, to_json

SCHEMA = 1
_CODE_FIELDS = ("root", "commit", "branch", "dirty", "remote", "tree", "left_out")
_COMMAND_FIELDS = ("argv", "cwd", "executable")
_STATS = ("count", "nans", "first", "last", "min", "min_step", "max", "max_step", "first_step", "last_step", "mean")
_FIXED = ("id", "project", "start_ms")
"""Facts of a run that nothing but a forger changes; status, end and name may move when a run goes on."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as it is stored: `text` is canonical JSON, `digest` the sha256 of it."""

    document: dict[str, Any]
    text: str
    digest: str


@dataclass
class Comparison:
    """What differs between a manifest and the run of today."""

    differences: list[str] = field(default_factory=list)
    """Places that contradict the manifest, in plain words."""
    additions: list[str] = field(default_factory=list)
    """Places that the manifest does not have: fine if the run went on, else somebody added them."""
    went_on: list[str] = field(default_factory=list)
    """What shows that the run went on after the release, its released part intact."""


def build_manifest(connection: sqlite3.Connection, run: RunView) -> Manifest:
    """The manifest of a run as it is now: run, params, summary with a hash over all points, code, environment, command.

    `files` stays empty until artifacts are recorded. A part that was not recorded is null.
    """
    document = plain(
        {
            "schema": SCHEMA,
            "run": _run_facts(run),
            "params": _typed(run.params),
            "summary": {"final": _typed(run.summary), "metrics": _metrics(connection, run)},
            "code": _chosen(run.code, _CODE_FIELDS),
            "environment": _environment(connection, run.environment_id),
            "command": _chosen(run.command, _COMMAND_FIELDS),
            "files": [],
        }
    )
    assert isinstance(document, dict)
    text = canonical_json(document)
    return Manifest(document, text, digest_text(text))


def compare_with_run(connection: sqlite3.Connection, manifest: Mapping[str, Any], run: RunView) -> Comparison:
    """The manifest against what the tables say now. A manifest of another shape raises KeyError, TypeError or such."""
    found = Comparison()
    _compare_run(manifest["run"], run, found)
    _compare_entries("param", manifest["params"], _typed(run.params), found)
    _compare_entries("final value", manifest["summary"]["final"], _typed(run.summary), found)
    _compare_metrics(connection, manifest["summary"]["metrics"], run, found)
    for part, now in (
        ("code", _chosen(run.code, _CODE_FIELDS)),
        ("environment", _environment(connection, run.environment_id)),
        ("command", _chosen(run.command, _COMMAND_FIELDS)),
    ):
        _compare_part(part, manifest[part], plain(now), found)
    return found


def _run_facts(run: RunView) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.name,
        "project": run.project,
        "start_ms": run.start_ms,
        "end_ms": run.end_ms,
        "status": run.status,
    }


def _typed(values: Mapping[str, Value]) -> dict[str, Any]:
    return {key: [value.kind, value.text] for key, value in values.items()}


def _chosen(record: Any, fields: tuple[str, ...]) -> dict[str, Any] | None:
    """The fields that schema 1 names, so that a field added to the record later does not change old manifests."""
    if record is None:
        return None
    whole = to_json(record)
    return {name: whole[name] for name in fields}


def _environment(connection: sqlite3.Connection, identity: str | None) -> dict[str, Any] | None:
    if identity is None:
        return None
    environment = environment_of(connection, identity)
    if environment is None:
        return {"id": identity, "packages": None, "python": None, "sha256": None}
    packages = [[p.name, p.version, to_json(p.origin), p.record_sha256] for p in environment.packages]
    python = {"version": environment.interpreter.version, "platform": environment.interpreter.platform}
    return {
        "id": identity,
        "packages": len(packages),
        "python": environment.interpreter.version,
        "sha256": digest_json({"packages": packages, "python": python}),
    }


def _metrics(connection: sqlite3.Connection, run: RunView) -> dict[str, Any]:
    return {key: _metric(connection, run.pk, metric) for key, metric in _logged(connection, run).items()}


def _logged(connection: sqlite3.Connection, run: RunView) -> dict[str, MetricSummary]:
    """What the script logged; what we sampled of the system ourselves is not part of a version."""
    return {metric.key: metric for metric in list_metrics(connection, run.pk) if metric.section == "metric"}


def _metric(connection: sqlite3.Connection, pk: int, metric: MetricSummary) -> dict[str, Any]:
    stats = {name: getattr(metric, name) for name in _STATS}
    return {**stats, "points_sha256": digest_points(*read_series(connection, pk, metric.key))}


def _compare_run(was: Mapping[str, Any], run: RunView, found: Comparison) -> None:
    now = _run_facts(run)
    for name in _FIXED:
        if was[name] != now[name]:
            found.differences.append(f"run.{name} was {was[name]!r}, is {now[name]!r}")
    ended, ends = was["end_ms"], now["end_ms"]
    if (ended, was["status"]) == (ends, now["status"]):
        return
    if now["status"] == "running" or (ends is not None and ends > (ended or 0)):
        found.went_on.append(f"it was {was['status']}, now it is {now['status']}")
        return
    found.differences.append(f"run.status and end_ms were {was['status']}, {ended}; are {now['status']}, {ends}")


def _compare_entries(what: str, was: Mapping[str, Any], now: Mapping[str, Any], found: Comparison) -> None:
    for key in was:
        if key not in now:
            found.differences.append(f"{what} {key!r} is gone")
        elif list(was[key]) != now[key]:
            found.differences.append(f"{what} {key!r} was {_short(was[key])}, is {_short(now[key])}")
    found.additions += [f"{what} {key!r}" for key in now if key not in was]


def _compare_metrics(connection: sqlite3.Connection, was: Mapping[str, Any], run: RunView, found: Comparison) -> None:
    now = _logged(connection, run)
    for key, released in was.items():
        if key not in now:
            found.differences.append(f"metric {key!r} is gone")
        else:
            _compare_metric(connection, run.pk, released, now[key], found)
    found.additions += [f"metric {key!r}" for key in now if key not in was]


def _compare_metric(
    connection: sqlite3.Connection, pk: int, was: Mapping[str, Any], now: MetricSummary, found: Comparison
) -> None:
    count = int(was["count"])
    steps, values, times = read_series(connection, pk, now.key)
    if len(values) < count:
        found.differences.append(f"metric {now.key!r} had {count} points, has {len(values)}")
    elif digest_points(steps, values, times, count) != was["points_sha256"]:
        found.differences.append(f"metric {now.key!r}: its points are not the released ones")
    elif len(values) > count:
        found.went_on.append(f"metric {now.key!r} had {count} points, has {len(values)}")
    else:
        found.differences += list(_compare_stats(was, now))


def _compare_stats(was: Mapping[str, Any], now: MetricSummary) -> Iterator[str]:
    for name in _STATS:
        value = plain(getattr(now, name))
        if value != was[name] and not (name == "mean" and _about_same(value, was[name])):
            yield f"metric {now.key!r}: {name} was {was[name]!r}, is {value!r}"


def _about_same(a: object, b: object) -> bool:
    """A mean depends on the order in which it was summed, so its last digits prove nothing."""
    return isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-9)


def _compare_part(part: str, was: Any, now: Any, found: Comparison) -> None:
    if was is None or now is None:
        if was is not now:
            found.differences.append(f"{part} is gone" if now is None else f"{part} was not recorded, now it is there")
        return
    for name in was:
        if was[name] != now.get(name):
            found.differences.append(f"{part}.{name} was {_short(was[name])}, is {_short(now.get(name))}")


def _short(value: object) -> str:
    text = canonical_json(value)
    return text if len(text) <= 60 else text[:59] + "…"
