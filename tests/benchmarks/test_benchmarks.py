"""The benchmarks run from start to end; what they measure is for people to judge."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("part", ["logging", "stress", "store", "screen"])
def test_every_part_reports_lines(part: str) -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--json", part]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    lines = json.loads(result.stdout)
    assert lines
    assert all(line["what"] and line["unit"] and line["measured"] is not None for line in lines)
