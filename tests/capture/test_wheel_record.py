"""The digest of a RECORD: the wheel's own files, whoever installed them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.capture.wheel_record import record_digest, record_lines

BUILT = "pkg/a.py,sha256=AAA,1\npkg/b.py,sha256=BBB,2\npkg-1.dist-info/METADATA,sha256=CCC,3\n"


def test_installers_leave_the_digest_alone() -> None:
    by_pip = BUILT + (
        "../../../bin/pkg,sha256=ZZZ,200\npkg/__pycache__/a.cpython-311.pyc,,\npkg-1.dist-info/INSTALLER,sha256=III,4\n"
        "pkg-1.dist-info/RECORD,,\npkg-1.dist-info/REQUESTED,sha256=RRR,0\npkg-1.dist-info/direct_url.json,sha256=D,5\n"
    )
    by_uv = "\r\n".join(reversed(BUILT.splitlines())) + "\r\npkg-1.dist-info/uv_cache.json,sha256=U,5\r\n"
    assert record_digest(by_pip.encode()) == record_digest(by_uv.encode()) == record_digest(BUILT.encode())


def test_any_other_file_changes_it() -> None:
    assert record_digest(BUILT.replace("BBB", "BBX").encode()) != record_digest(BUILT.encode())
    assert record_digest((BUILT + "pkg/INSTALLER,sha256=I,4\n").encode()) != record_digest(BUILT.encode())


def test_a_record_that_lists_nothing_has_no_digest() -> None:
    assert record_digest(b"") == record_digest(b"x-1.dist-info/RECORD,,\n") == ""


def test_paths_with_commas_and_quotes() -> None:
    (line,) = record_lines(b'"pkg/a ""b"", c.py",sha256=AAA,1\n')
    assert line == ('pkg/a "b", c.py', "sha256=AAA", "1")


@given(st.binary())
def test_any_bytes_are_read(record: bytes) -> None:
    assert len(record_digest(record)) in (0, 64)
    list(record_lines(record))
