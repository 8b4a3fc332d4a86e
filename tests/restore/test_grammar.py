"""What may reach a lockfile. Each refused text is one that an installer would read as more than a name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.restore.grammar import (
    as_comment,
    is_commit,
    is_git_url,
    is_name,
    is_subdirectory,
    is_url,
    is_version,
    local_path,
)


@pytest.mark.parametrize("text", ["six", "a", "scikit-learn", "0x"])
def test_names(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text", ["", "-r", "--index-url", "six\n--index-url x", "a b", "six==1", "Six", "a--b", "six;x", "é", "six\0"]
)
def test_no_names(text: str) -> None:
    assert not is_name(text)


@pytest.mark.parametrize("text", ["1", "1.17.0", "2.13.0+cpu", "1!2.0rc1", "2024.1.post1.dev3"])
def test_versions(text: str) -> None:
    assert is_version(text)


@pytest.mark.parametrize("text", ["", "1 --pre", "1\n-e .", "*", "1.*", ">1", "1 ; x", "${HOME}", "latest", " 1"])
def test_no_versions(text: str) -> None:
    assert not is_version(text)


@pytest.mark.parametrize("text", ["https://h.example/a/x-1.0%2Bcpu-py3-none-any.whl", "file:///a/x.whl"])
def test_urls(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://h/x.whl --hash=x",
        "https://h/x.whl\n-r /etc/passwd",
        "https://h/${TOKEN}/x.whl",
        "https://h/x.whl#egg=y",
        "ftp://h/x",
        "x.whl",
        "javascript:alert(1)",
        "https://-x/y",
        "https://h/a;python_version>'3'",
    ],
)
def test_no_urls(text: str) -> None:
    assert not is_url(text)


@pytest.mark.parametrize("text", ["https://h.example/x.git", "ssh://git@h.example/x.git", "file:///srv/x"])
def test_git_urls(text: str) -> None:
    assert is_git_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "ext::sh -c touch%20x",
        "ssh://-oProxyCommand=x/y",
        "git@h:x.git",
        "--upload-pack=x",
        "https://h/x@y",
        "/srv/x",
        "",
    ],
)
def test_no_git_urls(text: str) -> None:
    assert not is_git_url(text)


def test_commits_are_whole() -> None:
    assert is_commit("a" * 40)
    assert not is_commit("main")
    assert not is_commit("a" * 39)
    assert not is_commit("a" * 40 + "\n")


def test_subdirectories_stay_inside() -> None:
    assert is_subdirectory("python/pkg")
    for text in ("../x", "/x", "a/../b", "-x", "a b", "a&egg=x", ""):
        assert not is_subdirectory(text)


def test_paths_of_file_urls() -> None:
    assert local_path("file:///a/b%20c") == "/a/b c"
    assert local_path("https://h/a") is None
    assert local_path("file://elsewhere/a") is None
    assert local_path("file:///a%00b") is None


@given(st.text())
def test_what_is_accepted_is_one_harmless_word(text: str) -> None:
    for accepts in (is_name, is_version, is_url, is_git_url, is_commit, is_subdirectory):
        if accepts(text):
            assert re.fullmatch(r"[!-~]+", text)
            assert not text.startswith("-")
            assert not set(text) & set("#;$\\\"'`{}<>|")


@given(st.text())
def test_a_comment_is_one_line(text: str) -> None:
    assert as_comment(text).isprintable()
    assert as_comment(text).isascii()
