"""What was recorded beside the numbers: environments, and the restores that were made of runs."""

from __future__ import annotations

import json
import sqlite3

from ..records import Environment, environment_from_json
from .views import RestoreRow


def environment_of(connection: sqlite3.Connection, environment_id: str | None) -> Environment | None:
    """The recorded environment; None if there is none under this id."""
    row = connection.execute("SELECT record FROM environment WHERE id = ?", (environment_id,)).fetchone()
    return environment_from_json(json.loads(row[0])) if row else None


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
    detail = json.loads(text)
    return detail if isinstance(detail, dict) else {"detail": detail}
