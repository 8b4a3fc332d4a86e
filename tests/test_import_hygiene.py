"""What a training script pays for: `import mlver_tui`, and a whole run, load little and nothing heavy.

A static look at imports cannot see what other modules drag in, so a fresh interpreter is asked.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"textual", "rich", "yaml", "sqlite_utils", "numpy", "sqlite3", "_sqlite3", "asyncio", "click"}
LOOK = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
A_RUN = """
import mlver_tui as mlver
with mlver.init(project="p", config={"lr": 0.1, "optimizer": {"name": "sgd"}}, tags=["a"]) as run:
    for step in range(3):
        run.log({"loss": 1 / (step + 1)}, step=step)
"""


def loaded_after(source: str, home: Path) -> set[str]:
    variables = {**os.environ, "MLVER_HOME": str(home), "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", f"{source}\n{LOOK}"], env=variables, capture_output=True, text=True, timeout=60, cwd=home
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def test_import_loads_the_standard_library_only(tmp_path: Path) -> None:
    bare = loaded_after("pass", tmp_path)
    new = loaded_after("import mlver_tui", tmp_path) - bare
    assert new - set(sys.stdlib_module_names) == {"mlver_tui"}
    assert not new & (HEAVY | {"psutil"})


def test_a_whole_run_loads_nothing_heavy(tmp_path: Path) -> None:
    loaded = loaded_after(A_RUN, tmp_path)
    assert not loaded & HEAVY
    assert (tmp_path / "journals").is_dir(), "the run was not recorded at all"


def test_a_run_that_is_off_leaves_no_trace(tmp_path: Path) -> None:
    source = A_RUN.replace('project="p"', 'project="p", mode="off"')
    assert not loaded_after(source, tmp_path) & HEAVY
    assert list(tmp_path.iterdir()) == []
