"""Homes with real runs, and `mlver-tui` called in this process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import mlver_tui
from mlver_tui.cli.main import main

HOSTILE = "evil\x1b]52;c;aGk=\x07[red]x[/]\n\u202eabc"


@dataclass(frozen=True)
class Said:
    """How a command ended and what it wrote."""

    status: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLVER_HOME", "MLVER_RUN", "MLVER_MODE", "NO_COLOR", "RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLVER_FOLDING", "off")  # nothing may outlive a test


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs, oldest first: low, high, diverged (NaN), and one with a hostile name, tag, key and note."""
    home = tmp_path_factory.mktemp("filled") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLVER_FOLDING", "off")  # a test copies the folder: nothing may move in it
        for name, lr in (("low", 0.01), ("high", 0.1), ("diverged", 10.0)):
            with mlver_tui.init(
                "digits", name=name, home=home, config={"lr": lr, "optim": {"name": "adam"}}, tags=[f"is-{name}"]
            ) as run:
                for step in range(5):
                    value = float("nan") if name == "diverged" and step else lr / (step + 1)
                    run.log({"loss": value, "val/acc": step / 8}, step=step)
                run.summary["best"] = lr
        with mlver_tui.init(
            HOSTILE, name=HOSTILE, home=home, config={HOSTILE: HOSTILE}, tags=[HOSTILE], notes=HOSTILE, group=HOSTILE
        ) as run:
            run.log({HOSTILE: 1.0})
    return home


@pytest.fixture
def home(filled_home: Path, tmp_path: Path) -> Path:
    """A copy of `filled_home` that this test may change."""
    return Path(shutil.copytree(filled_home, tmp_path / "home"))


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run `mlver-tui` in this process."""

    def call(*argv: str | Path) -> Said:
        capsys.readouterr()
        status = main([str(word) for word in argv])
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)

    return call


@pytest.fixture
def mlver(home: Path, call: Callable[..., Said]) -> Callable[..., Said]:
    """Run `mlver-tui` in this process on `home`."""
    return lambda *argv: call("--home", home, *argv)


@pytest.fixture
def spawn(tmp_path: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """Start `mlver-tui` as a process of its own, in a session of its own."""
    root = Path(mlver_tui.__file__).parents[1]
    path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))

    def spawn(*argv: str | Path, **options: object) -> subprocess.Popen[bytes]:
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            [sys.executable, "-m", "mlver_tui", *map(str, argv)],
            **{**streams, "start_new_session": True, "cwd": tmp_path, **options},
            env={**os.environ, "PYTHONPATH": path, "TERM": "xterm-256color"},
        )

    return spawn
