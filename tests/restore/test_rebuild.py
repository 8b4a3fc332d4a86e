"""Record, lock, rebuild, prove: with real environments and real installers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packaging.pylock import Pylock

from mlver_tui.errors import RefusedError, RestoreError
from mlver_tui.query.snapshots import list_restores
from mlver_tui.query.views import RestoreVerdict
from mlver_tui.records import Environment, Package
from mlver_tui.restore import toml
from mlver_tui.restore.apply import restore
from mlver_tui.restore.plan import make_plan
from mlver_tui.restore.target import MARKER

pytestmark = pytest.mark.slow

MakeVenv = Callable[..., Path]
Recorded = Callable[[Path], Environment]


@pytest.fixture
def rebuild(record_run: Callable[..., Any], tmp_path: Path) -> Callable[..., RestoreVerdict]:
    """rebuild(environment, …) -> the verdict on tmp_path/restored."""

    def run(environment: Environment, **options: Any) -> RestoreVerdict:
        connection, home, run_id = record_run(environment)
        plan = make_plan(connection, home, run_id, tmp_path / "restored")
        return restore(connection, home, plan, **options)

    return run


Rebuild = Callable[..., RestoreVerdict]


def words(verdict: RestoreVerdict) -> dict[str, str]:
    return {package.name: package.word for package in verdict.packages}


def test_exact_with_uv(make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild, tmp_path: Path) -> None:
    lines: list[str] = []
    record = recorded(make_venv("six", "idna", "packaging==24.2", seed=True))
    verdict = rebuild(record, progress=lines.append)
    assert words(verdict) == {package.name: "exact" for package in record.packages}
    assert verdict.word == "exact", verdict
    assert verdict.lock_name == "pylock.toml"
    assert verdict.installer.startswith("uv ")
    assert "installing" in lines
    pylock = Pylock.from_dict(toml.read((tmp_path / "restored" / "pylock.toml").read_text()))
    pylock.validate()
    assert len(list(pylock.select())) == len(record.packages)
    assert sorted(path.name for path in (tmp_path / "restored").iterdir()) == [".venv", "pylock.toml"]
    python = tmp_path / "restored" / ".venv" / "bin" / "python"
    subprocess.run([python, "-c", "import six, idna, packaging"], check=True)


def test_exact_with_pip(
    make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = recorded(make_venv("six"))
    monkeypatch.setenv("MLVER_UV", "none")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "venv"))
    verdict = rebuild(record)
    assert verdict.word == "exact", verdict
    assert verdict.lock_name == "requirements.txt"
    assert verdict.installer.startswith("pip ")
    assert words(verdict) == {"six": "exact"}


def test_an_empty_environment(make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild) -> None:
    assert rebuild(recorded(make_venv())).word == "exact"


def test_the_verdict_is_kept(
    make_venv: MakeVenv, recorded: Recorded, record_run: Callable[..., Any], tmp_path: Path
) -> None:
    connection, home, run_id = record_run(recorded(make_venv("six")))
    restore(connection, home, make_plan(connection, home, run_id, tmp_path / "restored"))
    (row,) = list_restores(connection)
    assert (row.run_id, row.verdict, row.target) == (run_id, "exact", str(tmp_path / "restored"))
    assert row.detail["packages"][0]["name"] == "six"


def test_a_person_s_active_environment_is_left_alone(
    make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = recorded(make_venv("six"))
    active = make_venv("idna", name="active")
    before = recorded(active)
    monkeypatch.setenv("VIRTUAL_ENV", str(active))
    assert rebuild(record).word == "exact"
    assert recorded(active) == before


@pytest.mark.usefixtures("own_cache")
def test_an_edited_file_in_uv_s_cache_is_caught_and_replaced(
    make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild, tmp_path: Path
) -> None:
    venv = make_venv("six")
    record = recorded(venv)
    (module,) = venv.glob("lib/python*/site-packages/six.py")
    with module.open("r+b") as content:  # in place, as an editor may: a hard link into the cache is edited too
        content.write(b"# tampered")
    lines: list[str] = []
    verdict = rebuild(record, progress=lines.append)
    assert verdict.word == "exact", verdict
    (fresh,) = (tmp_path / "restored").glob(".venv/lib/python*/site-packages/six.py")
    assert b"tampered" not in fresh.read_bytes()
    if module.stat().st_nlink > 1:
        assert "installing again with fresh files" in lines


def test_what_was_recorded_after_a_change_by_hand_shows(
    make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild
) -> None:
    venv = make_venv("six", "idna")
    (record_file,) = venv.glob("lib/python*/site-packages/six-*.dist-info/RECORD")
    content = record_file.read_text()
    record_file.unlink()  # a hard link would change the cache
    record_file.write_text(content.replace("six.py,sha256=", "six.py,sha256=x"))
    (idna,) = venv.glob("lib/python*/site-packages/idna-*.dist-info/RECORD")
    idna.unlink()
    verdict = rebuild(recorded(venv))
    assert words(verdict) == {"six": "degraded", "idna": "unknown"}
    assert verdict.word == "degraded"


def test_a_commit_comes_back(
    make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild, project: Callable[..., Path], tmp_path: Path
) -> None:
    repo = project("toyvcs")
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com"]
    for step in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "x"]):
        subprocess.run([*git, *step], cwd=repo, check=True)
    record = recorded(make_venv(f"toyvcs @ git+file://{repo}"))
    (repo / "toyvcs.py").write_text("X = 2  # not committed\n")
    verdict = rebuild(record)
    assert verdict.word == "exact", verdict
    assert verdict.lock_name == "pylock.toml"
    (module,) = (tmp_path / "restored").glob(".venv/lib/python*/site-packages/toyvcs.py")
    assert module.read_text() == "X = 1\n"


def test_folders_are_used_as_they_are_and_judged(
    make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild, project: Callable[..., Path], own_cache: Path
) -> None:
    same, changed, linked, gone = (project(name) for name in ("same", "changed", "linked", "gone"))
    record = recorded(make_venv(str(same), str(changed), "--editable", str(linked), str(gone)))
    (changed / "changed.py").write_text("X = 3\n")
    (changed / "pyproject.toml").write_text((changed / "pyproject.toml").read_text() + "# so that it is built again\n")
    shutil.rmtree(gone)
    verdict = rebuild(record)
    assert words(verdict) == {"same": "exact", "changed": "degraded", "linked": "unknown", "gone": "missing"}
    assert verdict.word == "missing"
    why = {package.name: package.why for package in verdict.packages}
    assert "put that folder back" in why["gone"]
    assert "the folder has changed" in why["changed"]


def test_a_folder_that_does_not_build_costs_itself_only(
    make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild, project: Callable[..., Path], own_cache: Path
) -> None:
    broken = project("broken")
    record = recorded(make_venv(str(broken), "six"))
    (broken / "backend.py").write_text("raise RuntimeError('no more')\n")
    (broken / "pyproject.toml").write_text((broken / "pyproject.toml").read_text() + "# so that it is built again\n")
    assert words(rebuild(record)) == {"broken": "missing", "six": "exact"}


def test_a_local_wheel_with_and_without_its_hash(
    make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild, project: Callable[..., Path], tmp_path: Path, uv: str
) -> None:
    subprocess.run([uv, "build", "--quiet", "--wheel", str(project("toywheel"))], check=True)
    (wheel,) = tmp_path.glob("toywheel/dist/*.whl")
    record = recorded(make_venv(str(wheel)))
    verdict = rebuild(record)
    assert verdict.word == "exact", verdict
    assert verdict.lock_name == "requirements.txt"


def test_a_package_that_no_index_has(
    make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild, environment: Callable[..., Environment]
) -> None:
    record = recorded(make_venv("six"))
    (six,) = record.packages
    absent = replace(six, version="1.17.0+never.built")
    verdict = rebuild(environment(absent, version=record.interpreter.version))
    assert words(verdict) == {"six": "missing"}


def test_no_installer_s_failure_leaves_anything(
    make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild, tmp_path: Path
) -> None:
    record = recorded(make_venv("six"))
    (six,) = record.packages
    commit = replace(six, origin=replace(six.origin, kind="vcs", url=f"file://{tmp_path}/no-repo", commit="a" * 40))
    with pytest.raises(RestoreError) as caught:
        rebuild(replace(record, packages=(commit,)))
    assert "no-repo" in caught.value.message
    assert not (tmp_path / "restored").exists()


def test_a_cancel_leaves_nothing(make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild, tmp_path: Path) -> None:
    lines: list[str] = []
    record = recorded(make_venv("six"))
    with pytest.raises(RestoreError, match="cancelled"):
        rebuild(record, progress=lines.append, cancelled=lambda: "making the environment" in lines)
    assert not (tmp_path / "restored").exists()


def test_only_the_lockfile(make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild, tmp_path: Path) -> None:
    verdict = rebuild(recorded(make_venv("six")), lock_only=True)
    assert (verdict.word, verdict.packages) == ("unknown", ())
    assert [path.name for path in (tmp_path / "restored").iterdir()] == ["pylock.toml"]


def test_another_minor_version_is_refused_but_can_be_locked(
    environment: Callable[..., Environment],
    package: Callable[..., Package],
    record_run: Callable[..., Any],
    tmp_path: Path,
) -> None:
    connection, home, run_id = record_run(environment(package("six"), version="3.0.1"))
    plan = make_plan(connection, home, run_id, tmp_path / "restored")
    with pytest.raises(RefusedError) as caught:
        restore(connection, home, plan)
    assert "--lock-only" in caught.value.hint
    assert not (tmp_path / "restored").exists()


def test_a_half_made_restore_is_started_over(
    make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild, tmp_path: Path
) -> None:
    target = tmp_path / "restored"
    (target / ".venv" / "lib").mkdir(parents=True)
    (target / ".venv" / "lib" / "half").touch()
    (target / MARKER).touch()
    assert rebuild(recorded(make_venv("six"))).word == "exact"
    assert not (target / ".venv" / "lib" / "half").exists()


def test_it_is_this_python(make_venv: MakeVenv, recorded: Recorded, rebuild: Rebuild) -> None:
    verdict = rebuild(recorded(make_venv("six")))
    assert verdict.python_found == verdict.python_recorded == ".".join(map(str, sys.version_info[:3]))
