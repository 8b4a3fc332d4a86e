"""One line of the report, and the fresh interpreters that the measurements run in."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Line:
    """What was measured, against a raw floor of the same machine and minute, and what it may cost."""

    what: str
    measured: float
    unit: str
    floor: float | None = None
    floor_is: str = ""
    budget: str = ""

    @property
    def ratio(self) -> float | None:
        """Measured over floor."""
        return self.measured / self.floor if self.floor else None


def as_table(lines: Sequence[Line]) -> str:
    """Aligned text; numbers with three significant digits."""
    head = ("what", "measured", "floor", "ratio", "budget")
    rows = [head, *(_cells(line) for line in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    padded = (map(str.ljust, row, widths) for row in rows)
    return "\n".join("  ".join(cells).rstrip() for cells in padded)


def as_json(lines: Sequence[Line]) -> str:
    """A list of objects."""
    return json.dumps([{**asdict(line), "ratio": line.ratio} for line in lines], indent=1)


def _cells(line: Line) -> tuple[str, ...]:
    floor = f"{_number(line.floor)} {line.unit} ({line.floor_is})" if line.floor is not None else ""
    ratio = f"{_number(line.ratio)}x" if line.ratio is not None else ""
    return line.what, f"{_number(line.measured)} {line.unit}", floor, ratio, line.budget


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def fresh(source: str, *arguments: object, home: Path | None = None, **variables: str) -> Any:
    """Run Python source in a new interpreter; the value is the last line it prints, read as JSON (None if none)."""
    child = started(source, *arguments, home=home, **variables)
    printed, _ = child.communicate()
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, child.args)
    lines = printed.splitlines()
    return json.loads(lines[-1]) if lines else None


def started(source: str, *arguments: object, home: Path | None = None, **variables: str) -> subprocess.Popen[str]:
    """The same without waiting; what it prints can be read from `stdout`."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("MLVER_")}
    own["PYTHONPATH"] = str(ROOT)
    if home is not None:
        own["MLVER_HOME"] = str(home)
    command = [sys.executable, "-c", source, *map(str, arguments)]
    return subprocess.Popen(command, env={**own, **variables}, cwd=home, stdout=subprocess.PIPE, text=True)


def adopt_orphans() -> bool:
    """Have detached grandchildren come to us, so that they can be waited for and their cost is seen (Linux only)."""
    if not sys.platform.startswith("linux"):
        return False
    set_child_subreaper = 36
    return bool(ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0) == 0)


def settle() -> None:
    """Wait for the helper processes that a measurement has left behind, so that they do not disturb the next one."""
    while adopt_orphans():
        try:
            os.wait()
        except ChildProcessError:
            return


def new_folder(scratch: Path, name: str) -> Path:
    """An empty folder."""
    folder = scratch / name
    folder.mkdir()
    return folder


def seconds(call: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
