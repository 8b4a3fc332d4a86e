"""A clean session per test, and a reader for what it wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mlver_tui as mlver
from mlver_tui.shim import session


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("MLVER_RUN", "MLVER_MODE", "MLVER_HOME", *session.RANK_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLVER_HOME", str(tmp_path / "home"))
    yield
    session._finish_all()
    session._last.clear()


@pytest.fixture
def store() -> Iterator[Callable[[], mlver.Store]]:
    opened: list[mlver.Store] = []

    def reader() -> mlver.Store:
        opened.append(mlver.open())
        return opened[-1]

    yield reader
    for each in opened:
        each.close()
