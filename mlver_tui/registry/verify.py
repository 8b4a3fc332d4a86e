"""Whether what was recorded is still what is there: one version, one run, the history, or the whole store.

Every answer is a list of findings, each with the exact place; damage is a finding, never an exception.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..digest import digest_text
from ..errors import MlverError, NotFoundError
from ..home import Home
from ..query.registry import find_version
from ..query.runs import read_run
from ..query.views import Finding, VersionView
from ..store.registry import VersionRecord
from .history import verify_chain
from .integrity import DAMAGE, check_environment, check_pages, check_run, check_schema, judge, one_moment
from .manifest import Comparison, compare_with_run
from .versions import RELEASE, release_body

__all__ = ["verify_chain", "verify_run", "verify_store", "verify_version"]

Progress = Callable[[int, int], None]
"""Called with (checked, total)."""


def verify_version(connection: sqlite3.Connection, home: Home, version: str | VersionView) -> list[Finding]:
    """One version: its manifest against its digest, its row against the release event, its run against the manifest.

    Raises NotFoundError when neither the tables nor the history know it.
    """
    try:
        ref = version.ref if isinstance(version, VersionView) else find_version(connection, version).ref
    except NotFoundError:
        if not _released(connection, str(version)):
            raise
        ref = str(version)
    except DAMAGE as error:
        return [Finding(str(version), False, f"cannot be read: {error}")]
    return _version_findings(connection, ref)


def verify_run(connection: sqlite3.Connection, home: Home, run_id: str) -> list[Finding]:
    """One run: its series, values, code and environment rows. Raises NotFoundError when there is no such run."""
    try:
        row = connection.execute("SELECT pk, name, environment FROM run WHERE id = ?", (run_id,)).fetchone()
    except sqlite3.DatabaseError as error:
        return [Finding(f"run {run_id}", False, f"cannot be read: {error}")]
    if row is None:
        raise NotFoundError(f"there is no run {run_id}", "see the runs with: mlver-tui runs")
    findings = _run_findings(connection, row[0], row[1])
    return findings if row[2] is None else findings + _environment_findings(connection, row[2])


def verify_store(connection: sqlite3.Connection, home: Home, progress: Progress | None = None) -> list[Finding]:
    """Everything: pages, schema, history, every version, every environment, every run (also runs in the trash)."""
    findings = [
        *judge(connection, "database", "every page is sound", partial(check_pages, connection)),
        *judge(connection, "schema", "everything in it is as it was made", partial(check_schema, connection)),
        *verify_chain(connection, home),
    ]
    try:
        jobs = _all_jobs(connection)
    except DAMAGE as error:
        return [*findings, Finding("database", False, f"its rows cannot be listed: {error}")]
    for number, job in enumerate(jobs, 1):
        findings += job()
        if progress:
            progress(number, len(jobs))
    return findings


def _all_jobs(connection: sqlite3.Connection) -> list[Callable[[], list[Finding]]]:
    refs = {ref for (ref,) in connection.execute("SELECT subject FROM event WHERE kind = ?", (RELEASE,))}
    refs.update(
        f"{model}:{semver}"
        for model, semver in connection.execute(
            "SELECT model.name, version.semver FROM version LEFT JOIN model ON model.id = version.model"
        )
    )
    environments = connection.execute("SELECT id FROM environment ORDER BY id").fetchall()
    runs = connection.execute("SELECT pk, name FROM run ORDER BY pk").fetchall()
    return [
        *(partial(_version_findings, connection, str(ref)) for ref in sorted(refs, key=str)),
        *(partial(_environment_findings, connection, identity) for (identity,) in environments),
        *(partial(_run_findings, connection, pk, name) for pk, name in runs),
    ]


def _run_findings(connection: sqlite3.Connection, pk: int, name: str) -> list[Finding]:
    return judge(connection, f"run {name}", "its points and values fit each other", partial(check_run, connection, pk))


def _environment_findings(connection: sqlite3.Connection, identity: str) -> list[Finding]:
    subject = f"environment {str(identity)[:12]}"
    return judge(connection, subject, "its record fits its packages", partial(check_environment, connection, identity))


def _version_findings(connection: sqlite3.Connection, ref: str) -> list[Finding]:
    try:
        with one_moment(connection):
            record, events = _read_record(connection, ref), _events_of(connection, ref)
    except DAMAGE as error:
        return [Finding(ref, False, f"cannot be read: {error}")]
    if record is None:
        known = f"event {events[0][0]} records its release" if events else "its row names no model"
        return [Finding(ref, False, f"{known}, but it is missing from table version")]
    return [
        *judge(connection, ref, "manifest fits its digest", partial(_check_digest, record)),
        *judge(connection, ref, "row is what the history recorded", partial(_check_event, record, events)),
        *_compare_findings(connection, ref, record),
    ]


def _read_record(connection: sqlite3.Connection, ref: str) -> VersionRecord | None:
    model, _, semver = ref.rpartition(":")
    row = connection.execute(
        """SELECT model.name, seq, semver, digest, run, message, author, created_ms, manifest
            FROM version JOIN model ON model.id = version.model WHERE model.name = ? AND semver = ?""",
        (model, semver),
    ).fetchone()
    return VersionRecord(*row) if row else None


def _events_of(connection: sqlite3.Connection, ref: str) -> list[tuple[int, Any]]:
    rows = connection.execute("SELECT id, body FROM event WHERE kind = ? AND subject = ? ORDER BY id", (RELEASE, ref))
    return rows.fetchall()


def _released(connection: sqlite3.Connection, ref: str) -> bool:
    row = connection.execute("SELECT 1 FROM event WHERE kind = ? AND subject = ?", (RELEASE, ref)).fetchone()
    return row is not None


def _check_digest(record: VersionRecord) -> Iterator[str]:
    if digest_text(record.manifest) != record.digest:
        yield "table version, manifest: does not hash to its digest, it was edited"


def _check_event(record: VersionRecord, events: list[tuple[int, Any]]) -> Iterator[str]:
    if not events:
        yield "table version has it, but no event records its release"
        return
    number, text = events[0]
    body = json.loads(text)
    for name, value in release_body(record).items():
        if body.get(name) != value:
            column = "digest" if name == "manifest_sha256" else name
            yield f"table version, {column}: is {_short(value)}, but event {number} recorded {_short(body.get(name))}"
    for other, _ in events[1:]:
        yield f"event {other} records its release a second time"


def _compare_findings(connection: sqlite3.Connection, ref: str, record: VersionRecord) -> list[Finding]:
    try:
        with one_moment(connection):
            run = read_run(connection, record.run)
            found = compare_with_run(connection, json.loads(record.manifest), run)
    except MlverError as error:
        return [Finding(ref, False, f"its run: {error.message}")]
    except DAMAGE as error:
        return [Finding(ref, False, f"its run cannot be compared: {error or type(error).__name__}")]
    problems = _problems(found)
    if problems:
        return [Finding(ref, False, f"run {run.name}: {text}") for text in problems]
    if found.went_on:
        return [Finding(ref, True, "the run went on after the release; the released part is intact")]
    return [Finding(ref, True, "its run is as it was released")]


def _problems(found: Comparison) -> list[str]:
    """Differences; and what was added, unless the run went on and so had its own reasons to add."""
    added = [] if found.went_on else [f"{text} was added after the release" for text in found.additions]
    return [*found.differences, *added]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
