"""What all tests share: no background folding, so that a test decides when journals become rows."""

from __future__ import annotations

import os

import pytest


def pytest_configure() -> None:
    os.environ["MLVER_FOLDING"] = "off"  # also for fixtures that outlive one test


@pytest.fixture(autouse=True)
def no_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLVER_FOLDING", "off")
