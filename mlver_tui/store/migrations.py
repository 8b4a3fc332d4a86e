"""The schema, as ordered steps. A released step is never edited; each runs in its own transaction and sets
`user_version`. This is the only module that imports sqlite_utils, and nothing the shim loads imports it.

Physical tables are singular and internal (`run`, `param`, `chunk`); the plural views are the documented surface for
people with `sqlite3`, see `views`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from sqlite_utils import Database

from .connection import APPLICATION_ID
from .snapshot_tables import m005_snapshot
from .views import VIEWS, hex_rows, place_rows

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
            git_commit TEXT,
            git_branch TEXT,
            git_dirty INTEGER,
            environment TEXT,
            exit_code INTEGER,
            dropped INTEGER NOT NULL DEFAULT 0)"""
    )
    db.execute(  # what is read for one run at a time: beside `run`, so that a filter over all runs walks narrow rows
        """CREATE TABLE snapshot (
            run INTEGER PRIMARY KEY REFERENCES run (pk),
            process TEXT,
            command TEXT,
            code TEXT,
            hardware TEXT,
            missing TEXT NOT NULL DEFAULT '[]',
            failure TEXT,
            warnings TEXT NOT NULL DEFAULT '[]')"""
    )
    # `deleted` first: a page deep down the list and a count of all are then read from the index alone
    db.execute("CREATE INDEX run_start ON run (deleted, start_ms)")
    db.execute("CREATE INDEX run_name ON run (deleted, name)")
    db.execute("CREATE INDEX run_project ON run (project, deleted, start_ms)")
    db.execute("CREATE INDEX run_running ON run (heartbeat_ms) WHERE status = 'running'")
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
        # the whole value, so that no filter or sort over all runs looks into the table
        db.execute(f"CREATE INDEX {table}_key ON {table} (key, num, text, run, kind)")
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
    db.execute(  # the levels above: `size` points each, so that an overview of 100 M points touches few rows
        """CREATE TABLE span (
            series INTEGER NOT NULL REFERENCES series (id),
            size INTEGER NOT NULL,
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
            PRIMARY KEY (series, size, seq)) WITHOUT ROWID"""
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
    """The documented read surface for people with `sqlite3`, and two small tables that spell out packed numbers."""
    db.execute("CREATE TABLE place (i INTEGER PRIMARY KEY)")
    db.execute(
        """CREATE TABLE hex3 (
            digits TEXT PRIMARY KEY, number INTEGER NOT NULL, scale REAL, hidden INTEGER) WITHOUT ROWID"""
    )
    db.conn.executemany("INSERT INTO place VALUES (?)", place_rows())
    db.conn.executemany("INSERT INTO hex3 VALUES (?, ?, ?, ?)", hex_rows())
    for name, select in VIEWS.items():
        db.execute(f"CREATE VIEW {name} AS {select}")


STEPS: tuple[Step, ...] = (m001_runs, m002_metrics, m003_registry, m004_views, m005_snapshot)
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
            if connection.in_transaction:  # a full disk has rolled back already
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
