"""References, versions and model names: what is read, and what is refused in plain words."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.errors import UsageError
from mlver_tui.names import RunRef, SemVer, VersionRef, check_model_name, parse_ref, parse_semver


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("brisk-otter-14", RunRef("brisk-otter-14")),
        ("01m856thw2", RunRef("01m856thw2")),
        ("@-1", RunRef("@-1", 1)),
        ("@-12", RunRef("@-12", 12)),
        ("digits:v3", VersionRef("digits", seq=3)),
        ("digits:1.2.0", VersionRef("digits", semver=SemVer(1, 2, 0))),
        ("digits:latest", VersionRef("digits", alias="latest")),
        ("digits@production", VersionRef("digits", stage="production")),
        ("a name with spaces", RunRef("a name with spaces")),
    ],
)
def test_references(text: str, expected: RunRef | VersionRef) -> None:
    assert parse_ref(text) == expected


@pytest.mark.parametrize("text", ["", "@-0", "@1", "digits:1.2", "digits:01.2.3", "digits:1.2.٣", "digits:", "x" * 300])
def test_references_that_are_none(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_ref(text)
    assert caught.value.hint


@given(st.text(max_size=40))
def test_any_text_is_a_reference_or_a_plain_refusal(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert isinstance(parse_ref(text), RunRef | VersionRef)


@given(st.integers(0, 10**8), st.integers(0, 10**8), st.integers(0, 10**8))
def test_versions_read_back_and_bump_upwards(major: int, minor: int, patch: int) -> None:
    version = SemVer(major, minor, patch)
    assert parse_semver(str(version)) == version
    for part in ("major", "minor", "patch"):
        assert version.bump(part) > version


@pytest.mark.parametrize("name", ["", "-x", "a b", "../x", "a/b", "x:1", "é", "a" * 101, "[red]", "a\n"])
def test_model_names_that_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        check_model_name(name)
