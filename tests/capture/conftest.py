"""Installed distributions made by hand, as installers leave them on disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Install = Callable[..., Path]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "lib" / "site-packages"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def install() -> Install:
    """install(folder, name, version, record=…, direct=…, tags=…, installer=…, requested=…) -> the dist-info folder."""

    def make(
        folder: Path,
        name: str,
        version: str,
        *,
        record: str | None = None,
        direct: Any = None,
        tags: tuple[str, ...] = ("py3-none-any",),
        installer: str = "pip",
        requested: bool = True,
    ) -> Path:
        info = folder / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: not-this\n")
        (info / "WHEEL").write_text("Wheel-Version: 1.0\n" + "".join(f"Tag: {tag}\n" for tag in tags))
        (info / "INSTALLER").write_text(f"{installer}\n")
        (info / "RECORD").write_text(f"{name}.py,sha256=abc,3\n" if record is None else record)
        if requested:
            (info / "REQUESTED").touch()
        if direct is not None:
            (info / "direct_url.json").write_text(direct if isinstance(direct, str) else json.dumps(direct))
        return info

    return make
