"""Which file of an index was installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mlver_tui.records import Package
from mlver_tui.restore.files import choose_files, wheel_tags

H = "a" * 64
Make = Callable[..., Package]


def wheel(name: str, sha256: str = H) -> dict[str, Any]:
    return {"url": f"https://f.example/{name}", "size": 10, "hashes": {"sha256": sha256}}


def entry(*wheels: dict[str, Any], sdist: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": "x", "version": "1.0", "wheels": list(wheels), **({"sdist": sdist} if sdist else {})}


LINUX = wheel("x-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
MAC = wheel("x-1.0-cp311-cp311-macosx_11_0_arm64.whl")
PURE = wheel("x-1.0-py2.py3-none-any.whl")
SDIST = wheel("x-1.0.tar.gz")


def test_tags_are_written_out() -> None:
    assert wheel_tags("x-1.0-py2.py3-none-any.whl") == {"py2-none-any", "py3-none-any"}
    assert wheel_tags("x-1.0-1build-py3-none-any.whl") == {"py3-none-any"}
    assert wheel_tags("x.tar.gz") == wheel_tags("x-1.whl") == frozenset()


def test_the_recorded_tags_pick_the_wheel(package: Make) -> None:
    tags = ("cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-manylinux2014_x86_64")
    found = choose_files(package("x", "1.0", tags=tags), entry(MAC, PURE, LINUX, sdist=SDIST), "https://i.example")
    assert found is not None
    assert [item.name for item in found.wheels] == [LINUX["url"].rpartition("/")[2]]
    assert found.sdist is None
    assert found.index == "https://i.example"


def test_a_wheel_that_was_renamed_after_it_was_built(package: Make) -> None:
    other = wheel("x-1.0-cp312-cp312-manylinux_2_17_x86_64.whl")
    arm = wheel("x-1.0-cp311-cp311-manylinux_2_17_aarch64.whl")
    found = choose_files(
        package("x", "1.0", tags=("cp311-cp311-linux_x86_64",)), entry(MAC, LINUX, other, arm, PURE, sdist=SDIST)
    )
    assert found is not None
    assert [item.url for item in found.wheels] == [LINUX["url"]]
    assert found.sdist is not None


@pytest.mark.parametrize("tag", ["cp311-cp311-linux_x86_64", "py3-none-any"])
def test_no_wheel_with_these_tags_means_built_from_source(package: Make, tag: str) -> None:
    found = choose_files(package("x", "1.0", tags=(tag,)), entry(MAC, sdist=SDIST))
    assert found is not None
    assert found.wheels == ()
    assert found.sdist is not None


def test_unknown_tags_keep_every_file(package: Make) -> None:
    found = choose_files(package("x", "1.0", tags=()), entry(MAC, PURE, sdist=SDIST))
    assert found is not None
    assert (len(found.wheels), found.sdist is not None) == (2, True)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"name": "y", "version": "1.0", "wheels": [PURE]},
        {"name": "x", "version": "2.0", "wheels": [PURE]},
        entry(wheel("evil-1.0-py3-none-any.whl")),
        entry(wheel("x-6.6-py3-none-any.whl")),
        entry(wheel("x-1.0-py3-none-any.whl", "short")),
        entry({"url": "https://f.example/x-1.0-py3-none-any.whl"}),
        entry({"url": "https://f.example/x-1.0-py3-none-any.whl\n-r y", "hashes": {"sha256": H}}),
        {"name": "x", "version": "1.0", "wheels": ["x"], "sdist": 3},
    ],
)
def test_an_answer_that_does_not_fit_the_record_is_dropped(package: Make, answer: dict[str, Any]) -> None:
    assert choose_files(package("x", "1.0", tags=("py3-none-any",)), answer) is None
