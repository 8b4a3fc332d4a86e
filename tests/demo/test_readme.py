"""The README says what is there: its code runs, its tables are the product's own, its files exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import mlver_tui as mlver
from mlver_tui.cli.words import COMMANDS
from mlver_tui.tui.keys import markdown_table

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def between(mark: str) -> str:
    return README.partition(f"<!-- {mark} -->")[2].partition(f"<!-- /{mark} -->")[0].strip()


def test_the_six_lines_record_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = between("six lines").removeprefix("```python").removesuffix("```")
    monkeypatch.setenv("MLVER_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, timeout=60)
    with mlver.open(tmp_path) as store:
        (run,) = store.runs('project = digits and optimizer.name = "adam"')
        assert len(store.series(run, "val/acc").value) == 1000
    assert len([line for line in code.splitlines() if line]) <= 6


def test_the_table_of_keys_is_the_app_s_own() -> None:
    assert between("keys") == markdown_table().strip(), "python -m mlver_tui.tui.keys prints the new table"


def test_every_command_is_listed() -> None:
    table = README.partition("## Commands")[2].partition("## Filters")[0]
    missing = [name for name in COMMANDS if not re.search(rf"`(mlver-tui )?{name}\b", table)]
    assert missing == []


def test_linked_files_exist() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_the_text_fits_its_lines() -> None:
    prose = (line for line in README.splitlines() if not line.startswith(("|", "![")))
    assert [line for line in prose if len(line) > 130] == []
