"""The files that an index offers for a package, and which of them was installed. Pure; it trusts no file name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import unquote

from ..query.pep440 import version_key
from ..records import Package
from .grammar import is_sha256, is_url

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One wheel or sdist on an index."""

    name: str
    url: str
    sha256: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class PackageFiles:
    """What of a package an installer may take."""

    index: str
    """URL of the index, "" if it is not known."""
    wheels: tuple[IndexFile, ...]
    sdist: IndexFile | None = None


def choose_files(package: Package, entry: dict[str, Any], index: str = "") -> PackageFiles | None:
    """Of a `[[packages]]` entry, the files that the record can have come from; None if none of them can.

    The recorded tags pick the wheel. Where no wheel bears them, the package was built from the source file, or its
    wheel was renamed after it was built (`linux_x86_64` to `manylinux…_x86_64`): then both stay.
    """
    if entry.get("name") != package.name or version_key(str(entry.get("version"))) != version_key(package.version):
        return None
    found = (_file(item) for item in entry.get("wheels", ()) if isinstance(item, dict))
    wheels = [wheel for wheel in found if wheel and _is_of(package, wheel.name)]
    source = entry.get("sdist")
    sdist = _file(source) if isinstance(source, dict) else None
    chosen = [wheel for wheel in wheels if wheel_tags(wheel.name) & set(package.tags)] if package.tags else wheels
    if chosen and package.tags:
        return PackageFiles(index, _closest(chosen, package.tags))
    possible = tuple(chosen) or _renamed(wheels, package.tags)
    return PackageFiles(index, possible, sdist) if possible or sdist else None


def wheel_tags(file_name: str) -> frozenset[str]:
    """The tags that a wheel's file name stands for, written out."""
    pieces = file_name.removesuffix(".whl").split("-")
    if not file_name.endswith(".whl") or len(pieces) not in (5, 6):
        return frozenset()
    return frozenset("-".join(tag) for tag in product(*(piece.split(".") for piece in pieces[-3:])))


def _closest(wheels: Sequence[IndexFile], tags: Sequence[str]) -> tuple[IndexFile, ...]:
    """The wheels whose tags are exactly the recorded ones; all if there is none such."""
    exact = tuple(wheel for wheel in wheels if wheel_tags(wheel.name) == set(tags))
    return exact or tuple(wheels)


def _renamed(wheels: Sequence[IndexFile], tags: Sequence[str]) -> tuple[IndexFile, ...]:
    """Wheels for the same Python, ABI, system and machine as a locally built one."""
    machines = tuple(tag.partition("-linux_")[2] for tag in tags if "-linux_" in tag)
    starts = tuple(tag.partition("linux_")[0] for tag in tags if "-linux_" in tag)
    return tuple(
        wheel
        for wheel in wheels
        if any(t.startswith(starts) and "linux" in t and t.endswith(machines) for t in wheel_tags(wheel.name) if starts)
    )


def _is_of(package: Package, file_name: str) -> bool:
    pieces = file_name.split("-")
    same_name = re.sub(r"[-_.]+", "-", pieces[0]).lower() == package.name
    return same_name and len(pieces) > 1 and version_key(pieces[1]) == version_key(package.version)


def _file(item: dict[str, Any]) -> IndexFile | None:
    url, hashes, size = item.get("url"), item.get("hashes"), item.get("size")
    sha256 = hashes.get("sha256") if isinstance(hashes, dict) else None
    if not isinstance(url, str) or not isinstance(sha256, str) or not is_url(url) or not is_sha256(sha256):
        return None
    name = item.get("name") or unquote(url.rpartition("/")[2])
    if not isinstance(name, str) or not _FILE_NAME.fullmatch(name):
        return None
    return IndexFile(name, url, sha256, size if isinstance(size, int) and size >= 0 else None)
