"""What all tests share: no background folding, so that a test decides when journals become rows."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def no_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLVER_FOLDING", "off")
