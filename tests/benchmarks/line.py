"""One line of the report, and the fresh interpreters that the measurements run in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
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


def fresh(source: str, *arguments: object, home: Path | None = None) -> Any:
    """Run Python source in a new interpreter; the value is the last line it prints, read as JSON (None if none)."""
    variables = {key: value for key, value in os.environ.items() if not key.startswith("MLVER_")}
    variables["PYTHONPATH"] = str(ROOT)
    if home is not None:
        variables["MLVER_HOME"] = str(home)
    command = [sys.executable, "-c", source, *map(str, arguments)]
    result = subprocess.run(command, env=variables, cwd=home, stdout=subprocess.PIPE, text=True, check=True)
    printed = result.stdout.splitlines()
    return json.loads(printed[-1]) if printed else None
