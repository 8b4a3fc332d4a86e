"""Starting another program to look at something: found by absolute path, clean variables, never for long.

Separate so that no collector invents its own way; it knows nothing of what is asked.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

# What changes which repository git looks at, what it runs, or what Python imports
_GIT_KEPT = ("GIT_SSL_", "GIT_EXEC_PATH")


def find_program(name: str) -> str | None:
    """Absolute path of a program on PATH, or None. Relative entries are skipped: they mean another folder each time."""
    for folder in os.get_exec_path():
        candidate = os.path.join(folder, name)
        if os.path.isabs(folder) and os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    return None


def without_git_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """A copy in which no variable points git to another repository, index or set of settings."""
    return {k: v for k, v in variables.items() if not k.startswith("GIT_") or k.startswith(_GIT_KEPT)}


def ask(
    argv: Sequence[str], folder: str | None, variables: Mapping[str, str], timeout_s: float
) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a program that only looks.

    Raises OSError if it cannot be started and TimeoutError if it took more than `timeout_s` seconds.
    """
    import subprocess

    try:
        result = subprocess.run(
            list(argv),
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{os.path.basename(argv[0])} took more than {timeout_s:g} s") from error
    out, err = (stream.decode("utf-8", "backslashreplace") for stream in (result.stdout, result.stderr))
    return result.returncode, out, err
