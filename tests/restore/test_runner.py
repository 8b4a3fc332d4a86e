"""Programs that a restore starts: their lines arrive, a cancel ends them and their children."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mlver_tui.errors import RestoreError
from mlver_tui.restore.runner import CancelledError, Runner, tool_variables


def python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def test_outcome_and_lines(tmp_path: Path) -> None:
    lines: list[str] = []
    runner = Runner(tmp_path, lines.append, lambda: False)
    outcome = runner.run(python("import sys; print('one'); print(' two ', file=sys.stderr); sys.exit(3)"))
    assert (outcome.status, outcome.out, outcome.last_words) == (3, "one\n", "two")
    assert sorted(lines) == ["one", "two"]
    lines.clear()
    runner.run(python("print('one')"), quiet=True)
    assert lines == []


def test_bytes_that_are_no_text(runner: Runner) -> None:
    outcome = runner.run(python("import os; os.write(2, b'caf\\xe9\\n'); os._exit(1)"))
    assert outcome.last_words == "caf\\xe9"


def test_it_does_not_wait_for_input_and_stands_in_its_own_folder(runner: Runner) -> None:
    outcome = runner.run(python("import os, sys; print(os.getcwd(), repr(sys.stdin.read()))"))
    assert outcome.out.strip() == f"{runner.folder} ''"


def test_a_cancel_ends_the_program_and_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    source = (
        "import os, subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        f"open({str(pids)!r} + '.new', 'w').write(str(child.pid)); os.rename({str(pids)!r} + '.new', {str(pids)!r});"
        "time.sleep(60)"
    )
    with pytest.raises(CancelledError):
        Runner(tmp_path, lambda line: None, pids.exists).run(python(source))
    child = int(pids.read_text())
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_cancel_before_the_start(tmp_path: Path) -> None:
    with pytest.raises(CancelledError):
        Runner(tmp_path, lambda line: None, lambda: True).run(python(f"open({str(tmp_path / 'x')!r}, 'w')"))
    assert not (tmp_path / "x").exists()


def test_a_program_that_takes_too_long(runner: Runner) -> None:
    with pytest.raises(RestoreError, match="too long"):
        runner.run(python("import time; time.sleep(60)"), timeout_s=0.2)


def test_a_program_that_is_not_there(runner: Runner) -> None:
    with pytest.raises(RestoreError, match="cannot be started"):
        runner.run(["/nowhere/uv"])


def test_variables_that_would_lead_elsewhere_go() -> None:
    kept = tool_variables(
        {
            "PATH": "/bin",
            "HOME": "/me",
            "VIRTUAL_ENV": "/v",
            "CONDA_PREFIX": "/c",
            "PYTHONPATH": "/p",
            "PIP_TARGET": "/t",
            "UV_PYTHON": "3.9",
            "UV_CONSTRAINT": "/x",
            "GIT_DIR": "/g",
            "UV_DEFAULT_INDEX": "https://i",
            "UV_INDEX_PRIVATE_PASSWORD": "pw",
            "HTTPS_PROXY": "p",
        }
    )
    assert {"PATH", "HOME", "UV_DEFAULT_INDEX", "UV_INDEX_PRIVATE_PASSWORD", "HTTPS_PROXY"} <= kept.keys()
    gone = {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PIP_TARGET", "UV_PYTHON", "UV_CONSTRAINT", "GIT_DIR"}
    assert not gone & kept.keys()


def test_uv_sees_the_indexes_of_pip() -> None:
    pip = {"PIP_INDEX_URL": "https://i", "PIP_EXTRA_INDEX_URL": "https://e", "PIP_FIND_LINKS": "/a /b"}
    assert tool_variables(pip)["UV_DEFAULT_INDEX"] == "https://i"
    assert tool_variables(pip)["UV_INDEX"] == "https://e"
    assert tool_variables(pip)["UV_FIND_LINKS"] == "/a,/b"
    assert "UV_INDEX" not in tool_variables({**pip, "UV_DEFAULT_INDEX": "https://own"})


def test_the_variables_of_this_process_are_used(runner: Runner) -> None:
    assert runner.variables["PATH"] == os.environ["PATH"]
