"""The short-lived process that folds a journal when a run ends or its journal grows large.

It is optional: killed or never started, nothing is lost, because whoever opens the store folds too. It shares no
descriptor, session or output with the training process.
"""

from __future__ import annotations

import os
import subprocess
import sys

from ..home import Home

VARIABLE = "MLVER_FOLDING"
_children: list[subprocess.Popen[bytes]] = []


def start_folding(home: Home) -> bool:
    """Start folding in the background; False if it is switched off (`MLVER_FOLDING=off`) or cannot be started."""
    if os.environ.get(VARIABLE) == "off" or not sys.executable:
        return False
    try:
        _children[:] = [child for child in _children if child.poll() is None]  # leave no zombies behind
        _children.append(_start(home))
    except Exception:  # no home, no memory, no process to be had, or the interpreter is ending: the next reader folds
        return False
    return True


def _start(home: Home) -> subprocess.Popen[bytes]:
    # `-m` looks in the working directory first: among journals lies nothing that could pass for a module
    return subprocess.Popen(
        [sys.executable, "-m", "mlver_tui.store.fold", os.path.abspath(home.root)],
        cwd=home.journals,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(_module_folders())},
    )


def _module_folders() -> list[str]:
    """Where this process looks for modules; the script's own folder may be given as an empty or relative path."""
    return [os.path.abspath(path) for path in sys.path if isinstance(path, str)]
