"""`python -m tests.benchmarks [--quick] [--json] [PART …]`: what things cost on this machine, beside their budgets.

Parts: logging, store, screen. Every ratio is against a raw floor measured in the same minute, so that two machines can
be compared. Nothing here passes or fails.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import tempfile
from pathlib import Path

from .line import Line, as_json, as_table

PARTS = ("logging", "store", "screen")


def main() -> int:
    """Measure the parts asked for, print one table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)}; all if none is given")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: to see that it runs, not to quote")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="mlver-benchmark-pyc-") as compiled:
        # as after an install: modules are compiled once, whatever the caller's settings say
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        lines = [line for part in arguments.parts or PARTS for line in _measure(part, arguments.quick)]
    print(as_json(lines) if arguments.json else f"{_machine()}\n\n{as_table(lines)}")
    return 0


def _measure(part: str, quick: bool) -> list[Line]:
    print(f"measuring {part} …", file=sys.stderr, flush=True)
    module = importlib.import_module(f".{part}_costs", __package__)
    with tempfile.TemporaryDirectory(prefix="mlver-benchmark-") as scratch:
        lines: list[Line] = module.measure(Path(scratch), quick)
    return lines


def _machine() -> str:
    return f"Python {platform.python_version()}, {platform.system()} {platform.release()} {platform.machine()}"


if __name__ == "__main__":
    sys.exit(main())
