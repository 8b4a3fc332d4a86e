"""Two or more environments side by side, package by package. Pure: it gets records and gives rows.

The same version number is not yet the same package: origin and files are compared where they were recorded.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..records import Environment, Package
from .pep440 import version_key
from .views import DiffRow

Packages = Sequence[Package | None]


def environment_rows(environments: Sequence[Environment | None]) -> list[DiffRow]:
    """Rows for the interpreter, then one per package by name; the first environment is the base.

    An environment that is None was not recorded: then no row can be `same`. No rows when none was recorded.
    """
    known = [environment for environment in environments if environment]
    if not known:
        return []
    names = sorted({package.name for environment in known for package in environment.packages})
    by_name = [{p.name: p for p in e.packages} if e else None for e in environments]
    rows = _interpreter_rows(environments)
    for name in names:
        found = [packages.get(name) if packages is not None else None for packages in by_name]
        rows.append(_package_row(name, found, [packages is not None for packages in by_name]))
    return rows


def _interpreter_rows(environments: Sequence[Environment | None]) -> list[DiffRow]:
    pythons = [e.interpreter if e else None for e in environments]
    columns = {
        "python": [f"{p.implementation} {p.version}".strip() if p and p.version else None for p in pythons],
        "platform": [(p.platform or None) if p else None for p in pythons],
        "libc": [(p.libc or None) if p else None for p in pythons],
    }
    return [_text_row(key, cells) for key, cells in columns.items() if key != "libc" or any(cells)]


def _text_row(key: str, cells: Sequence[str | None]) -> DiffRow:
    distinct = {cell for cell in cells if cell is not None}
    if len(distinct) > 1:
        return DiffRow("env", key, tuple(cells), "differs")
    return DiffRow("env", key, tuple(cells), "unknown" if None in cells else "same")


def _package_row(name: str, packages: Packages, recorded: Sequence[bool]) -> DiffRow:
    cells = tuple(_cell(package) for package in packages)
    present = [p for p, known in zip(packages, recorded, strict=True) if known]
    notes = sorted({note for package in present for note in _notes(present[0], package)})
    if any(_differ(present[0], package) for package in present):
        return DiffRow("env", name, cells, "differs", ", ".join(notes) if recorded[0] else "")
    if not all(recorded):
        return DiffRow("env", name, cells, "unknown")
    why = next((why for package in present if (why := _doubt(present[0], package))), "")
    return DiffRow("env", name, cells, "unknown" if why else "same", why)


def _cell(package: Package | None) -> str | None:
    if package is None:
        return None
    origin = package.origin
    return package.version if origin.kind in ("index", "unknown") else f"{package.version} ({origin})"


def _differ(base: Package | None, other: Package | None) -> bool:
    if base is None or other is None:
        return base is not other
    return base.version != other.version or _other_origin(base, other) or _other_files(base, other)


def _notes(base: Package | None, other: Package | None) -> list[str]:
    """What happened from base to other: added, removed, upgraded, downgraded, other origin, other files."""
    if base is None or other is None:
        return [] if base is other else ["added" if base is None else "removed"]
    if base.version != other.version:
        return [_direction(base.version, other.version)]
    if _other_origin(base, other):
        return ["other origin"]
    return ["other files"] if _other_files(base, other) else []


def _direction(base: str, other: str) -> str:
    old, new = version_key(base), version_key(other)
    if old is None or new is None:
        return "other version"
    if old == new:
        return "same version, written differently"
    return "upgraded" if new > old else "downgraded"


def _other_origin(base: Package, other: Package) -> bool:
    if "unknown" in (base.origin.kind, other.origin.kind):
        return False
    return base.origin != other.origin


def _other_files(base: Package, other: Package) -> bool:
    return bool(base.record_sha256 and other.record_sha256 and base.record_sha256 != other.record_sha256)


def _doubt(base: Package | None, other: Package | None) -> str:
    """Why two packages that look the same may not be; empty when there is no doubt."""
    if base is None or other is None or base is other:
        return "its files are not recorded" if base and _is_loose(base) else ""
    if _is_loose(base) or _is_loose(other):
        return "its files are not recorded"
    if "unknown" in (base.origin.kind, other.origin.kind) and not (base.record_sha256 and other.record_sha256):
        return "where it came from is not recorded"
    return ""


def _is_loose(package: Package) -> bool:
    """A folder that anybody may have edited since: an editable install, or a directory without a file digest."""
    kind = package.origin.kind
    return kind == "editable" or (kind == "directory" and not package.record_sha256)
