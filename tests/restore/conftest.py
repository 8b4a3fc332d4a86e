"""Records by hand, a store with one run, and real environments made by real installers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlver_tui.capture.environment import environment_id, read_environment, read_interpreter
from mlver_tui.home import Home
from mlver_tui.records import Environment, Interpreter, Origin, Package
from mlver_tui.restore.installer import find_uv
from mlver_tui.restore.runner import Runner
from mlver_tui.store.connection import close, open_writer, transaction
from mlver_tui.store.snapshots import put_environment

RUN_ID = "01hzzzzzzzzzzzzzzzzzzzzzzz"


def digest_of(name: str) -> str:
    return (name.encode().hex() * 64)[:64]


@pytest.fixture
def package() -> Callable[..., Package]:
    """package(name="six", version="1.17.0", kind="index", url="", …) -> Package."""

    def make(
        name: str = "six",
        version: str = "1.17.0",
        kind: str = "index",
        url: str = "",
        commit: str = "",
        sha256: str = "",
        subdirectory: str = "",
        record: str | None = None,
        tags: tuple[str, ...] = ("py2-none-any", "py3-none-any"),
    ) -> Package:
        origin = Origin(kind, url, commit, sha256, subdirectory)  # type: ignore[arg-type]
        return Package(name, version, origin, digest_of(name) if record is None else record, tags)

    return make


@pytest.fixture
def environment() -> Callable[..., Environment]:
    """environment(*packages, version=…, platform=…) -> Environment of this interpreter unless said otherwise."""

    def make(*packages: Package, version: str = "", platform: str = "", problems: tuple[str, ...] = ()) -> Environment:
        this = read_interpreter()
        assert isinstance(this, Interpreter)
        chosen = Interpreter(
            version=version or this.version,
            implementation=this.implementation,
            cache_tag=this.cache_tag,
            platform=platform or this.platform,
            libc=this.libc,
        )
        ordered = tuple(sorted(packages, key=lambda package: package.name))
        return Environment(environment_id(chosen, ordered, problems), chosen, ordered, problems)

    return make


@pytest.fixture
def record_run(tmp_path: Path) -> Iterator[Callable[..., tuple[object, Home, str]]]:
    """record_run(environment or None, missing=…, code=…) -> (connection, home, run id)."""
    home = Home(tmp_path / "home").create()
    connection = open_writer(home)

    def record(
        environment: Environment | None, missing: str = "[]", code: str | None = None, command: str | None = None
    ) -> tuple[object, Home, str]:
        with transaction(connection, home):
            if environment is not None:
                put_environment(connection, environment)
            pk = connection.execute(
                "INSERT INTO run (id, name, project, status, start_ms, environment) "
                "VALUES (?, 'brisk-otter-14', 'p', 'finished', 1, ?)",
                (RUN_ID, environment.id if environment else None),
            ).lastrowid
            connection.execute(
                "INSERT INTO snapshot (run, missing, code, command) VALUES (?, ?, ?, ?)", (pk, missing, code, command)
            )
        return connection, home, RUN_ID

    yield record
    close(connection, home)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return Runner(folder, lambda line: None, lambda: False)


@pytest.fixture(scope="session")
def uv() -> str:
    found = find_uv()
    if found is None:
        pytest.skip("uv is not here")
    return found.command[0]


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of uv's for this test alone: tests that damage files must not reach the person's."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    return tmp_path / "uv-cache"


@pytest.fixture
def make_venv(tmp_path: Path, uv: str) -> Callable[..., Path]:
    """make_venv(*requirements, name="venv", pip=False) -> the folder of an environment with them installed by uv."""

    def make(*requirements: str, name: str = "venv", seed: bool = False) -> Path:
        folder = tmp_path / name
        base = [uv, "venv", "--quiet", "--python", sys.executable, *(["--seed"] * seed), str(folder)]
        subprocess.run(base, check=True, capture_output=True, cwd=tmp_path)
        if requirements:
            words = [uv, "pip", "install", "--quiet", "--no-deps", "--python", str(folder / "bin" / "python")]
            done = subprocess.run([*words, *requirements], capture_output=True, text=True, cwd=tmp_path, env=os.environ)
            assert done.returncode == 0, done.stderr
        return folder

    return make


@pytest.fixture
def recorded() -> Callable[[Path], Environment]:
    """recorded(venv) -> its Environment."""

    def read(venv: Path) -> Environment:
        found = read_environment(str(venv / "bin" / "python"), isolated=True)
        assert isinstance(found, Environment), found
        return found

    return read


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """project(name) -> a folder with a small project that needs no build backend from outside."""

    def make(name: str, folder: Path | None = None) -> Path:
        root = folder or tmp_path / name
        root.mkdir(exist_ok=True)
        (root / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            f'[project]\nname = "{name}"\nversion = "0.3"\n'
        )
        (root / f"{name}.py").write_text("X = 1\n")
        (root / "backend.py").write_text(_BACKEND.replace("NAME", name))
        return root

    return make


_BACKEND = """
import base64, hashlib, os, zipfile

def _line(path, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(data)}\\n"

def _wheel(folder, files):
    info = "NAME-0.3.dist-info"
    files = {
        **files,
        f"{info}/METADATA": b"Metadata-Version: 2.1\\nName: NAME\\nVersion: 0.3\\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = "".join(_line(path, data) for path, data in files.items()) + f"{info}/RECORD,,\\n"
    with zipfile.ZipFile(os.path.join(folder, "NAME-0.3-py3-none-any.whl"), "w") as wheel:
        for path, data in {**files, f"{info}/RECORD": record.encode()}.items():
            wheel.writestr(path, data)
    return "NAME-0.3-py3-none-any.whl"

def build_wheel(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, {"NAME.py": open("NAME.py", "rb").read()})

def build_editable(folder, config_settings=None, metadata_directory=None):
    return _wheel(folder, {"NAME.pth": os.getcwd().encode() + b"\\n"})
"""
