"""Where a store is looked for, and who a process is."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlver_tui import clock, process
from mlver_tui.errors import HomeError
from mlver_tui.home import Home, find_home


def test_explicit_beats_variable_beats_nearest_beats_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLVER_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    deep = tmp_path / "project" / "src"
    deep.mkdir(parents=True)
    assert find_home(start=deep).root == tmp_path / "data" / "mlver"
    (tmp_path / "project" / ".mlver").mkdir()
    assert find_home(start=deep).root == tmp_path / "project" / ".mlver"
    monkeypatch.setenv("MLVER_HOME", str(tmp_path / "named"))
    assert find_home(start=deep).root == tmp_path / "named"
    assert find_home(tmp_path / "given", start=deep).root == tmp_path / "given"


def test_a_home_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="no store") as caught:
        Home(tmp_path / "nowhere").check()
    assert caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_home_of_somebody_else(tmp_path: Path) -> None:
    home = Home(tmp_path / "theirs").create()
    home.root.chmod(0)
    with pytest.raises(HomeError, match="cannot be read"):
        home.check()
    home.root.chmod(0o700)


def test_ids_sort_by_birth_and_names_follow_from_them() -> None:
    ids = [clock.new_id() for _ in range(200)]
    assert len(set(ids)) == 200
    assert all(len(run_id) == 26 for run_id in ids)
    assert [run_id[:10] for run_id in ids] == sorted(run_id[:10] for run_id in ids)
    assert clock.name_for(ids[0]) == clock.name_for(ids[0])
    assert clock.name_for(ids[0]).count("-") == 2


def test_this_process_is_alive_and_a_gone_one_is_not() -> None:
    me = process.current()
    assert process.is_alive(me) is True
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    assert process.is_alive(dataclasses.replace(me, pid=child.pid, started="1")) is False


def test_a_reused_pid_a_reboot_and_another_box() -> None:
    me = process.current()
    assert process.is_alive(dataclasses.replace(me, started="12345")) is False
    assert process.is_alive(dataclasses.replace(me, boot="before the reboot")) is False
    assert process.is_alive(dataclasses.replace(me, host="elsewhere")) is None
    assert process.is_alive(dataclasses.replace(me, namespace="pid:[1]")) is None
