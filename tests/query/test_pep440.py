"""The order of versions, against the reference implementation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from mlver_tui.query.pep440 import public_key, version_key

NUMBERS = st.sampled_from(["0", "1", "2", "9", "10", "99", "100", "007", "20240101"])
PARTS = {
    "epoch": st.sampled_from(["", "", "", "1!"]),
    "release": st.lists(NUMBERS, min_size=1, max_size=4).map(".".join),
    "pre": st.sampled_from(["", "", "a1", "b2", "rc1", ".rc.3", "-alpha", "c4", "preview1"]),
    "post": st.sampled_from(["", "", ".post1", "-2", "rev3", ".post"]),
    "dev": st.sampled_from(["", "", ".dev1", "dev", "-dev20"]),
    "local": st.sampled_from(["", "", "+cu118", "+cu121", "+1", "+10", "+abc.1", "+abc.a", "+abc"]),
}
VERSIONS = st.builds("{epoch}{release}{pre}{post}{dev}{local}".format, **PARTS)


@given(VERSIONS, VERSIONS)
def test_keys_sort_as_versions_do(left: str, right: str) -> None:
    a, b = version_key(left), version_key(right)
    assert a is not None
    assert b is not None
    assert (a < b, a == b) == (Version(left) < Version(right), Version(left) == Version(right))


@given(st.text("0123456789.abcdevrcpost!+-_v ", max_size=12))
def test_the_same_texts_are_versions(text: str) -> None:
    try:
        Version(text)
    except InvalidVersion:
        assert version_key(text) is None
    else:
        assert version_key(text) is not None


def test_public_key_leaves_the_local_part_out() -> None:
    assert public_key("2.1.0+cu118") == version_key("2.1")
    assert version_key("2.1.0+cu118") != version_key("2.1")


@pytest.mark.parametrize("text", ["", "master", "1." * 200 + "1", "1.0-", "é"])
def test_no_version_has_no_key(text: str) -> None:
    assert version_key(text) is None
