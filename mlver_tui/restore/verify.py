"""The proof: a rebuilt environment against the record, package by package and file by file.

It compares and judges; it never repairs, and it never calls unknown the same.
"""

from __future__ import annotations

import hashlib
import os
import stat
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..capture.distributions import normalised
from ..capture.wheel_record import RecordLine, record_lines
from ..query.views import PackageVerdict, VerdictWord
from ..records import Environment, Origin, Package
from .sources import LeftOut

WORDS: tuple[VerdictWord, ...] = ("exact", "same files, other origin", "unknown", "degraded", "missing")
"""Best first."""
_HASH_ALL_UP_TO = 5000
_SLACK_NS = 2_000_000_000
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that is not what the RECORD of its package says."""

    folder: str
    """The dist-info folder."""
    path: str
    why: str


@dataclass(frozen=True, slots=True)
class FileCheck:
    """Installed files against their RECORDs."""

    damages: tuple[Damage, ...]
    files: int
    hashed: int
    """Files whose content was read; the others were compared by size."""


def worst(words: Iterable[VerdictWord]) -> VerdictWord:
    """The worst of some verdicts; of none: exact."""
    return max(words, key=WORDS.index, default="exact")


def compare(
    recorded: Environment, rebuilt: Environment, left_out: Iterable[LeftOut] = (), damages: Iterable[Damage] = ()
) -> list[PackageVerdict]:
    """One verdict per package of either side, by name: version, RECORD digest, origin, then its files."""
    before = {package.name: package for package in recorded.packages}
    after = {package.name: package for package in rebuilt.packages}
    reasons = {left.package.name: left for left in left_out}
    broken = _by_package(damages)
    verdicts = (_judge(name, before.get(name), after.get(name), reasons) for name in sorted({*before, *after}))
    return [_with_damage(verdict, broken) for verdict in verdicts]


def _judge(name: str, before: Package | None, after: Package | None, reasons: Mapping[str, LeftOut]) -> PackageVerdict:
    if before is None:
        return PackageVerdict(name, None, after.version if after else None, "degraded", "not in the record")
    if after is None:
        left = reasons.get(name)
        why = f"{left.why}; {left.way_out}" if left and left.way_out else left.why if left else "not installed"
        return PackageVerdict(name, before.version, None, "missing", why)
    word, reason = _compared(before, after)
    return PackageVerdict(name, before.version, after.version, word, reason)


def _compared(before: Package, after: Package) -> tuple[VerdictWord, str]:
    if before.version != after.version:
        return "degraded", f"version {after.version} instead of {before.version}"
    if not before.record_sha256:
        return "unknown", "the record has no digest of its files"
    if not after.record_sha256:
        return "unknown", "the installed package has no list of its files"
    if before.record_sha256 != after.record_sha256:
        return "degraded", _why_other_files(before)
    if before.origin.kind == "editable":
        return "unknown", "linked to a folder whose source at the time of the run is not known"
    if _same_origin(before.origin, after.origin):
        return "exact", ""
    return "same files, other origin", f"from {after.origin}, recorded from {before.origin}"


def _why_other_files(before: Package) -> str:
    if before.origin.kind in ("directory", "editable"):
        return "same version, other files: the folder has changed, or was built in another way"
    if before.origin.kind == "vcs" or any(tag.endswith(("-linux_x86_64", "-linux_aarch64")) for tag in before.tags):
        return "same version, other files: it was built again from source, which need not give the same bytes"
    return "same version, other files"


def _same_origin(before: Origin, after: Origin) -> bool:
    """By meaning: installers write the same origin in different words."""
    if {before.kind, after.kind} <= {"index", "unknown"}:
        return before.kind == after.kind
    if before.kind != after.kind or before.subdirectory != after.subdirectory:
        return False
    if before.kind == "vcs":
        return before.commit == after.commit and _plain(before.url) == _plain(after.url)
    if before.kind == "archive" and before.sha256 and after.sha256:
        return before.sha256 == after.sha256
    return _plain(before.url) == _plain(after.url)


def _plain(url: str) -> str:
    return url.removeprefix("git+").rstrip("/").removesuffix(".git")


def _by_package(damages: Iterable[Damage]) -> dict[str, list[Damage]]:
    found: dict[str, list[Damage]] = {}
    for damage in damages:
        name = damage.folder.removesuffix(".dist-info").rpartition("-")[0]
        found.setdefault(normalised(name), []).append(damage)
    return found


def _with_damage(verdict: PackageVerdict, broken: Mapping[str, list[Damage]]) -> PackageVerdict:
    damages = broken.get(verdict.name)
    if not damages or verdict.found is None:
        return verdict
    more = f" and {len(damages) - 1} more" if len(damages) > 1 else ""
    return replace(verdict, word="degraded", why=f"{damages[0].path}{more}: {damages[0].why}")


def check_files(site_packages: Path, *, full: bool = False) -> FileCheck:
    """Every file that a RECORD lists: is it there, and is it what was listed?

    Content is hashed when `full`, when there are few files, when the size is not the listed one, and when a file was
    written after its package was installed; else the size has to do.
    """
    listed = [
        (folder, line)
        for folder in sorted(site_packages.glob("*.dist-info"))
        for line in _lines_of(folder)
        if line.hash.startswith("sha256=")
    ]
    everything = full or len(listed) <= _HASH_ALL_UP_TO
    damages: list[Damage] = []
    hashed = 0
    for folder, line in listed:
        why, was_hashed = _check(site_packages, folder, line, everything)
        hashed += was_hashed
        damages += [Damage(folder.name, line.path, why)] if why else []
    return FileCheck(tuple(damages), len(listed), hashed)


def _lines_of(folder: Path) -> list[RecordLine]:
    try:
        return list(record_lines((folder / "RECORD").read_bytes()))
    except OSError:
        return []  # without a RECORD there is no digest either, which is judged as unknown


def _check(site_packages: Path, folder: Path, line: RecordLine, everything: bool) -> tuple[str, bool]:
    path = os.path.join(site_packages, line.path)
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            return "is no file", False
        later = found.st_mtime_ns > os.stat(folder / "METADATA").st_mtime_ns + _SLACK_NS
        if not everything and str(found.st_size) == line.size and not later:
            return "", False
        same = f"sha256={_hash(path)}" == line.hash
    except FileNotFoundError:
        return "is missing", False
    except OSError as error:
        return f"cannot be read: {error.strerror}", False
    return "" if same else "was changed after it was built", True


def _hash(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
