"""`mlver-tui restore`: plan, verdict, exit status. The restoring itself has tests of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import mlver_tui
from mlver_tui.query.views import PackageVerdict, RestoreVerdict
from mlver_tui.restore import apply

EXACT = RestoreVerdict(
    run_id="i",
    run_name="low",
    target="/t",
    word="exact",
    summary="all as recorded",
    lock_name="pylock.toml",
    installer="uv 1",
    python_recorded="3.11.1",
    python_found="3.11.1",
    packages=(PackageVerdict("six", "1.0", "1.0", "exact"),),
    seconds=1.0,
)
DRIFTED = replace(
    EXACT,
    word="degraded",
    summary="one package differs",
    packages=(*EXACT.packages, PackageVerdict("idna", "3.1", "3.2", "degraded", "another version")),
    unchecked=("the code",),
)


@pytest.fixture
def outcome(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the restore end with this verdict or error; the calls are kept."""
    calls = []

    def set_outcome(result: Any) -> Any:
        def restore(connection: Any, home: Any, plan: Any, progress: Any, cancelled: Any, lock_only: Any) -> Any:
            calls.append((plan, lock_only, cancelled()))
            if isinstance(result, Exception):
                raise result
            return result

        monkeypatch.setattr(apply, "restore", restore)
        return calls

    return set_outcome


def test_dry_run_writes_nothing(mlver: Any, tmp_path: Path) -> None:
    said = mlver("restore", "low", "--to", tmp_path / "new", "--dry-run")
    assert said.status == 0
    assert "restore low" in said.out
    assert "environment" in said.out
    assert not (tmp_path / "new").exists()
    document = json.loads(mlver("restore", "low", "--to", tmp_path / "new", "--dry-run", "--json").out)
    assert document["plan"]["run_name"] == "low"
    assert "verdict" not in document


def test_exact_is_0(mlver: Any, tmp_path: Path, outcome: Any) -> None:
    calls = outcome(EXACT)
    said = mlver("restore", "low", "--to", tmp_path / "new")
    assert said.status == 0
    assert "1 of 1 package exact" in said.out
    assert calls[0][1:] == (False, False)


@pytest.mark.parametrize(("word", "status"), [("same files, other origin", 0), ("missing", 4), ("unknown", 4)])
def test_status_by_verdict(mlver: Any, tmp_path: Path, outcome: Any, word: Any, status: int) -> None:
    outcome(replace(EXACT, word=word))
    assert mlver("restore", "low", "--to", tmp_path / "new").status == status


def test_drift_is_4_and_named(mlver: Any, tmp_path: Path, outcome: Any) -> None:
    outcome(DRIFTED)
    said = mlver("restore", "low", "--to", tmp_path / "new")
    assert said.status == 4
    (line,) = [line for line in said.out.splitlines() if line.startswith("idna")]
    assert line.split()[:3] == ["idna", "3.1", "3.2"]
    assert "another version" in line
    assert "not compared: the code" in said.out
    document = json.loads(mlver("restore", "low", "--to", tmp_path / "new", "--json").out)
    assert document["verdict"]["word"] == "degraded"


def test_lock_only_is_told_and_0(mlver: Any, tmp_path: Path, outcome: Any) -> None:
    calls = outcome(replace(EXACT, word="unknown", packages=()))
    assert mlver("restore", "low", "--to", tmp_path / "new", "--lock-only").status == 0
    assert calls[0][1] is True


def test_failure_is_1(mlver: Any, tmp_path: Path, outcome: Any) -> None:
    from mlver_tui.errors import RestoreError

    outcome(RestoreError("uv could not find six 1.0", "look at the index"))
    said = mlver("restore", "low", "--to", tmp_path / "new")
    assert said.status == 1
    assert said.err == "mlver-tui: uv could not find six 1.0\n  hint: look at the index\n"


def test_a_signal_lets_it_clean_up(mlver: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import signal

    from mlver_tui.errors import RestoreError

    def restore(connection: Any, home: Any, plan: Any, progress: Any, cancelled: Any, lock_only: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        if cancelled():
            raise RestoreError("stopped; the folder was removed")
        return EXACT

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(apply, "restore", restore)
    said = mlver("restore", "low", "--to", tmp_path / "new")
    assert said.status == 143
    assert "stopped" in said.err
    assert signal.getsignal(signal.SIGTERM) is before


def test_refused(mlver: Any, home: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("x")
    assert mlver("restore", "low", "--to", tmp_path / "full").status == 3
    said = mlver("restore", "low", "--to", tmp_path / "new", "--code")
    assert said.status == 3
    assert "the code of low cannot be restored yet" in said.err
    mlver_tui.init("p", name="bare", home=home, capture=False).finish()
    said = mlver("restore", "bare", "--to", tmp_path / "new")
    assert said.status == 3
    assert "was not recorded" in said.err
    assert not (tmp_path / "new").exists()


def test_a_version_restores_its_run(mlver: Any, tmp_path: Path) -> None:
    mlver("release", "low", "digits", "-m", "x")
    assert "restore low" in mlver("restore", "digits:0.1.0", "--to", tmp_path / "new", "--dry-run").out


@pytest.mark.slow
def test_for_real(spawn: Any, home: Path, tmp_path: Path, mlver: Any) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    child = spawn("run", "--home", home, "--name", "tiny", "--", python, "-c", "pass")
    assert child.communicate(timeout=120) is not None
    said = mlver("restore", "tiny", "--to", tmp_path / "new")
    assert said.status in (0, 4), said.err
    assert (tmp_path / "new" / ".venv" / "bin" / "python").exists()
