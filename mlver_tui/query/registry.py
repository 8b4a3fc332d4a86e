"""Models and versions as frozen views. It reads and finds; what may be released or moved is decided in `registry`."""

from __future__ import annotations

import dataclasses
import difflib
import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from ..errors import NotFoundError
from ..names import VersionRef, parse_ref
from .views import ModelRow, VersionView

_COLUMNS = """model.name, version.seq, version.semver, version.digest, version.run, coalesce(run.name, ''),
    version.message, version.author, version.created_ms"""
_FROM = """FROM version JOIN model ON model.id = version.model LEFT JOIN run ON run.id = version.run"""


def list_models(connection: sqlite3.Connection) -> list[ModelRow]:
    """All models by name, each with its number of versions and the newest one."""
    rows = connection.execute(
        """SELECT model.name, count(*), version.semver, version.created_ms, max(version.seq)
            FROM model JOIN version ON version.model = model.id GROUP BY model.id ORDER BY model.name"""
    )
    return [ModelRow(name, count, latest, updated) for name, count, latest, updated, _ in rows]


def list_versions(connection: sqlite3.Connection, model: str | None = None) -> list[VersionView]:
    """Versions of one model, newest first, or of all models by name. `manifest` is left empty: `find_version` has it.

    Raises NotFoundError when there is no such model.
    """
    if model is not None and not _has_model(connection, model):
        raise _no_model(connection, model)
    where, values = ("WHERE model.name = ?", (model,)) if model is not None else ("", ())
    rows = connection.execute(f"SELECT {_COLUMNS} {_FROM} {where} ORDER BY model.name, version.seq DESC", values)
    return [VersionView(*row) for row in rows]


def find_version(connection: sqlite3.Connection, ref: str) -> VersionView:
    """The version behind `model:v3`, `model:1.2.0` or `model:latest`, with its manifest.

    Raises NotFoundError with what there is instead, UsageError when `ref` is no reference at all.
    """
    parsed = parse_ref(ref)
    if not isinstance(parsed, VersionRef):
        if _has_model(connection, ref):
            raise NotFoundError(
                f"{ref} is a model, not a version", f"say {ref}:latest, or see: {_some(connection, ref)}"
            )
        raise NotFoundError(f"{ref} is not a version", "a version looks like digits:1.2.0, digits:v3 or digits:latest")
    condition, values = _condition(parsed)
    row = connection.execute(
        f"SELECT {_COLUMNS}, version.manifest {_FROM} WHERE model.name = ? AND {condition} ORDER BY seq DESC LIMIT 1",
        (parsed.model, *values),
    ).fetchone()
    if row is None:
        raise _no_version(connection, parsed, ref)
    *columns, manifest = row
    return dataclasses.replace(VersionView(*columns), manifest=read_manifest(manifest))


def read_manifest(text: object) -> dict[str, Any]:
    """The manifest column as a dict; empty when it cannot be read (then `verify` says so)."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _condition(ref: VersionRef) -> tuple[str, Sequence[Any]]:
    if ref.seq is not None:
        return "version.seq = ?", (ref.seq,)
    if ref.semver is not None:
        return "version.semver = ?", (str(ref.semver),)
    if ref.alias == "latest":
        return "1", ()
    return "0", ()


def _no_version(connection: sqlite3.Connection, ref: VersionRef, text: str) -> NotFoundError:
    if not _has_model(connection, ref.model):
        return _no_model(connection, ref.model)
    have = f"{ref.model} has {_some(connection, ref.model)}"
    if ref.stage is not None:
        return NotFoundError(f"no stage named {ref.stage} yet for {ref.model}", have)
    if ref.alias is not None:
        return NotFoundError(f"no alias named {ref.alias} yet for {ref.model}", have)
    return NotFoundError(f"there is no version {text}", have)


def _no_model(connection: sqlite3.Connection, model: str) -> NotFoundError:
    names = [name for (name,) in connection.execute("SELECT name FROM model ORDER BY name")]
    if not names:
        return NotFoundError(
            f"there is no model {model}", "tag the first one with: mlver-tui release RUN MODEL -m MESSAGE"
        )
    close = difflib.get_close_matches(model, names, n=3) or names[:5]
    return NotFoundError(f"there is no model {model}", f"there is {', '.join(close)}")


def _has_model(connection: sqlite3.Connection, model: str) -> bool:
    return connection.execute("SELECT 1 FROM model WHERE name = ?", (model,)).fetchone() is not None


def _some(connection: sqlite3.Connection, model: str) -> str:
    versions = list_versions(connection, model)
    shown = ", ".join(f"v{version.seq} = {version.semver}" for version in versions[:5])
    return shown + (f" and {len(versions) - 5} older" if len(versions) > 5 else "") or "no versions"
