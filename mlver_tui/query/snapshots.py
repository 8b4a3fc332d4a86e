"""What was recorded beside the numbers: environments, and the restores that were made of runs."""

from __future__ import annotations

import json
import sqlite3

from ..errors import StoreError
from ..records import Environment, environment_from_json
from .views import RestoreRow


def environment_of(connection: sqlite3.Connection, environment_id: str | None) -> Environment | None:
    """The recorded environment; None if there is none under this id. Raises StoreError if its record is damaged."""
    row = connection.execute("SELECT record FROM environment WHERE id = ?", (environment_id,)).fetchone()
    try:
        return environment_from_json(json.loads(row[0])) if row else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise StoreError(
            f"the record of environment {str(environment_id)[:12]} is damaged",
            "mlver-tui verify --all says what is; a backup may hold the original",
        ) from error


def list_restores(connection: sqlite3.Connection, run_id: str | None = None) -> list[RestoreRow]:
    """Restores of one run, or of all, newest first. `run_name` is "" for a run that is not in this store."""
    rows = connection.execute(
        """SELECT restore.run, coalesce(run.name, ''), at_ms, target, verdict, detail
            FROM restore LEFT JOIN run ON run.id = restore.run
            WHERE ?1 IS NULL OR restore.run = ?1 ORDER BY at_ms DESC, restore.id DESC""",
        (run_id,),
    )
    return [RestoreRow(run, name, at, target, verdict, _detail(text)) for run, name, at, target, verdict, text in rows]


def _detail(text: str) -> dict[str, object]:
    try:
        detail = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {"detail": "damaged: mlver-tui verify --all says more"}
    return detail if isinstance(detail, dict) else {"detail": detail}
