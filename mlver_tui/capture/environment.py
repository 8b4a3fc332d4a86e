"""The interpreter and its installed packages, as one record. Separate because the record must be had in milliseconds
inside a training process: it must not know importlib.metadata, pip, uv, or any index.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ..records import Environment, Interpreter, Missing, Package, to_json
from .distributions import scan_folders
from .programs import ask

_TIMEOUT_S = 20.0

# Runs in any Python 3; one line of JSON, marked because start-up files may print as well.
_MARK = "mlver-environment:"
_QUESTION = f"""
import json, os, sys, sysconfig
def libc():
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):
        return ""
print({_MARK!r} + json.dumps(dict(path=[p for p in sys.path if p], version=sys.version.split()[0].rstrip("+"),
    implementation=sys.implementation.name, cache_tag=sys.implementation.cache_tag or "", libc=libc(),
    platform=sysconfig.get_platform(), executable=sys.executable or "", prefix=sys.prefix)))
"""


def read_environment(
    python: str | None = None, *, isolated: bool = False, variables: Mapping[str, str] | None = None
) -> Environment | Missing:
    """Interpreter and packages of this process, or of the interpreter at path `python` (one short subprocess).

    `isolated` leaves out what PYTHONPATH and the user's own site folder add to `python`. Never raises.
    """
    try:
        answer = _own_answer() if python is None else _answer_of(python, isolated, variables or os.environ)
        folders = answer.pop("path")
        return make_environment(Interpreter(**answer), folders)
    except Exception as error:  # a snapshot never fails because of a broken installation
        return Missing("environment", f"{type(error).__name__}: {error}")


def read_interpreter(python: str | None = None, variables: Mapping[str, str] | None = None) -> Interpreter | Missing:
    """Which Python this is, or the one at path `python` is, without looking at its packages. Never raises."""
    try:
        answer = _own_answer() if python is None else _answer_of(python, True, variables or os.environ)
        answer.pop("path")
        return Interpreter(**answer)
    except Exception as error:  # anything may stand at a path: a broken link, a shim, another program
        return Missing("interpreter", f"{type(error).__name__}: {error}")


def make_environment(interpreter: Interpreter, folders: Sequence[str]) -> Environment:
    """The record of what is installed in `folders` (first on the path wins) for `interpreter`."""
    packages, problems = scan_folders(folders)
    return Environment(environment_id(interpreter, packages, problems), interpreter, packages, problems)


def environment_id(interpreter: Interpreter, packages: Sequence[Package], problems: Sequence[str] = ()) -> str:
    """sha256 over what makes two environments differ; where they lie on disk and who installed them does not count."""
    facts = {
        "interpreter": [interpreter.version, interpreter.implementation, interpreter.cache_tag, interpreter.platform],
        "libc": interpreter.libc,
        "packages": [[p.name, p.version, to_json(p.origin), p.record_sha256, list(p.tags)] for p in packages],
        "problems": list(problems),
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(folders: Sequence[str] | None = None) -> str:
    """A digest that changes when something is installed or removed; 2 ms for 450 packages. It misses edits inside a
    package. None: the folders of this interpreter.
    """
    digest = hashlib.sha256(sys.version.encode())
    for folder in _folders() if folders is None else folders:
        try:
            with os.scandir(folder) as entries:
                found = sorted((e.name, e.inode(), e.stat().st_mtime_ns) for e in entries if _is_telling(e.name))
        except OSError:
            continue
        digest.update(repr((folder, found)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _is_telling(name: str) -> bool:
    return name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth"))


def _folders() -> list[str]:
    return [folder for folder in sys.path if isinstance(folder, str) and folder]


def _own_answer() -> dict[str, Any]:
    import sysconfig

    return {
        "path": _folders(),
        "version": sys.version.split()[0].rstrip("+"),
        "implementation": sys.implementation.name,
        "cache_tag": sys.implementation.cache_tag or "",
        "platform": sysconfig.get_platform(),
        "libc": _libc(),
        "executable": sys.executable or "",
        "prefix": sys.prefix,
    }


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):
        return ""  # not glibc


def _answer_of(python: str, isolated: bool, variables: Mapping[str, str]) -> dict[str, Any]:
    argv = [python, *(["-I"] if isolated else []), "-c", _QUESTION]
    status, out, err = ask(argv, None, variables, _TIMEOUT_S)
    for line in reversed(out.splitlines()):
        if line.startswith(_MARK):
            return _checked(json.loads(line[len(_MARK) :]))
    last = err.strip().splitlines()[-1:] or ["it said nothing"]
    raise RuntimeError(f"{python} did not answer (exit {status}): {last[0]}")


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    names = {"path", *Interpreter.__dataclass_fields__}
    if set(answer) != names:
        raise ValueError("the interpreter answered something else than asked")
    return {"path": list(map(str, answer["path"])), **{k: str(v) for k, v in answer.items() if k != "path"}}
