"""What this machine and this terminal offer, for `doctor`: interpreter, installer, git, colours, locale. Only looks."""

from __future__ import annotations

import locale
import os
import platform
import shutil
import sys
from collections.abc import Iterator

from ..registry.doctor import Remark


def look_around() -> list[Remark]:
    """Everything; nothing here can fail the store, so nothing is worse than a warning."""
    return [*_python(), *_programs(), *_terminal()]


def _python() -> Iterator[Remark]:
    from .. import __version__

    detail = f"mlver-tui {__version__}, Python {platform.python_version()} ({sys.executable})"
    yield Remark("ok", "program", f"{detail}, {platform.system()} {platform.release()}")


def _programs() -> Iterator[Remark]:
    from ..capture.programs import find_program
    from ..restore.installer import find_pip, find_uv

    found = [str(installer) for installer in (find_uv(), find_pip()) if installer]
    hint = "restore needs one of them: pip install 'mlver-tui[uv]'"
    yield Remark("ok", "installers", ", ".join(found)) if found else Remark("warn", "installers", "no uv, no pip", hint)
    git = find_program("git")
    if git:
        yield Remark("ok", "git", git)
    else:
        yield Remark("warn", "git", "not found on PATH", "commit and branch of runs are recorded as missing")


def _terminal() -> Iterator[Remark]:
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        yield Remark("ok", "terminal", "stdout is no terminal")
    elif term in ("", "dumb"):
        yield Remark("warn", "terminal", f"TERM is {term or 'not set'}", "the app needs one, such as xterm-256color")
    else:
        columns, lines = shutil.get_terminal_size()
        yield Remark("ok", "terminal", f"{term}, {columns}x{lines}, {_colours(term)}{_around()}")
    encoding = locale.getpreferredencoding(False)
    if encoding.lower().replace("-", "") == "utf8":
        yield Remark("ok", "locale", encoding)
    else:
        yield Remark("warn", "locale", f"{encoding}, not UTF-8", "export LANG=C.UTF-8, or signs get lost")


def _colours(term: str) -> str:
    if os.environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if os.environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return "24-bit colours"
    return "256 colours" if "256" in term else "16 colours"


def _around() -> str:
    """What stands between the app and the eye."""
    names = {"TMUX": "in tmux", "STY": "in screen", "SSH_CONNECTION": "over ssh"}
    return "".join(f", {text}" for variable, text in names.items() if os.environ.get(variable))
