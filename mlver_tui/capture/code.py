"""Which source was on disk, as git says. Separate because git is an outside program that must never be able to write
to the person's repository, run its hooks, or hold up a training script.
"""

from __future__ import annotations

import os

from ..home import FOLDER_NAME
from ..records import Code, Missing
from .programs import ask, find_program, without_git_variables
from .variables import scrub_url

_TIMEOUT_S = 5.0
_READ_ONLY = (
    "--no-optional-locks",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "--literal-pathspecs",
)
_NEVER_SOURCE = (FOLDER_NAME, "__pycache__")


def read_code(folder: str) -> Code | Missing:
    """Commit, branch, dirty state, remote and root of the repository around `folder`.

    A repository without a commit yet gives `commit=None`. Dirty counts tracked changes and untracked files that git
    does not ignore, except our own store and bytecode; None where git could not tell in time.
    """
    try:
        git = find_program("git")
        return _read(git, folder) if git else Missing("code", "git is not installed")
    except Exception as error:  # a snapshot never fails because of a repository
        return Missing("code", f"{type(error).__name__}: {error}")


def _read(git: str, folder: str) -> Code | Missing:
    if not os.path.isdir(folder):
        return Missing("code", f"{folder} is not a folder")
    status, out, err = _git(git, folder, "rev-parse", "--show-toplevel")
    if status:
        return Missing("code", _plain(err, folder))
    root = out.rstrip("\n")
    commit, branch, dirty = _state(git, root)
    return Code(root=root, commit=commit, branch=branch, dirty=dirty, remote=_remote(git, root))


def _state(git: str, root: str) -> tuple[str | None, str | None, bool | None]:
    try:
        status, out, _ = _git(git, root, "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal")
    except TimeoutError:
        status, out = 1, ""
    if status:
        known, commit, _ = _git(git, root, "rev-parse", "--verify", "--quiet", "HEAD")
        return (commit.strip() if not known else None), None, None
    entries = [entry for entry in out.split("\0") if entry]
    heads = dict(entry[2:].split(" ", 1) for entry in entries if entry.startswith("# branch."))
    commit, branch = heads.get("branch.oid", "(initial)"), heads.get("branch.head", "(detached)")
    dirty = any(not entry.startswith("# ") and not _is_no_source(entry) for entry in entries)
    return (None if commit == "(initial)" else commit), (None if branch == "(detached)" else branch), dirty


def _is_no_source(entry: str) -> bool:
    return entry.startswith("? ") and entry.rstrip("/").rpartition("/")[2].removeprefix("? ") in _NEVER_SOURCE


def _remote(git: str, root: str) -> str | None:
    """The URL of `origin`, else of the only remote, without credentials."""
    status, out, _ = _git(git, root, "config", "--null", "--get-regexp", r"^remote\..*\.url$")
    if status:
        return None
    pairs = [entry.split("\n", 1) for entry in out.split("\0") if "\n" in entry]
    urls = {pair[0]: pair[1] for pair in pairs}
    url = urls.get("remote.origin.url") or (next(iter(urls.values())) if len(urls) == 1 else None)
    return scrub_url(url) if url else None


def _git(git: str, folder: str, *words: str) -> tuple[int, str, str]:
    variables = {**without_git_variables(os.environ), "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    return ask([git, *_READ_ONLY, *words], folder, variables, _TIMEOUT_S)


def _plain(err: str, folder: str) -> str:
    if "not a git repository" in err:
        return f"{folder} is not in a git repository"
    if "dubious ownership" in err:
        return "git does not trust this repository: it belongs to another user"
    if "must be run in a work tree" in err:
        return f"{folder} is inside a repository without files"
    lines = err.strip().splitlines()
    return f"git failed: {lines[-1]}" if lines else "git failed without a word"
