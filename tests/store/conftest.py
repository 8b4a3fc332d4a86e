"""A home, a store open on it, and training scripts in processes of their own."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mlver_tui as mlver
from mlver_tui.home import Home
from mlver_tui.query.series import Points
from mlver_tui.registry.verify import verify_store
from mlver_tui.store.connection import close, open_writer
from mlver_tui.store.fold import fold

ROOT = Path(__file__).parents[2]
Start = Callable[..., subprocess.Popen[str]]
Series = dict[str, dict[int, float]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


@pytest.fixture
def connection(home: Home) -> Iterator[sqlite3.Connection]:
    opened = open_writer(home)
    yield opened
    close(opened, home)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start Python source in a new process, under a wrapper such as strace if one is given."""
    running: list[subprocess.Popen[str]] = []

    def run(source: str, *arguments: object, home: Path, wrapper: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        variables = {key: value for key, value in os.environ.items() if not key.startswith("MLVER_")}
        variables |= {
            "MLVER_HOME": str(home),
            "MLVER_FOLDING": "off",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [*wrapper, sys.executable, "-c", source, *map(str, arguments)]
        running.append(
            subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        return running[-1]

    yield run
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def read_all() -> Callable[[Path], dict[str, Series]]:
    """{run name: {key: {step: value}}} of a home, read the way people do, after a whole verify."""

    def read(root: Path) -> dict[str, Series]:
        home = Home(root)
        connection = open_writer(home)
        try:
            while fold(connection, home):
                continue
            bad = [finding for finding in verify_store(connection, home) if not finding.ok]
            assert not bad
        finally:
            close(connection, home)
        with mlver.open(root) as store:
            return {run.name: {key: _points(store.series(run, key)) for key in run.metrics} for run in store.runs()}

    return read


def _points(series: Points) -> dict[int, float]:
    assert len(set(series.step)) == len(series.step), "a point was doubled"
    return dict(zip(series.step, series.value, strict=True))


@pytest.fixture
def strace() -> str:
    found = shutil.which("strace")
    if not found:
        pytest.skip("strace is not installed")
    probe = subprocess.run([found, "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("strace may not trace here")
    return found


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
