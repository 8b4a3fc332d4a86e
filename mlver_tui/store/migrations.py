"""The schema, as ordered steps. A released step is never edited; each runs in its own transaction and sets
`user_version`. This is the only module that imports sqlite_utils, and nothing the shim loads imports it.

Physical tables are singular and internal (`run`, `param`, `chunk`); the plural views (`runs`, `params`, `summary`,
`tags`, `series_summary`, `versions`, `events`) are the documented surface for people with `sqlite3`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from sqlite_utils import Database

from .connection import APPLICATION_ID

Step = Callable[[Database], None]


def m001_runs(db: Database) -> None:
    """Runs with their params, tags and snapshot parts."""
    db.execute(
        """CREATE TABLE run (
            pk INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            project TEXT NOT NULL,
            grp TEXT,
            job_type TEXT,
            status TEXT NOT NULL CHECK (status IN
                ('running','finished','failed','killed','scheduled','queued','unknown')),
            start_ms INTEGER NOT NULL,
            end_ms INTEGER,
            heartbeat_ms INTEGER,
            notes TEXT NOT NULL DEFAULT '',
            parent TEXT,
            source_id TEXT,
            deleted INTEGER NOT NULL DEFAULT 0,
            host TEXT,
            process TEXT,
            command TEXT,
            code TEXT,
            git_commit TEXT,
            git_branch TEXT,
            git_dirty INTEGER,
            hardware TEXT,
            environment TEXT,
            missing TEXT NOT NULL DEFAULT '[]',
            failure TEXT,
            exit_code INTEGER,
            dropped INTEGER NOT NULL DEFAULT 0,
            warnings TEXT NOT NULL DEFAULT '[]')"""
    )
    db.execute("CREATE INDEX run_start ON run (start_ms, pk)")
    db.execute("CREATE INDEX run_project ON run (project, start_ms)")
    db.execute("CREATE INDEX run_name ON run (name)")
    for table in ("param", "final"):  # `final`: summary values set by hand
        db.execute(
            f"""CREATE TABLE {table} (
                run INTEGER NOT NULL REFERENCES run (pk),
                key TEXT NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN ('int','float','bool','str','none','list','other')),
                num REAL,
                text TEXT NOT NULL,
                PRIMARY KEY (run, key)) WITHOUT ROWID"""
        )
        db.execute(f"CREATE INDEX {table}_key ON {table} (key, num, run)")
    db.execute(
        """CREATE TABLE tag (
            run INTEGER NOT NULL REFERENCES run (pk), name TEXT NOT NULL, PRIMARY KEY (run, name)) WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX tag_name ON tag (name, run)")
    db.execute("CREATE TABLE environment (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID")
    db.execute(
        """CREATE TABLE package (
            environment TEXT NOT NULL REFERENCES environment (id), name TEXT NOT NULL, version TEXT NOT NULL,
            origin TEXT NOT NULL, PRIMARY KEY (environment, name, version)) WITHOUT ROWID"""
    )


def m002_metrics(db: Database) -> None:
    """Series with a plain-SQL summary, and their points in packed chunks."""
    db.execute(
        """CREATE TABLE series (
            id INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES run (pk),
            section TEXT NOT NULL DEFAULT 'metric' CHECK (section IN ('metric','system')),
            key TEXT NOT NULL,
            n INTEGER NOT NULL,
            nans INTEGER NOT NULL,
            first_step INTEGER NOT NULL,
            last_step INTEGER NOT NULL,
            first REAL,
            last REAL,
            last_time REAL NOT NULL,
            vmin REAL,
            vmin_step INTEGER,
            vmax REAL,
            vmax_step INTEGER,
            vsum REAL,
            UNIQUE (run, section, key))"""
    )
    db.execute("CREATE INDEX series_key ON series (section, key, last, run, n, nans, vmin, vmax, first, vsum)")
    db.execute(
        """CREATE TABLE chunk (
            id INTEGER PRIMARY KEY,
            series INTEGER NOT NULL REFERENCES series (id),
            seq INTEGER NOT NULL,
            n INTEGER NOT NULL,
            first_step INTEGER NOT NULL,
            stride INTEGER NOT NULL,
            step_min INTEGER NOT NULL,
            step_max INTEGER NOT NULL,
            first_time REAL NOT NULL,
            last_time REAL NOT NULL,
            nans INTEGER NOT NULL,
            vmin REAL,
            vmax REAL,
            vsum REAL,
            first REAL,
            last REAL,
            crc INTEGER NOT NULL,
            steps BLOB,
            times BLOB NOT NULL,
            vals BLOB NOT NULL,
            UNIQUE (series, seq))"""
    )
    db.execute(
        """CREATE INDEX chunk_summary ON chunk
            (series, seq, n, first_step, stride, step_min, step_max, nans, vmin, vmax, vsum, first, last)"""
    )
    db.execute(  # the level above: SPAN points each, so that an overview of 100 M points touches few rows
        """CREATE TABLE span (
            series INTEGER NOT NULL REFERENCES series (id),
            seq INTEGER NOT NULL,
            n INTEGER NOT NULL,
            step_min INTEGER NOT NULL,
            step_max INTEGER NOT NULL,
            nans INTEGER NOT NULL,
            vmin REAL,
            vmax REAL,
            vsum REAL,
            first REAL,
            last REAL,
            PRIMARY KEY (series, seq)) WITHOUT ROWID"""
    )
    db.execute(
        """CREATE TABLE journal (
            name TEXT PRIMARY KEY,
            run TEXT NOT NULL,
            offset INTEGER NOT NULL,
            shapes TEXT NOT NULL DEFAULT '{}',
            damaged_bytes INTEGER NOT NULL DEFAULT 0,
            writer TEXT NOT NULL DEFAULT '{}',
            closed INTEGER NOT NULL DEFAULT 0,
            retired INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID"""
    )


