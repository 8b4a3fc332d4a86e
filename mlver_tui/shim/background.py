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
    _children[:] = [child for child in _children if child.poll() is None]  # leave no zombies behind
    if os.environ.get(VARIABLE) == "off" or not sys.executable or not home.journals.is_dir():
        return False
    try:
        child = subprocess.Popen(
            [sys.executable, "-m", "mlver_tui.store.fold", str(home.root)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
    except OSError:  # no memory or processes left: the next reader folds
        return False
    _children.append(child)
    return True
