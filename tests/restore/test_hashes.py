"""Looking up hashes with uv: its answers are checked, its failures are reasons."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlver_tui.capture.environment import read_interpreter
from mlver_tui.records import Interpreter, Package
from mlver_tui.restore.hashes import Found, index_annotations, look_up_files
from mlver_tui.restore.installer import Installer
from mlver_tui.restore.runner import Runner

H = "a" * 64
LookUp = Callable[..., Found]


@pytest.fixture
def look_up(tmp_path: Path, runner: Runner) -> LookUp:
    """look_up(packages, answers) with a uv that gives (status, stderr, lock) in turn, first to the offline question."""

    def ask(packages: list[Package], answers: list[tuple[int, str, str]], annotations: str = "") -> Found:
        (tmp_path / "answers.json").write_text(json.dumps({"answers": answers, "annotations": annotations}))
        fake = tmp_path / "uv"
        fake.write_text(
            f"#!{sys.executable}\nimport json, sys\npath = {str(tmp_path / 'answers.json')!r}\n"
            "known = json.load(open(path))\n"
            "if '--emit-index-annotation' in sys.argv:\n    print(known['annotations']); sys.exit()\n"
            "status, err, lock = known['answers'].pop(0)\njson.dump(known, open(path, 'w'))\n"
            "sys.stderr.write(err)\n"
            "if not status: open(sys.argv[sys.argv.index('--output-file') + 1], 'w').write(lock)\nsys.exit(status)\n"
        )
        fake.chmod(0o755)
        this = read_interpreter()
        assert isinstance(this, Interpreter)
        return look_up_files(packages, this, Installer("uv", "0.0", (str(fake),)), sys.executable, runner)

    return ask


def lock(*pins: tuple[str, str], **changes: Any) -> str:
    return "".join(
        f'[[packages]]\nname = "{name}"\nversion = "{version}"\n'
        f'wheels = [{{ url = "https://f.example/{name}-{version}-py3-none-any.whl", hashes = {{ sha256 = "{H}" }} }}]\n'
        for name, version in pins
    )


def test_from_the_cache(look_up: LookUp, package: Callable[..., Package]) -> None:
    notes = "six==1.17.0\n    # from https://me:pw@i.example/simple\n"
    found = look_up([package("six")], [(0, "", lock(("six", "1.17.0")))], notes)
    assert found.files["six"].wheels[0].sha256 == H
    assert found.files["six"].index == "https://i.example/simple"
    assert (found.unavailable, found.note) == ({}, "")


def test_then_over_the_network(look_up: LookUp, package: Callable[..., Package]) -> None:
    found = look_up([package("six")], [(1, "not in the cache", ""), (0, "", lock(("six", "1.17.0")))])
    assert "six" in found.files


def test_one_that_no_index_has_does_not_cost_the_others(look_up: LookUp, package: Callable[..., Package]) -> None:
    answers = [
        (1, "offline", ""),
        (1, "cause: Because my-priv\n  was not found in the package registry and you require my-priv==1", ""),
        (1, "cause: Because there is no version of idna==99 and you require idna==99", ""),
        (0, "", lock(("six", "1.17.0"))),
    ]
    found = look_up([package("six"), package("my-priv", "1"), package("idna", "99")], answers)
    assert set(found.files) == {"six"}
    assert set(found.unavailable) == {"my-priv", "idna"}


def test_no_network_is_a_reason_not_a_loss(look_up: LookUp, package: Callable[..., Package]) -> None:
    found = look_up([package("six")], [(1, "offline", ""), (2, "error: Request failed\n  cause: refused", "")])
    assert (found.files, found.unavailable) == ({}, {})
    assert "refused" in found.note


@pytest.mark.parametrize("answer", ["not toml [", "", "packages = [3]", lock(("other", "1")), lock(("six", "9"))])
def test_an_answer_that_does_not_fit_is_no_hash(look_up: LookUp, package: Callable[..., Package], answer: str) -> None:
    found = look_up([package("six")], [(0, "", answer)])
    assert found.files == {}


def test_without_uv(package: Callable[..., Package], runner: Runner) -> None:
    this = read_interpreter()
    assert isinstance(this, Interpreter)
    assert "uv" in look_up_files([package()], this, None, "", runner).note
    assert look_up_files([], this, None, "", runner) == Found()


def test_annotations_are_read_strictly() -> None:
    text = "a==1\n    # via x\n    # from https://i/simple\nb==1\n    # from file:///wheels\n# from https://j/\nc==1\n"
    assert index_annotations(text) == {"a": "https://i/simple", "b": "https://j/"}
