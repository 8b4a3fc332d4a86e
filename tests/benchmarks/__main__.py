"""`python -m tests.benchmarks [--quick | --large] [--json] [PART …]`: what things cost on this machine, beside budgets.

Parts: logging, stress, store, screen. Every ratio is against a raw floor measured in the same minute, so that two
machines can be compared. Nothing here passes or fails.
"""

from __future__ import annotations

import argparse
import compileall
import importlib
import os
import platform
import sqlite3
import sys
import tempfile
from pathlib import Path

from .line import ROOT, Line, adopt_orphans, as_json, as_table

PARTS = ("logging", "stress", "store", "screen")


def main() -> int:
    """Measure the parts asked for, print one table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)}; all if none is given")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: to see that it runs, not to quote")
    parser.add_argument("--large", action="store_true", help="also a series of 100 M points: minutes, and 2 GB of disk")
    parser.add_argument("--json", action="store_true", help="one JSON array instead of a table")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(str(ROOT / "mlver_tui"), quiet=2)  # as an install does
    adopt_orphans()
    lines = [line for part in arguments.parts or PARTS for line in _measure(part, arguments.quick)]
    if arguments.large:
        lines += _measure_large()
    print(as_json(lines) if arguments.json else f"{_machine()}\n\n{as_table(lines)}")
    return 0


def _measure(part: str, quick: bool) -> list[Line]:
    print(f"measuring {part} …", file=sys.stderr, flush=True)
    module = importlib.import_module(f".{part}_costs", __package__)
    with tempfile.TemporaryDirectory(prefix="mlver-benchmark-") as scratch:
        lines: list[Line] = module.measure(Path(scratch), quick)
    return lines


def _measure_large() -> list[Line]:
    from .store_costs import measure_large

    print("measuring 100 M points …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="mlver-benchmark-") as scratch:
        return measure_large(Path(scratch))


def _machine() -> str:
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {system}, {os.cpu_count()} cores"


if __name__ == "__main__":
    sys.exit(main())
