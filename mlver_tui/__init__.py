"""Experiment management in your terminal. `import mlver_tui as mlver` is all a training script needs.

This is the face: it loads the standard library only, and the rest when it is first used.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from typing import Any

    from .api import Store, open  # noqa: A004 the product's word for it
    from .shim.run import Config, Run, Summary
    from .shim.session import finish, init, log

    config: Config
    summary: Summary
    run: Run | None

__version__ = "0.1.0"
__all__ = ["Run", "Store", "config", "finish", "init", "log", "open", "run", "summary"]

_WHERE = {
    "init": ".shim.session",
    "log": ".shim.session",
    "finish": ".shim.session",
    "Run": ".shim.run",
    "Store": ".api",
    "open": ".api",
}
_OF_CURRENT_RUN = ("run", "config", "summary")


def __getattr__(name: str) -> Any:
    if name in _OF_CURRENT_RUN:
        session = importlib.import_module(".shim.session", __name__)
        return getattr(session, f"current_{name}")()
    if name in _WHERE:
        found = getattr(importlib.import_module(_WHERE[name], __name__), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
