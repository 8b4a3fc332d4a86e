"""What we write as TOML reads back as what it was."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.errors import RestoreError
from mlver_tui.restore import toml

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.one_of(texts, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.lists(texts))


@given(st.dictionaries(texts, st.one_of(values, st.dictionaries(texts, values))))
def test_round_trip(fields: dict[str, Any]) -> None:
    written = toml.table(fields)
    assert toml.read(written) == {name: item for name, item in fields.items() if item != ""}


def test_lone_surrogates_become_a_mark() -> None:
    assert toml.read(f"x = {toml.text(chr(0xD800))}") == {"x": "\ufffd"}


def test_what_is_no_toml() -> None:
    with pytest.raises(RestoreError, match="cannot be read"):
        toml.read("x = ")


def test_without_any_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tomllib", "tomli", "pip._vendor.tomli"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(RestoreError, match="no TOML reader"):
        toml.read("x = 1")
