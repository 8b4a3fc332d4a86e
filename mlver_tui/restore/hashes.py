"""Looking up the files and hashes of exact pins with uv: from its cache, then over the network.

What uv answers is checked against the record before a word of it reaches a lockfile.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..capture.variables import scrub_url
from ..errors import RestoreError
from ..records import Interpreter, Package
from . import toml
from .files import PackageFiles, choose_files
from .grammar import is_url
from .installer import Installer
from .runner import Outcome, Runner
from .steps import look_up, look_up_indexes

_TIMEOUT_S = 600.0
_MOST_LOST = 20
_LOST = re.compile(
    r"there is no version of ([A-Za-z0-9._-]+)==|([A-Za-z0-9._-]+) was not found in the (?:package registry|provided)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What could be looked up."""

    files: dict[str, PackageFiles] = field(default_factory=dict)
    """By package name; a package without an entry has no known hash."""
    unavailable: dict[str, str] = field(default_factory=dict)
    """By package name: no index that is set up here has that version."""
    note: str = ""
    """Why some or all hashes are missing, in plain words."""


def look_up_files(
    packages: Sequence[Package], interpreter: Interpreter, installer: Installer | None, python: str, runner: Runner
) -> Found:
    """Files and hashes of index packages. Raises RestoreError only when cancelled; else `note` says what went wrong."""
    if not packages:
        return Found()
    if installer is None or installer.name != "uv":
        return Found(note="hashes are looked up with uv, and there is none here")
    return _Search(tuple(packages), interpreter.version, installer, python, runner).search()


@dataclass(frozen=True, slots=True)
class _Search:
    """One look-up: the question, and whom to ask."""

    packages: tuple[Package, ...]
    version: str
    installer: Installer
    python: str
    runner: Runner

    def search(self) -> Found:
        self.runner.progress(f"looking up the hashes of {len(self.packages)} packages")
        wanted, unavailable = list(self.packages), dict[str, str]()
        outcome = self._compile(wanted, offline=True)
        for _ in range(_MOST_LOST):
            if outcome.status == 0 or not wanted:
                break
            outcome = self._compile(wanted, offline=False)
            lost = _lost(outcome, wanted)
            if outcome.status and not lost:
                return Found(unavailable=unavailable, note=f"uv could not look them up ({outcome.last_words})")
            unavailable |= dict.fromkeys(lost, "no index or folder that is set up here has this version")
            wanted = [package for package in wanted if package.name not in lost]
        if outcome.status:
            return Found({}, unavailable, f"more than {_MOST_LOST} packages are on no index that is set up here")
        return Found(self._chosen(wanted), unavailable)

    def _compile(self, wanted: Sequence[Package], *, offline: bool) -> Outcome:
        self._pins.write_text("".join(f"{package.name}=={package.version}\n" for package in wanted), encoding="utf-8")
        self._lock.unlink(missing_ok=True)
        words = look_up(self.installer, self._pins, self._lock, self.python, self.version, offline=offline)
        return self.runner.run(words, timeout_s=_TIMEOUT_S, quiet=True)

    def _chosen(self, wanted: Sequence[Package]) -> dict[str, PackageFiles]:
        entries = _entries(self._lock) if wanted else {}
        indexes = self._indexes() if wanted else {}
        chosen = {
            package.name: choose_files(package, entries.get(package.name, {}), indexes.get(package.name, ""))
            for package in wanted
        }
        return {name: files for name, files in chosen.items() if files is not None}

    def _indexes(self) -> dict[str, str]:
        words = look_up_indexes(self.installer, self._pins, self.python, self.version)
        return index_annotations(self.runner.run(words, timeout_s=_TIMEOUT_S, quiet=True).out)

    @property
    def _pins(self) -> Path:
        return self.runner.folder / "pins.txt"

    @property
    def _lock(self) -> Path:
        return self.runner.folder / "pylock.toml"


def index_annotations(text: str) -> dict[str, str]:
    """Index URL by package name from `name==version` lines that are followed by `# from URL`, without credentials."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if not line.startswith((" ", "#")):
            name = line.partition("==")[0].strip()
        elif line.strip().startswith("# from ") and name:
            url = scrub_url(line.strip().removeprefix("# from ").strip())
            if is_url(url) and not url.startswith("file:"):
                found[name] = url
    return found


def _entries(lock: Path) -> dict[str, dict[str, Any]]:
    try:
        packages = toml.read(lock.read_text(encoding="utf-8")).get("packages", [])
    except (RestoreError, OSError, UnicodeDecodeError):
        return {}
    return {str(entry.get("name")): entry for entry in packages if isinstance(entry, dict)}


def _lost(outcome: Outcome, wanted: Sequence[Package]) -> set[str]:
    if outcome.status == 0:
        return set()
    said = {re.sub(r"[-_.]+", "-", a or b).lower() for a, b in _LOST.findall(" ".join(outcome.err.split()))}
    return said & {package.name for package in wanted}
