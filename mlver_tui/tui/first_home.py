"""Which store a bare `mlver-tui`, `mlver-tui PATH` or `mlver-tui --home DIR` means, found before anything is loaded.

The command line decides the same with more care a moment later; what is not plain is left to it. Tests hold them equal.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDER, DATABASE, JOURNALS = ".mlver", "runs.db", "journals"


def first_home(words: Sequence[str], environ: Mapping[str, str] = os.environ) -> str | None:
    """The home that these words open; None if they are not for the app, or there is no store yet."""
    named = _named(words)
    if named is None:
        return None
    homes = [_meant(environ)] if named == "" else [_absolute(named), os.path.join(_absolute(named), FOLDER)]
    for home in homes:
        if os.path.exists(database_of(home)):
            return home
        if named and os.path.isdir(os.path.join(home, JOURNALS)):
            return None  # nothing of it can be read yet
    return None


def database_of(home: str) -> str:
    """The file that holds its runs."""
    return os.path.join(home, DATABASE)


def name_of(home: str) -> str:
    """The home as a person knows it."""
    return os.path.basename(os.path.dirname(home) if os.path.basename(home) == FOLDER else home)


def _named(words: Sequence[str]) -> str | None:
    """The path in the words, "" where there is none; None for words that mean something else."""
    if not words:
        return ""
    if len(words) == 1 and words[0].startswith("--home="):
        return words[0][len("--home=") :] or None
    if len(words) == 2 and words[0] == "--home":
        return words[1] or None
    plain = len(words) == 1 and (words[0].startswith((".", "~")) or os.sep in words[0])
    return words[0] if plain and not words[0].startswith("-") else None


def _meant(environ: Mapping[str, str]) -> str:
    """As `home.find_home`: the variable, the nearest folder upward, the place for data."""
    chosen = environ.get("MLVER_HOME", "")
    if chosen:
        return _absolute(chosen)
    folder = os.getcwd()
    while True:
        if os.path.isdir(os.path.join(folder, FOLDER)):
            return os.path.join(folder, FOLDER)
        above = os.path.dirname(folder)
        if above == folder:
            return os.path.join(os.path.expanduser(environ.get("XDG_DATA_HOME") or "~/.local/share"), "mlver")
        folder = above


def _absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))
