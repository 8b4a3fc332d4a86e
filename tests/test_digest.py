"""One text, one digest per content."""

from __future__ import annotations

import hashlib
import json
import math
import os
import struct
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.digest import canonical_json, digest_file, digest_json, digest_points, digest_text
from mlver_tui.errors import MlverError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def shuffled(value: object) -> object:
    """The same content with keys in another order and lists as tuples."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(list(value))}
    return tuple(shuffled(item) for item in value) if isinstance(value, list) else value


@given(JSON)
def test_canonical_text_is_strict_ascii_and_does_not_depend_on_order(value: object) -> None:
    text = canonical_json(value)
    assert text.isascii()
    assert canonical_json(shuffled(value)) == text
    assert canonical_json(json.loads(text)) == text


def test_canonical_text_by_example() -> None:
    assert canonical_json({"b": 0.1, "a": [math.nan, math.inf, -math.inf, None, True, 10**20], "ä": "\ud800"}) == (
        '{"a":["NaN","Infinity","-Infinity",null,true,100000000000000000000],"b":0.1,"\\u00e4":"\\ud800"}'
    )


@pytest.mark.parametrize("value", [{1: 2}, {"a": b"x"}, {"a": {1, 2}}, object()])
def test_what_json_does_not_have_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


def test_digests_are_sha256() -> None:
    assert digest_text("abc") == hashlib.sha256(b"abc").hexdigest()
    assert digest_json({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()
    assert len(digest_text("\ud800")) == 64


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(), st.floats(0, 2e9)), max_size=20))
def test_points_hash_to_their_big_endian_columns(points: list[tuple[int, float, float]]) -> None:
    steps, values, times = array("q"), array("d"), array("d")
    for step, value, at in points:
        steps.append(step)
        values.append(value)
        times.append(at)
    n = len(points)
    packed = struct.pack(f">{n}d{n}q{n}d", *values, *steps, *times)
    assert digest_points(steps, values, times) == hashlib.sha256(packed).hexdigest()
    half = n // 2
    assert digest_points(steps, values, times, half) == digest_points(steps[:half], values[:half], times[:half])


def test_a_file_is_hashed_with_its_size(tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(b"x" * 3_000_000)
    found = digest_file(file)
    assert (found.sha256, found.size) == (hashlib.sha256(b"x" * 3_000_000).hexdigest(), 3_000_000)
    empty = tmp_path / "empty"
    empty.touch()
    assert digest_file(empty).sha256 == hashlib.sha256(b"").hexdigest()


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "absent", "."):
        with pytest.raises(MlverError):
            digest_file(tmp_path / name)
    with pytest.raises(MlverError):
        digest_file(Path("/dev/zero"))


def test_a_file_that_shrinks_or_grows_meanwhile_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"x" * 100)
    read = os.read

    def read_and_append(descriptor: int, size: int) -> bytes:
        with file.open("ab") as other:
            other.write(b"more")
        return read(descriptor, size)

    monkeypatch.setattr(os, "read", read_and_append)
    with pytest.raises(MlverError, match="changed while"):
        digest_file(file)
