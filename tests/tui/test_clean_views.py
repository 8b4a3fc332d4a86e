"""No recorded text passes the border to the screen with anything in it that a terminal would obey."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.query.views import DiffRow, RunRow, VersionView
from mlver_tui.tui.clean_views import KEEPS_LINES, clean_view

HOSTILE = st.text(st.characters(exclude_categories=()), max_size=40)


def texts(value: Any, name: str = "") -> list[str]:
    if isinstance(value, str):
        return value.split("\n") if name in KEEPS_LINES else [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for item in pair for text in texts(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in texts(item)]
    if is_dataclass(value):
        return [text for field in fields(value) for text in texts(getattr(value, field.name), field.name)]
    return []


def row(name: str, tag: str, value: str) -> RunRow:
    return RunRow(1, "01k6", name, "p", None, "running", False, 0, None, (tag,), (value, 1.5, None))


@given(HOSTILE, HOSTILE, HOSTILE)
def test_every_text_of_a_row_is_printable(name: str, tag: str, value: str) -> None:
    cleaned = clean_view(row(name, tag, value))
    assert all(not set(text) & {chr(n) for n in (*range(32), *range(127, 160))} for text in texts(cleaned))
    assert cleaned.values[1:] == (1.5, None)


@given(st.dictionaries(HOSTILE, HOSTILE, max_size=6))
def test_no_entry_of_a_mapping_is_lost(manifest: dict[str, Any]) -> None:
    version = VersionView("m", 1, "0.1.0", "d", "r", "n", "", "a", 0, manifest)
    assert len(clean_view(version).manifest) == len(manifest)


def test_two_names_that_look_the_same_stay_two() -> None:
    assert list(clean_view({"a\x1b": 1, "a\x1b\x1b"[:2]: 2, "a␛": 3})) == ["a␛", "a␛ (2)"]


def test_a_clean_view_is_handed_back_as_it_is() -> None:
    clean = DiffRow("params", "lr", ("0.1", None), "differs")
    assert clean_view(clean) is clean


def test_what_changed_is_told_with_its_raw_text() -> None:
    seen: dict[str, str] = {}
    clean_view(["plain", "loss\x1b[2J"], seen.__setitem__)
    assert seen == {"loss␛[2J": "loss\x1b[2J"}
