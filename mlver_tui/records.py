"""The nouns as they are written: frozen dataclasses that cross floors.

`to_json` and the `*_from_json` functions are the only way in and out of the journal and the store.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar

Status = Literal["running", "finished", "failed", "killed", "scheduled", "queued", "unknown"]
T = TypeVar("T")
Kind = Literal["int", "float", "bool", "str", "none", "list", "other"]
OriginKind = Literal["index", "vcs", "archive", "directory", "editable", "unknown"]


@dataclass(frozen=True, slots=True)
class Value:
    """One typed leaf of config or summary. `text` is exact: `repr` of a float, JSON of a list."""

    kind: Kind
    text: str

    @property
    def number(self) -> float | None:
        """The value as a number to compare with; None if it is no number or NaN."""
        if self.kind == "bool":
            return float(self.text == "true")
        if self.kind not in ("int", "float"):
            return None
        try:
            number = float(self.text)
        except (OverflowError, ValueError):  # beyond float64, or a signalling NaN of Decimal
            return None
        return None if number != number else number


@dataclass(frozen=True, slots=True)
class Missing:
    """A part of the snapshot that could not be recorded, and why. Never an exception."""

    part: str
    reason: str


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


@dataclass(frozen=True, slots=True)
class Code:
    """Which source was on disk. `None` means unknown, never "clean"."""

    root: str = ""
    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    remote: str | None = None
    tree: str | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """How the process was started, scrubbed of secrets."""

    argv: tuple[str, ...]
    cwd: str
    executable: str = ""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One accelerator."""

    name: str
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Hardware:
    """The box."""

    host: str
    os: str
    cpu: str = ""
    cores: int | None = None
    threads: int | None = None
    memory_bytes: int | None = None
    gpus: tuple[Gpu, ...] | None = None
    """None if it is not known; an empty tuple if there are none."""


@dataclass(frozen=True, slots=True)
class Process:
    """What identifies a process beyond its pid, so that a reused pid or another box is not taken for it."""

    host: str
    pid: int
    started: str
    """Start time in clock ticks since boot (Linux) or unix seconds; "" if unknown."""
    boot: str
    """Boot id; "" if unknown."""
    namespace: str = ""
    """Pid namespace, so that a container's pid is not looked for outside it."""


def to_json(record: Any) -> dict[str, Any]:
    """A record as plain dicts and lists."""
    return asdict(record)


def environment_from_json(data: dict[str, Any]) -> Environment:
    """Inverse of `to_json` for an Environment; unknown keys are ignored so that a newer shim can be read."""
    return Environment(
        id=data["id"],
        interpreter=_build(Interpreter, data["interpreter"]),
        packages=tuple(_package(item) for item in data["packages"]),
        problems=tuple(data.get("problems", ())),
    )


def code_from_json(data: dict[str, Any]) -> Code:
    """Inverse of `to_json` for Code."""
    return _build(Code, {**data, "left_out": tuple(data.get("left_out", ()))})


def command_from_json(data: dict[str, Any]) -> Command:
    """Inverse of `to_json` for Command."""
    return _build(Command, {**data, "argv": tuple(data.get("argv", ()))})


def hardware_from_json(data: dict[str, Any]) -> Hardware:
    """Inverse of `to_json` for Hardware."""
    gpus = data.get("gpus")
    return _build(Hardware, {**data, "gpus": None if gpus is None else tuple(_build(Gpu, gpu) for gpu in gpus)})


def process_from_json(data: dict[str, Any]) -> Process:
    """Inverse of `to_json` for Process."""
    return _build(Process, data)


def _package(data: dict[str, Any]) -> Package:
    return _build(
        Package,
        {**data, "origin": _build(Origin, data.get("origin", {})), "tags": tuple(data.get("tags", ()))},
    )


def _build(kind: type[T], data: dict[str, Any]) -> T:
    names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: data[name] for name in names if name in data})
