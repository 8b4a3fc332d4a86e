"""Deciding and doing a release: which number it gets, what it is a release of, and when the answer is no.

It plans first and re-checks the plan inside the transaction, so that what a person agreed to is what is written.
"""

from __future__ import annotations

import sqlite3
from typing import Literal, cast

from ..clock import now_ms
from ..errors import NotFoundError, RefusedError, UsageError
from ..home import Home
from ..names import SemVer, check_model_name, parse_semver
from ..query.registry import find_version, list_versions
from ..query.runs import read_run
from ..query.views import ReleasePlan, RunView, VersionView
from ..store.registry import VersionRecord, append_event, append_version
from .history import recording
from .manifest import Manifest, build_manifest

FIRST = SemVer(0, 1, 0)
RELEASE = "release"
"""Kind of the event that records a release."""
MAX_MESSAGE = 10_000
MAX_AUTHOR = 200
Bump = Literal["major", "minor", "patch"]


def plan_release(
    connection: sqlite3.Connection,
    home: Home,
    run_id: str,
    model: str,
    *,
    bump: Bump | None = None,
    version: str | None = None,
    message: str = "",
) -> ReleasePlan:
    """What a release of that run would be. Writes nothing.

    `bump` raises the newest number (default: patch; the first release is 0.1.0), `version` gives it. Raises UsageError
    for a bad name or number, NotFoundError for no such run, RefusedError for a run that still runs or is in the trash,
    a number that is not above the newest one, and content that is released already.
    """
    return _prepare(connection, run_id, model, bump, version, message)[0]


def release(connection: sqlite3.Connection, home: Home, plan: ReleasePlan, author: str) -> VersionView:
    """Write the version and its event, both or none, and return the version.

    Raises RefusedError when the run or the model changed since the plan was made, DiffersError when the history does
    not agree with its anchor; nothing is written then.
    """
    author = author.encode("utf-8", "backslashreplace").decode()
    _check_text("author", author, MAX_AUTHOR)
    with recording(connection, home):
        manifest = _confirm(connection, plan)
        record = VersionRecord(
            model=plan.model,
            seq=plan.seq,
            semver=plan.semver,
            digest=manifest.digest,
            run=plan.run_id,
            message=plan.message,
            author=author,
            created_ms=now_ms(),
            manifest=manifest.text,
        )
        append_version(connection, record)
        append_event(connection, author, RELEASE, f"{plan.model}:{plan.semver}", release_body(record))
    return find_version(connection, f"{plan.model}:{plan.semver}")


def release_body(record: VersionRecord) -> dict[str, object]:
    """The copy of a version row that its event keeps; the manifest by its digest."""
    return {
        "author": record.author,
        "created_ms": record.created_ms,
        "manifest_sha256": record.digest,
        "message": record.message,
        "model": record.model,
        "run": record.run,
        "semver": record.semver,
        "seq": record.seq,
    }


def _prepare(
    connection: sqlite3.Connection, run_id: str, model: str, bump: Bump | None, version: str | None, message: str
) -> tuple[ReleasePlan, Manifest]:
    check_model_name(model)
    _check_text("message", message, MAX_MESSAGE)
    run = read_run(connection, run_id)
    _check_releasable(run)
    versions = _versions_of(connection, model)
    newest = versions[0] if versions else None
    number = _next_number(model, newest, bump, version)
    manifest = build_manifest(connection, run)
    _check_new(manifest, versions)
    plan = ReleasePlan(
        run_id=run.id,
        run_name=run.name,
        model=model,
        semver=str(number),
        seq=newest.seq + 1 if newest else 1,
        digest=manifest.digest,
        message=message,
        previous=newest.semver if newest else None,
        warnings=_warnings(run, manifest, first_bump=newest is None and bump is not None),
    )
    return plan, manifest


def _confirm(connection: sqlite3.Connection, plan: ReleasePlan) -> Manifest:
    """Plan again under the lock; the manifest if that gives the same plan."""
    now, manifest = _prepare(connection, plan.run_id, plan.model, None, plan.semver, plan.message)
    if now.digest != plan.digest:
        raise RefusedError(f"the run {plan.run_name} changed since the plan was made", "look at it and release again")
    if (now.seq, now.previous) != (plan.seq, plan.previous):
        raise RefusedError(f"{plan.model}:{now.previous} was released meanwhile", "look at it and release again")
    return manifest


def _versions_of(connection: sqlite3.Connection, model: str) -> list[VersionView]:
    try:
        return list_versions(connection, model)
    except NotFoundError:
        return []


def _check_releasable(run: RunView) -> None:
    if run.status == "running":
        raise RefusedError(f"{run.name} is still running; finish it first", "release it when its status is finished")
    if run.status in ("scheduled", "queued"):
        raise RefusedError(f"{run.name} has not run yet", "release it when it has finished")
    if run.deleted:
        raise RefusedError(f"{run.name} is in the trash", "take it out of the trash first")


def _next_number(model: str, newest: VersionView | None, bump: Bump | None, version: str | None) -> SemVer:
    if bump is not None and version is not None:
        raise UsageError("a bump and a version number cannot both be given", "give one of --bump and --version")
    if bump not in (None, "major", "minor", "patch"):
        raise UsageError(f"{bump!r} is not a part of a version number", "use major, minor or patch")
    if version is None:
        return parse_semver(newest.semver).bump(bump or "patch") if newest else FIRST
    number = parse_semver(version)
    if newest and number <= parse_semver(newest.semver):
        above = parse_semver(newest.semver).bump("patch")
        raise RefusedError(
            f"{number} is not above {model}:{newest.semver}, the newest version", f"use {above} or higher"
        )
    return number


def _check_new(manifest: Manifest, versions: list[VersionView]) -> None:
    same = next((version for version in versions if version.digest == manifest.digest), None)
    if same:
        raise RefusedError(
            f"this run is released already, unchanged, as {same.ref}", f"see it with: mlver-tui show {same.ref}"
        )


def _check_text(what: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise UsageError(f"the {what} is longer than {limit:,} characters", "say it shorter")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(f"the {what} is not valid text", "use characters that UTF-8 has") from error


def _warnings(run: RunView, manifest: Manifest, *, first_bump: bool) -> tuple[str, ...]:
    document = manifest.document
    metrics = cast(dict[str, dict[str, object]], document["summary"]["metrics"])
    not_finite = sorted(key for key, metric in metrics.items() if metric["last"] in ("NaN", "Infinity", "-Infinity"))
    code = run.code
    checks = (
        (run.status != "finished", f"the run is {run.status}, not finished"),
        (code is None, "the code was not recorded"),
        (code is not None and code.commit is None, "the commit of the code is unknown"),
        (code is not None and code.dirty is True, "the code was dirty: its edits are not in any commit"),
        (code is not None and code.dirty is None, "whether the code was edited is unknown"),
        (document["environment"] is None, "the environment was not recorded"),
        (not metrics, "no metric was logged"),
        (bool(not_finite), f"the last value is not a finite number: {', '.join(not_finite[:5])}"),
        (run.dropped > 0, f"{run.dropped:,} points were dropped while it ran"),
        (first_bump, f"a first release is {FIRST}: there is no number to bump yet"),
    )
    return tuple(text for applies, text in checks if applies)
