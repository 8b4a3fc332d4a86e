"""The box: known facts are recorded, unknown ones are None."""

from __future__ import annotations

import builtins
import os
from pathlib import Path
from typing import Any

import pytest

from mlver_tui.capture import hardware as room
from mlver_tui.capture.hardware import read_hardware
from mlver_tui.records import Gpu, Hardware, Missing, hardware_from_json, to_json


def test_this_box() -> None:
    found = read_hardware()
    assert isinstance(found, Hardware)
    assert found.host == os.uname().nodename
    assert found.threads is not None
    assert found.threads >= 1
    assert found.memory_bytes is not None
    assert found.memory_bytes > 2**20
    assert hardware_from_json(to_json(found)) == found


def test_without_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "psutil":
            raise ImportError(name)
        return plain(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    found = read_hardware()
    assert isinstance(found, Hardware)
    assert found.cores is None
    assert found.memory_bytes is not None


def test_accelerators_of_the_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "0000:01:00.0").mkdir()
    (tmp_path / "0000:01:00.0" / "information").write_text("Model: \t\t NVIDIA H100\nIRQ:   \t\t 105\n")
    (tmp_path / "0000:02:00.0").mkdir()
    monkeypatch.setattr(room, "_NVIDIA", str(tmp_path))
    found = read_hardware()
    assert isinstance(found, Hardware)
    assert found.gpus == (Gpu("NVIDIA H100"), Gpu("NVIDIA"))


@pytest.mark.parametrize(("classes", "expected"), [(["0x020000"], ()), (["0x020000", "0x030200"], None), (None, None)])
def test_none_is_told_from_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, classes: list[str] | None, expected: object
) -> None:
    for number, code in enumerate(classes or []):
        (tmp_path / "pci" / str(number)).mkdir(parents=True)
        (tmp_path / "pci" / str(number) / "class").write_text(f"{code}\n")
    monkeypatch.setattr(room, "_NVIDIA", str(tmp_path / "absent"))
    monkeypatch.setattr(room, "_PCI", str(tmp_path / "pci"))
    found = read_hardware()
    assert isinstance(found, Hardware)
    assert found.gpus == expected


def test_a_failure_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Hardware:
        raise OSError("no such box")

    monkeypatch.setattr(room, "_read", broken)
    assert read_hardware() == Missing("hardware", "OSError: no such box")
