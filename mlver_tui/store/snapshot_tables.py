"""What a run was made of and what it made, as tables: the step of the schema that brought data, artifacts and models.

Only text of SQL, which `migrations` runs.
"""

from __future__ import annotations

from typing import Any, Protocol


class Executes(Protocol):
    """What a step needs of a database."""

    def execute(self, sql: str) -> Any: ...


SNAPSHOT_COLUMNS = ("packaging", "variables", "determinism", "console")

ARTIFACT_TABLES = (
    "CREATE TABLE artifact (id INTEGER PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (type, name))",
    # `source`: JSON, where the content was when it was recorded; `manifest`: JSON list of {path, size, sha256, mode}
    """CREATE TABLE artifact_version (
        id INTEGER PRIMARY KEY,
        artifact INTEGER NOT NULL REFERENCES artifact (id),
        seq INTEGER NOT NULL,
        digest TEXT NOT NULL,
        size INTEGER,
        files INTEGER,
        manifest TEXT NOT NULL,
        source TEXT NOT NULL,
        metadata TEXT NOT NULL DEFAULT '{}',
        run TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        UNIQUE (artifact, seq), UNIQUE (artifact, digest))""",
    """CREATE TABLE artifact_alias (
        artifact INTEGER NOT NULL REFERENCES artifact (id), alias TEXT NOT NULL,
        version INTEGER NOT NULL REFERENCES artifact_version (id), PRIMARY KEY (artifact, alias)) WITHOUT ROWID""",
    # lineage: which run used or made which version, under which path and role
    """CREATE TABLE edge (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES run (pk),
        version INTEGER NOT NULL REFERENCES artifact_version (id),
        direction TEXT NOT NULL CHECK (direction IN ('used','made')),
        role TEXT NOT NULL DEFAULT '',
        path TEXT NOT NULL DEFAULT '',
        at_ms INTEGER NOT NULL,
        UNIQUE (run, version, direction, role, path))""",
    "CREATE INDEX edge_version ON edge (version, direction, run)",
    *(
        f"""CREATE TRIGGER artifact_version_no_{verb.lower()} BEFORE {verb} ON artifact_version
            BEGIN SELECT RAISE(ABORT, 'versions are immutable'); END"""
        for verb in ("UPDATE", "DELETE")
    ),
    # INSERT OR REPLACE deletes without firing the DELETE trigger unless recursive_triggers is on
    """CREATE TRIGGER artifact_version_no_replace BEFORE INSERT ON artifact_version
        WHEN EXISTS (SELECT 1 FROM artifact_version WHERE id = NEW.id
            OR (artifact = NEW.artifact AND (seq = NEW.seq OR digest = NEW.digest)))
        BEGIN SELECT RAISE(ABORT, 'versions are immutable'); END""",
)


def m005_snapshot(db: Executes) -> None:
    """Data, artifacts and models with their lineage, and the later parts of the snapshot."""
    for column in SNAPSHOT_COLUMNS:
        db.execute(f"ALTER TABLE snapshot ADD COLUMN {column} TEXT")
    for statement in ARTIFACT_TABLES:
        db.execute(statement)
