"""`mlver-tui` without a command: the app, on the home that is meant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import HomeError, UsageError
from ...home import FOLDER_NAME, HOME_VARIABLE, Home, find_home

if TYPE_CHECKING:
    import argparse

    from ...tui.prepaint import FirstSight


def run(arguments: argparse.Namespace) -> int:
    """Open the app."""
    if arguments.path and arguments.home:
        raise UsageError("a path and --home cannot both be given", "leave one of them away")
    home = _home(arguments.path or arguments.home)
    if arguments.no_color:
        os.environ["NO_COLOR"] = "1"
    from ...tui.start import run_app

    return run_app(home)


def show(first: FirstSight) -> int:
    """Open the app over the first rows of a home, which are painted already."""
    from ...tui.start import run_app

    return run_app(Home(Path(first.home)), first)


def _home(text: str | None) -> Home:
    """The home to open. One that a person names must hold a store: looking must not make one in any folder."""
    if text is None:
        home = find_home()
        return home.check() if os.environ.get(HOME_VARIABLE) else home.create()
    path = Path(text).expanduser().absolute()
    for home in (Home(path), Home(path / FOLDER_NAME)):
        if home.database.exists() or home.journals.is_dir():
            return home.check()
    Home(path).check()
    raise HomeError(f"{path} holds no runs", f"log some there first: mlver.init(home={str(path)!r}), or mlver-tui demo")
