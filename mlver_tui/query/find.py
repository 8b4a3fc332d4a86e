"""One run: found by what a person calls it, and read with everything but its points."""

from __future__ import annotations

import difflib
import json
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from .. import clock
from ..errors import AmbiguousError, NotFoundError, UsageError
from ..names import RunRef, parse_ref
from ..records import Missing, Value, code_from_json, command_from_json, hardware_from_json
from .series import list_metrics
from .sources import is_stalled
from .views import RunView

_T = TypeVar("_T")
_SHORTEST_PART = 4
_NAMES_FOR_HINT = 2000
_SHOWN = 5
_VIEW = """pk, id, name, project, grp, job_type, status, start_ms, end_ms, heartbeat_ms, notes, parent, source_id,
    deleted, command, code, environment, hardware, ifnull(missing, '[]'), failure, exit_code, dropped,
    ifnull(warnings, '[]')"""


def read_run(connection: sqlite3.Connection, run: str | int) -> RunView:
    """One run by full id or pk, deleted or not. Raises NotFoundError."""
    column = "pk" if isinstance(run, int) else "id"
    row = connection.execute(
        f"SELECT {_VIEW} FROM run LEFT JOIN snapshot ON snapshot.run = run.pk WHERE {column} = ?", (run,)
    ).fetchone()
    if row is None:
        raise NotFoundError(f"there is no run {run}", "list the runs with: mlver-tui runs")
    return _view(connection, row)


def find_run(connection: sqlite3.Connection, ref: str) -> RunView:
    """The run that a reference means: full id, exact name, unique start or end of an id, or `@-1` for the newest.

    Raises UsageError, NotFoundError (with names that look alike), AmbiguousError.
    """
    parsed = parse_ref(ref)
    if not isinstance(parsed, RunRef):
        raise UsageError(f"{ref} is a version of a model, not a run", "give the name or id of a run, or @-1")
    if parsed.back is not None:
        return _newest(connection, parsed.back)
    for condition, values in _ways(ref):
        found = connection.execute(
            f"SELECT pk, id, name FROM run WHERE {condition} ORDER BY start_ms DESC, pk DESC LIMIT 6", values
        ).fetchall()
        if len(found) == 1:
            return read_run(connection, int(found[0][0]))
        if found:
            raise _ambiguous(ref, found)
    raise _not_found(connection, ref)


def _ways(ref: str) -> list[tuple[str, tuple[object, ...]]]:
    """Conditions from the strictest to the loosest; the first that finds anything decides. Trash only by full id."""
    ways: list[tuple[str, tuple[object, ...]]] = [("id = ?", (ref,)), ("deleted = 0 AND name = ?", (ref,))]
    if len(ref) >= _SHORTEST_PART:
        small, size = ref.lower(), len(ref)
        part = "(substr(id, 1, ?) = ? OR substr(id, -?) = ?) AND deleted = 0"
        ways.append((part, (size, small, size, small)))
    return ways


def _newest(connection: sqlite3.Connection, back: int) -> RunView:
    row = connection.execute(
        "SELECT pk FROM run WHERE deleted = 0 ORDER BY start_ms DESC, pk DESC LIMIT 1 OFFSET ?", (back - 1,)
    ).fetchone()
    if row is None:
        raise NotFoundError(f"there is no run @-{back}: the store holds fewer", "list the runs with: mlver-tui runs")
    return read_run(connection, int(row[0]))


def _ambiguous(ref: str, found: list[tuple[int, str, str]]) -> AmbiguousError:
    shown = ", ".join(run_id[-6:] for _, run_id, _ in found[:_SHOWN]) + (" …" if len(found) > _SHOWN else "")
    return AmbiguousError(f"{ref} fits several runs: {shown}", "give one of these ids")


def _not_found(connection: sqlite3.Connection, ref: str) -> NotFoundError:
    rows = connection.execute(
        "SELECT name FROM run WHERE deleted = 0 ORDER BY start_ms DESC LIMIT ?", (_NAMES_FOR_HINT,)
    ).fetchall()
    near = difflib.get_close_matches(ref, {name for (name,) in rows}, 3)
    hint = f"did you mean {' or '.join(near)}?" if near else "list the runs with: mlver-tui runs"
    return NotFoundError(f"there is no run {ref}", hint)


def _view(connection: sqlite3.Connection, row: tuple[Any, ...]) -> RunView:
    (pk, run_id, name, project, group, job_type, status, start_ms, end_ms, heartbeat_ms, notes, parent, source_id) = (
        row[:13]
    )
    deleted, command, code, environment, hardware, missing, failure, exit_code, dropped, warnings = row[13:]
    tags = connection.execute("SELECT name FROM tag WHERE run = ? ORDER BY name", (pk,))
    damaged: list[Missing] = []
    return RunView(
        pk=pk,
        id=run_id,
        name=name,
        project=project,
        group=group,
        job_type=job_type,
        status=status,
        stalled=is_stalled(status, heartbeat_ms, clock.now_ms()),
        start_ms=start_ms,
        end_ms=end_ms,
        heartbeat_ms=heartbeat_ms,
        tags=tuple(tag for (tag,) in tags),
        notes=notes,
        parent=parent,
        source_id=source_id,
        deleted=bool(deleted),
        params=_leaves(connection, "param", pk),
        metrics={m.key: m for m in list_metrics(connection, pk) if m.section == "metric"},
        summary=_leaves(connection, "final", pk),
        command=_record("command", command, command_from_json, damaged),
        code=_record("code", code, code_from_json, damaged),
        environment_id=environment,
        hardware=_record("hardware", hardware, hardware_from_json, damaged),
        missing=(*(_record("missing", missing, _missing, damaged) or ()), *damaged),
        failure=failure,
        exit_code=exit_code,
        dropped=dropped,
        warnings=_record("warnings", warnings, _texts, []) or (),
    )


def _record(part: str, text: str | None, read: Callable[[Any], _T], damaged: list[Missing]) -> _T | None:
    """A part of the snapshot; one that cannot be read is missing, and costs itself only."""
    try:
        return None if text is None else read(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        damaged.append(Missing(part, "its record is damaged: mlver-tui verify says more"))
        return None


def _missing(parts: list[dict[str, str]]) -> tuple[Missing, ...]:
    return tuple(Missing(str(part["part"]), str(part["reason"])) for part in parts)


def _texts(texts: list[object]) -> tuple[str, ...]:
    return tuple(str(text) for text in texts)


def _leaves(connection: sqlite3.Connection, table: str, pk: int) -> dict[str, Value]:
    rows = connection.execute(f"SELECT key, kind, text FROM {table} WHERE run = ? ORDER BY key", (pk,))
    return {key: Value(kind, text) for key, kind, text in rows}
