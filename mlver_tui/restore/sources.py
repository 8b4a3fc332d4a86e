"""Which recorded packages an installer can bring back by itself, and which it cannot, with the way out.

Pure: it reads the record's words, and asks about files only through the function handed in.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from ..records import Environment, Package
from .grammar import is_commit, is_git_url, is_name, is_sha256, is_subdirectory, is_url, is_version, local_path

Exists = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A package that stands in no lockfile."""

    package: Package
    why: str
    way_out: str = ""
    folder: str = ""
    """A project folder that is still there and can be installed as it is now; "" if there is none."""

    def __str__(self) -> str:
        said = f"{self.package.name} {self.package.version}: {self.why}"
        return f"{said}; {self.way_out}" if self.way_out else said


@dataclass(frozen=True, slots=True)
class Sources:
    """All packages of a record, sorted by how they come back."""

    listed: tuple[Package, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def index(self) -> tuple[Package, ...]:
        """Those that a package index must have."""
        return tuple(package for package in self.listed if package.origin.kind in ("index", "unknown"))

    def without(self, unavailable: dict[str, str]) -> Sources:
        """The same after some turned out not to be had: name -> why."""
        lost = tuple(
            LeftOut(
                package, unavailable[package.name], "add the index or file it came from to the settings of uv or pip"
            )
            for package in self.listed
            if package.name in unavailable
        )
        kept = tuple(package for package in self.listed if package.name not in unavailable)
        return Sources(kept, self.left_out + lost)


def sort_sources(environment: Environment, exists: Exists = os.path.exists) -> Sources:
    """Sort the packages of a record; a name or version that cannot stand in a lockfile is left out, with the reason."""
    listed: list[Package] = []
    left_out: list[LeftOut] = []
    for package in environment.packages:
        reason = _why_not(package, exists)
        if reason is None:
            listed.append(package)
        else:
            left_out.append(reason)
    return Sources(tuple(listed), tuple(left_out))


def _why_not(package: Package, exists: Exists) -> LeftOut | None:
    if not is_name(package.name) or not is_version(package.version):
        return LeftOut(package, "its recorded name or version is none that an installer takes")
    kind = package.origin.kind
    if kind == "vcs":
        return _vcs(package)
    if kind == "archive":
        return _archive(package, exists)
    if kind in ("directory", "editable"):
        return _folder(package, exists)
    return None


def _vcs(package: Package) -> LeftOut | None:
    origin = package.origin
    if "+" in origin.url.partition("://")[0].removeprefix("git+"):
        return LeftOut(package, f"it came from {origin.url}; only git can be brought back")
    url = git_url(package)
    if not is_git_url(url) or not is_commit(origin.commit) or not _is_place(origin.subdirectory):
        return LeftOut(package, "its recorded repository or commit is none that git takes")
    return None


def _archive(package: Package, exists: Exists) -> LeftOut | None:
    origin = package.origin
    path = local_path(origin.url)
    if not is_url(origin.url) or not _is_place(origin.subdirectory) or (origin.sha256 and not is_sha256(origin.sha256)):
        return LeftOut(package, "its recorded URL or hash is none that an installer takes")
    if path is not None and not exists(path):
        return LeftOut(
            package, f"it was installed from {path}, which is gone", "put that file back, then restore again"
        )
    return None


def _folder(package: Package, exists: Exists) -> LeftOut:
    kind = "linked to" if package.origin.kind == "editable" else "installed from"
    path = local_path(package.origin.url)
    if path is None:
        return LeftOut(package, f"it was {kind} a folder that was not recorded", "install it by hand")
    if not exists(path):
        return LeftOut(package, f"it was {kind} {path}, which is gone", "put that folder back, then restore again")
    return LeftOut(package, f"it was {kind} {path}", "the folder as it is now will be used", path)


def git_url(package: Package) -> str:
    """The URL to clone, without the `git+` of requirement files."""
    return package.origin.url.removeprefix("git+")


def _is_place(subdirectory: str) -> bool:
    return not subdirectory or is_subdirectory(subdirectory)
