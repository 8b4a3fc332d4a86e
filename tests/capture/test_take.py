"""A snapshot holds what could be had, and says what could not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlver_tui.capture import take as room
from mlver_tui.capture.take import take_snapshot
from mlver_tui.records import Missing


def test_everything_that_is_there(tmp_path: Path) -> None:
    snapshot = take_snapshot(str(tmp_path))
    assert snapshot.environment is not None
    assert snapshot.hardware is not None
    assert snapshot.code is None
    assert [missing.part for missing in snapshot.missing] == ["code"]


def test_a_collector_that_breaks_costs_its_part_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Missing:
        raise RuntimeError("sensor on fire")

    monkeypatch.setattr(room, "read_hardware", broken)
    snapshot = take_snapshot(str(tmp_path))
    assert snapshot.environment is not None
    assert Missing("hardware", "RuntimeError: sensor on fire") in snapshot.missing
