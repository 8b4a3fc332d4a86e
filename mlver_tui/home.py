"""Where a store lives. `Home` is passed from hand to hand and never global; every path in it is relative to `root`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .errors import HomeError

HOME_VARIABLE = "MLVER_HOME"
MODE_VARIABLE = "MLVER_MODE"
RUN_VARIABLE = "MLVER_RUN"
FOLDER_NAME = ".mlver"


@dataclass(frozen=True, slots=True)
class Home:
    """One folder with one store."""

    root: Path

    @property
    def database(self) -> Path:
        """The SQLite file that journals are folded into."""
        return self.root / "runs.db"

    @property
    def journals(self) -> Path:
        """One append-only file per writing process and run."""
        return self.root / "journals"

    @property
    def lock(self) -> Path:
        """The file whose flock every write to the database holds."""
        return self.root / "fold.lock"

    @property
    def anchor(self) -> Path:
        """The head of the event chain, kept outside the database so that a cut chain shows."""
        return self.root / "events.anchor"

    @property
    def runs(self) -> Path:
        """A folder per run for files that belong to it (`Run.dir`)."""
        return self.root / "runs"

    def create(self) -> Home:
        """Make the folders, readable by the owner only. Raises HomeError if that is impossible."""
        try:
            for folder in (self.root, self.journals, self.runs):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            ignore = self.root / ".gitignore"
            if not ignore.exists():  # a home inside a repository is no part of its code
                ignore.write_text("*\n")
        except OSError as error:
            raise _unusable(self.root, error) from error
        return self

    def check(self) -> Home:
        """Raise HomeError unless this is a folder that can be read."""
        if not self.root.exists():
            raise HomeError(
                f"there is no store at {self.root}", "log a run there first, or give another folder with --home DIR"
            )
        if not self.root.is_dir():
            raise HomeError(f"{self.root} is a file, not a home folder", "give a folder with --home DIR")
        if not os.access(self.root, os.R_OK | os.X_OK):
            raise HomeError(f"{self.root} cannot be read by this user", "ask its owner, or give --home DIR")
        return self


def find_home(explicit: str | os.PathLike[str] | None = None, start: Path | None = None) -> Home:
    """The home to use: `explicit`, else `$MLVER_HOME`, else the nearest `.mlver/` upward, else the XDG data folder.

    Nothing is created and nothing needs to exist.
    """
    chosen = os.fspath(explicit) if explicit is not None else os.environ.get(HOME_VARIABLE, "")
    if chosen:
        return Home(Path(chosen).expanduser().absolute())
    folder = (start or Path.cwd()).absolute()
    for parent in (folder, *folder.parents):
        if (parent / FOLDER_NAME).is_dir():
            return Home(parent / FOLDER_NAME)
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Home(Path(data).expanduser() / "mlver")


def _unusable(root: Path, error: OSError) -> HomeError:
    if isinstance(error, FileExistsError | NotADirectoryError):
        return HomeError(f"{root} is a file, not a home folder", "give a folder with --home DIR")
    return HomeError(f"{root} cannot be made: {error.strerror or error}", "give a folder you may write with --home DIR")
