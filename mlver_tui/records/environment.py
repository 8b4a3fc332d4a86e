"""The interpreter and what is installed for it; never environment variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .basis import build

OriginKind = Literal["index", "vcs", "archive", "directory", "editable", "unknown"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an installed package came from, as far as the disk says (PEP 610)."""

    kind: OriginKind = "unknown"
    """`index` means: no direct URL was recorded, so an index gave it. Which index is not on disk."""
    url: str = ""
    """Without user, password or token."""
    commit: str = ""
    """Exact commit id of a VCS install."""
    sha256: str = ""
    """Hash of the archive, when the installer wrote it down."""
    subdirectory: str = ""

    def __str__(self) -> str:
        if self.kind == "vcs":
            kinds = ("git+", "hg+", "bzr+", "svn+")
            return f"{'' if self.url.startswith(kinds) else 'git+'}{self.url}@{self.commit}"
        return self.kind if not self.url else f"{self.kind} {self.url}"


@dataclass(frozen=True, slots=True)
class Package:
    """One installed distribution."""

    name: str
    """Normalised (PEP 503)."""
    version: str
    origin: Origin = field(default_factory=Origin)
    record_sha256: str = ""
    """Digest over the sorted (path, sha256) lines of RECORD, the same whichever installer wrote them; "" if none."""
    tags: tuple[str, ...] = ()
    """Tags of the WHEEL file, such as `cp311-cp311-manylinux_2_17_x86_64`."""
    installer: str = ""
    requested: bool = False
    """True if a person asked for it; False for a dependency."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that ran."""

    version: str
    """Full version, such as `3.11.7`."""
    implementation: str
    cache_tag: str
    platform: str
    """`sysconfig.get_platform()`, such as `linux-x86_64`."""
    libc: str = ""
    executable: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """Interpreter and installed packages; never environment variables."""

    id: str
    """sha256 over interpreter ABI, platform and sorted (name, version, origin, RECORD digest)."""
    interpreter: Interpreter
    packages: tuple[Package, ...]
    """Sorted by name."""
    problems: tuple[str, ...] = ()
    """Half-removed or unreadable distributions, in plain words."""


def environment_from_json(data: dict[str, Any]) -> Environment:
    """Inverse of `to_json` for an Environment; unknown keys are ignored so that a newer shim can be read."""
    return Environment(
        id=data["id"],
        interpreter=build(Interpreter, data["interpreter"]),
        packages=tuple(_package(item) for item in data["packages"]),
        problems=tuple(data.get("problems", ())),
    )


def _package(data: dict[str, Any]) -> Package:
    return build(
        Package,
        {**data, "origin": build(Origin, data.get("origin", {})), "tags": tuple(data.get("tags", ()))},
    )
