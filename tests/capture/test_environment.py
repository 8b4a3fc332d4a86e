"""The record of this interpreter and of others."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mlver_tui.capture import environment as room
from mlver_tui.capture.environment import (
    environment_id,
    fingerprint,
    make_environment,
    read_environment,
    read_interpreter,
)
from mlver_tui.records import Environment, Missing, environment_from_json, to_json

Install = Callable[..., Path]


def test_this_interpreter() -> None:
    found = read_environment()
    assert isinstance(found, Environment)
    assert found.interpreter.version.split(".")[:2] == [str(n) for n in sys.version_info[:2]]
    assert "pytest" in {package.name for package in found.packages}
    assert [package.name for package in found.packages] == sorted(package.name for package in found.packages)
    assert environment_from_json(to_json(found)) == found


def test_another_interpreter_is_asked(tmp_path: Path, install: Install) -> None:
    venv.create(tmp_path / "v", with_pip=False, symlinks=True)
    (site,) = tmp_path.glob("v/lib/python*/site-packages")
    install(site, "hello", "1.2.3")
    (site / "noisy.pth").write_text("import sys; print('hello from a start-up file')\n")
    found = read_environment(str(tmp_path / "v" / "bin" / "python"), isolated=True)
    assert isinstance(found, Environment)
    assert [(package.name, package.version) for package in found.packages] == [("hello", "1.2.3")]
    assert found.interpreter.prefix == str(tmp_path / "v")


def test_the_path_variable_counts_unless_isolated(tmp_path: Path, install: Install) -> None:
    install(tmp_path / "extra", "surely-not-installed", "9")
    variables = {**os.environ, "PYTHONPATH": str(tmp_path / "extra")}
    names = []
    for isolated in (False, True):
        found = read_environment(sys.executable, isolated=isolated, variables=variables)
        assert isinstance(found, Environment)
        names.append("surely-not-installed" in {package.name for package in found.packages})
    assert names == [True, False]


@pytest.mark.parametrize("content", ["#!/bin/sh\nexit 3\n", "#!/bin/sh\necho mlver-environment:[]\n", "#!/nowhere\n"])
def test_what_is_no_python_is_missing_with_a_reason(tmp_path: Path, content: str) -> None:
    program = tmp_path / "python"
    program.write_text(content)
    program.chmod(0o755)
    found = read_environment(str(program))
    assert isinstance(found, Missing)
    assert found.part == "environment"
    assert found.reason
    assert isinstance(read_interpreter(str(program)), Missing)


def test_an_interpreter_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(room, "_TIMEOUT_S", 0.2)
    found = read_environment(str(program))
    assert isinstance(found, Missing)
    assert "took more than" in found.reason


def test_the_id_tells_environments_apart_but_not_places(tmp_path: Path, install: Install) -> None:
    this = read_interpreter()
    assert not isinstance(this, Missing)
    install(tmp_path / "a", "x", "1.0", installer="pip")
    install(tmp_path / "b", "x", "1.0", installer="uv", requested=False)
    install(tmp_path / "c", "x", "1.0", record="x.py,sha256=other,3\n")
    ids = [make_environment(this, [str(tmp_path / name)]).id for name in "abc"]
    assert ids[0] == ids[1] != ids[2]
    packages = make_environment(this, [str(tmp_path / "a")]).packages
    assert environment_id(replace(this, prefix="/elsewhere", executable="/x"), packages) == ids[0]
    assert environment_id(replace(this, version="3.99.0"), packages) != ids[0]


def test_the_fingerprint_sees_an_install(tmp_path: Path, install: Install) -> None:
    before = fingerprint([str(tmp_path), str(tmp_path / "absent")])
    assert fingerprint([str(tmp_path), str(tmp_path / "absent")]) == before
    install(tmp_path, "x", "1.0")
    assert fingerprint([str(tmp_path), str(tmp_path / "absent")]) != before
    assert fingerprint() == fingerprint()


def test_it_loads_none_of_the_slow_readers() -> None:
    source = (
        "import sys; from mlver_tui.capture.environment import read_environment; read_environment(); "
        "print({'importlib.metadata', 'email', 'subprocess', 'psutil'} & set(sys.modules))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-S", "-c", source],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.stdout.strip() == "set()"
