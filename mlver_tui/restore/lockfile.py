"""From a record to what an installer eats: `pylock.toml` (PEP 751) when every hash is known, else `requirements.txt`.

Pure text making; hashes are handed in by whoever looked them up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..records import Environment, Interpreter, Package
from . import toml
from .files import IndexFile, PackageFiles
from .grammar import as_comment, local_path
from .sources import LeftOut, Sources, git_url

PYLOCK = "pylock.toml"
REQUIREMENTS = "requirements.txt"
_SYSTEMS = {"linux": "linux", "macosx": "darwin", "win": "win32"}


@dataclass(frozen=True, slots=True)
class Lock:
    """A lockfile, and what is to be said about it."""

    name: str
    """`pylock.toml` or `requirements.txt`."""
    text: str
    reason: str
    """Why this kind."""
    problems: tuple[str, ...]
    """What is not in it, one line per package, with the way out."""
    hashed: bool
    """True if every package in it has a hash."""
    packages: int


def write_lock(
    environment: Environment, sources: Sources, files: Mapping[str, PackageFiles], run_id: str = "", note: str = ""
) -> Lock:
    """The best lockfile that can be written for `sources`. `note` says why hashes could not be looked up, if so."""
    problems = tuple(str(left) for left in sources.left_out)
    bare = [package for package in sources.listed if not _is_hashed(package, files)]
    if not bare:
        text = _pylock(environment, sources, files, run_id)
        return Lock(PYLOCK, text, "a hash is known for every package", problems, True, len(sources.listed))
    text = _requirements(environment, sources, files)
    return Lock(REQUIREMENTS, text, _why(bare, note), problems, False, len(sources.listed))


def _is_hashed(package: Package, files: Mapping[str, PackageFiles]) -> bool:
    kind = package.origin.kind
    return kind == "vcs" or (bool(package.origin.sha256) if kind == "archive" else package.name in files)


def _why(bare: list[Package], note: str) -> str:
    names = ", ".join(f"{package.name} {package.version}" for package in bare[:3])
    more = f" and {len(bare) - 3} more" if len(bare) > 3 else ""
    return f"no hash is known for {names}{more}" + (f": {note}" if note else "")


def _requirements(environment: Environment, sources: Sources, files: Mapping[str, PackageFiles]) -> str:
    lines = [
        f"# Python {as_comment(environment.interpreter.version)} on {as_comment(environment.interpreter.platform)}",
        f"# environment {as_comment(environment.id)}; install without dependencies: the list is complete",
        *(_requirement(package) for package in sources.listed),
        *(_left_out(left) for left in sources.left_out),
    ]
    return "\n".join(lines) + "\n"


def _requirement(package: Package) -> str:
    origin = package.origin
    if origin.kind == "vcs":
        place = f"#subdirectory={origin.subdirectory}" if origin.subdirectory else ""
        return f"{package.name} @ git+{git_url(package)}@{origin.commit}{place}"
    if origin.kind == "archive":
        marks = [f"sha256={origin.sha256}"] if origin.sha256 else []
        marks += [f"subdirectory={origin.subdirectory}"] if origin.subdirectory else []
        return f"{package.name} @ {origin.url}" + (f"#{'&'.join(marks)}" if marks else "")
    return f"{package.name}=={package.version}"


def _left_out(left: LeftOut) -> str:
    return f"# left out: {as_comment(str(left))}"


def _pylock(environment: Environment, sources: Sources, files: Mapping[str, PackageFiles], run_id: str) -> str:
    head = {
        "lock-version": "1.0",
        "created-by": "mlver-tui",
        "requires-python": _minor_only(environment.interpreter.version),
        "environments": _markers(environment.interpreter),
    }
    parts = [toml.table({name: item for name, item in head.items() if item})]
    # `packages` must be there even when it is empty; as a key it has to come before any table
    parts += [_entry(package, files) for package in sources.listed] or ["packages = []\n"]
    return "\n".join([*parts, _tool(environment, sources, run_id)])


def _entry(package: Package, files: Mapping[str, PackageFiles]) -> str:
    origin, fields = package.origin, {"name": package.name, "version": package.version}
    if origin.kind == "vcs":
        vcs = {"type": "git", "url": git_url(package), "commit-id": origin.commit, **_place(package)}
        return "[[packages]]\n" + toml.table({**fields, "vcs": vcs})
    if origin.kind == "archive":
        path = local_path(origin.url)
        place = {"path": path} if path else {"url": origin.url}
        archive = {**place, "hashes": {"sha256": origin.sha256}, **_place(package)}
        return "[[packages]]\n" + toml.table({**fields, "archive": archive})
    found = files[package.name]
    entry = "[[packages]]\n" + toml.table({**fields, "index": found.index})
    if found.sdist:
        entry += toml.table({"sdist": _file(found.sdist)})
    return entry + "".join("[[packages.wheels]]\n" + toml.table(_file(wheel)) for wheel in found.wheels)


def _place(package: Package) -> dict[str, str]:
    return {"subdirectory": package.origin.subdirectory} if package.origin.subdirectory else {}


def _file(found: IndexFile) -> dict[str, Any]:
    size = {"size": found.size} if found.size is not None else {}
    return {"name": found.name, "url": found.url, **size, "hashes": {"sha256": found.sha256}}


def _tool(environment: Environment, sources: Sources, run_id: str) -> str:
    facts = {
        "run": run_id,
        "environment": environment.id,
        "python": environment.interpreter.version,
        "left-out": [as_comment(str(left)) for left in sources.left_out],
    }
    digests = {package.name: package.record_sha256 for package in sources.listed}
    return f"[tool.mlver]\n{toml.table(facts)}\n[tool.mlver.record-sha256]\n{toml.table(digests)}"


def _minor_only(version: str) -> str:
    numbers = version.split(".")
    return f"=={numbers[0]}.{numbers[1]}.*" if len(numbers) > 1 and all(n.isdigit() for n in numbers[:2]) else ""


def _markers(interpreter: Interpreter) -> list[str]:
    """One marker for the recorded platform; none if the platform is one we do not know."""
    system, _, rest = interpreter.platform.partition("-")
    if system not in _SYSTEMS or not interpreter.implementation.isalnum():
        return []
    machine = rest.rpartition("-")[2]
    marker = f"sys_platform == '{_SYSTEMS[system]}' and implementation_name == '{interpreter.implementation}'"
    if system == "linux" and machine.replace("_", "").isalnum():
        marker += f" and platform_machine == '{machine}'"
    return [marker]