def m003_registry(db: Database) -> None:
    """Models, immutable versions, the hash-chained events, and the verdicts of restores."""
    db.execute(
        """CREATE TABLE model (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL DEFAULT '')"""
    )
    db.execute(
        """CREATE TABLE version (
            id INTEGER PRIMARY KEY,
            model INTEGER NOT NULL REFERENCES model (id),
            seq INTEGER NOT NULL,
            semver TEXT NOT NULL,
            digest TEXT NOT NULL,
            run TEXT NOT NULL,
            message TEXT NOT NULL,
            author TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            manifest TEXT NOT NULL,
            UNIQUE (model, seq), UNIQUE (model, semver))"""
    )
    db.execute(
        """CREATE TABLE event (
            id INTEGER PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            actor TEXT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            body TEXT NOT NULL,
            prev TEXT NOT NULL,
            hash TEXT NOT NULL UNIQUE)"""
    )
    for table, unique in (
        ("version", "id = NEW.id OR (model = NEW.model AND (seq = NEW.seq OR semver = NEW.semver))"),
        ("event", "id = NEW.id OR hash = NEW.hash"),
    ):
        for verb in ("UPDATE", "DELETE"):
            db.execute(
                f"""CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
                    BEGIN SELECT RAISE(ABORT, '{table}s are immutable'); END"""
            )
        # INSERT OR REPLACE deletes without firing the DELETE trigger unless recursive_triggers is on
        db.execute(
            f"""CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
                WHEN EXISTS (SELECT 1 FROM {table} WHERE {unique})
                BEGIN SELECT RAISE(ABORT, '{table}s are immutable'); END"""
        )
    db.execute(
        """CREATE TABLE restore (
            id INTEGER PRIMARY KEY, run TEXT NOT NULL, at_ms INTEGER NOT NULL, target TEXT NOT NULL,
            verdict TEXT NOT NULL, detail TEXT NOT NULL)"""
    )


def m004_views(db: Database) -> None:
    """The documented read surface for people with `sqlite3`."""
    _view(
        db,
        "runs",
        """SELECT id, name, project, grp AS "group", job_type, status, start_ms, end_ms,
            datetime(start_ms / 1000, 'unixepoch') AS started, (end_ms - start_ms) / 1000.0 AS seconds, notes, parent,
            host, git_commit, git_branch, git_dirty, environment, dropped FROM run WHERE NOT deleted""",
    )
    _view(
        db,
        "params",
        """SELECT run.id AS run, run.name AS run_name, key, kind, num, text
            FROM param JOIN run ON run.pk = param.run WHERE NOT deleted""",
    )
    _view(
        db,
        "summary",
        """SELECT run.id AS run, run.name AS run_name, key, n AS count, nans, first, last, last_step, vmin AS min,
            vmin_step AS min_step, vmax AS max, vmax_step AS max_step, vsum / nullif(n - nans, 0) AS mean
            FROM series JOIN run ON run.pk = series.run WHERE section = 'metric' AND NOT deleted""",
    )
    _view(
        db,
        "tags",
        "SELECT run.id AS run, run.name AS run_name, tag.name AS tag FROM tag JOIN run ON run.pk = tag.run",
    )
    _view(
        db,
        "packages",
        """SELECT run.id AS run, run.name AS run_name, package.name, version, origin
            FROM run JOIN package ON package.environment = run.environment WHERE NOT deleted""",
    )
    _view(
        db,
        "versions",
        """SELECT model.name AS model, seq, semver, digest, run, message, author, created_ms
            FROM version JOIN model ON model.id = version.model""",
    )
    _view(db, "events", "SELECT id, at_ms, actor, kind, subject, body, prev, hash FROM event")


def _view(db: Database, name: str, select: str) -> None:
    db.execute(f"CREATE VIEW {name} AS {select}")


STEPS: tuple[Step, ...] = (m001_runs, m002_metrics, m003_registry, m004_views)
SCHEMA_VERSION = len(STEPS)


def migrate(connection: sqlite3.Connection) -> None:
    """Run the steps that are missing, each in one transaction. The caller holds the lock of the home."""
    db = Database(connection)
    current = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, step in enumerate(STEPS[current:], current + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            step(db)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
