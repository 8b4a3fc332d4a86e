"""The measurements of large stores run from start to end; what they measure is for people to judge."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_small_store_is_measured(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.scale", "--runs", "300", "--points", "1000000"]
    result = subprocess.run([*command, "--keep", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert "300 runs: first page, newest first" in result.stdout
    assert "1,000,000 points: overview of 1 %" in result.stdout
