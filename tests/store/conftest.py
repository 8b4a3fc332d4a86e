"""A home, and a store open on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlver_tui.home import Home
from mlver_tui.store.connection import close, open_writer


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


@pytest.fixture
def connection(home: Home) -> Iterator[sqlite3.Connection]:
    opened = open_writer(home)
    yield opened
    close(opened, home)
