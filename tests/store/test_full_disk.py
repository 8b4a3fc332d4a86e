"""A disk that is full, refuses, or has limits: training goes on, and every point but the counted drops is there."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mlver_tui as mlver

Start = Callable[..., subprocess.Popen[str]]
Read = Callable[[Path], dict[str, dict[str, dict[int, float]]]]

LOG = """
import json, os, resource, sys, time
import mlver_tui as mlver
from mlver_tui.shim import writer
longest = 0.0

def log(run, steps, pause=0.0):
    global longest
    for step in steps:
        start = time.perf_counter()
        run.log({"x": step * 0.25}, step=step)
        longest = max(longest, time.perf_counter() - start)
        if pause: time.sleep(pause)

def fill(path):
    with open(path, "wb", buffering=0) as file:
        try:
            while True: file.write(bytes(1 << 16))
        except OSError:
            pass
        try:
            while True: file.write(b"x")
        except OSError:
            pass

def end(**more): print(json.dumps({"longest": longest, **more}), flush=True)
"""


def ended(process: subprocess.Popen[str]) -> tuple[dict[str, Any], str]:
    """(the last line as JSON, stderr) of a script that must end well."""
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return json.loads(out.splitlines()[-1]), errors


def test_a_disk_that_fills_up_in_mid_run_and_is_freed_again(start: Start, read_all: Read, small_disk: Path) -> None:
    home, ballast = small_disk / "home", small_disk / "ballast"
    script = f"""{LOG}
run = mlver.init(name="r", capture=False)
log(run, range(1000))
fill({str(ballast)!r})
log(run, range(1000, 21_000))
time.sleep(1.2)
log(run, range(21_000, 21_100))
os.unlink({str(ballast)!r})
log(run, range(21_100, 21_200), 0.002)
run.finish()
end(dropped=run._writer.dropped)
"""
    said, errors = ended(start(script, home=home))
    assert said["dropped"] == 0
    assert said["longest"] < 0.25
    assert "training goes on" in errors
    assert "nothing that was held back is lost" in errors
    assert read_all(home)["r"]["x"] == {step: step * 0.25 for step in range(21_200)}
    assert not list((home / "journals").iterdir()), "what a full disk tore and was written again is no damage"


def test_past_the_bound_points_are_dropped_counted_and_named(start: Start, read_all: Read, small_disk: Path) -> None:
    home, ballast = small_disk / "home", small_disk / "ballast"
    script = f"""{LOG}
writer.BUFFER_BYTES = 100_000
run = mlver.init(name="r", capture=False)
log(run, range(10))
fill({str(ballast)!r})
log(run, range(10, 5000))
run.log({{"late": 1.0}}, step=1)
run.config["seen"] = "when it was full"
os.unlink({str(ballast)!r})
time.sleep(0.2)
log(run, range(5000, 5100))
run.log({{"late": 2.0}}, step=2)
run.finish()
end(dropped=run._writer.dropped)
"""
    said, _ = ended(start(script, home=home))
    found = read_all(home)["r"]
    assert said["dropped"] > 1000
    assert len(found["x"]) + len(found["late"]) == 5102 - said["dropped"]
    assert set(range(10)) | set(range(5000, 5100)) <= found["x"].keys()
    assert all(value == step * 0.25 for step, value in found["x"].items())
    assert found["late"][2] == 2.0, "names met while the disk was full still mean something"
    with mlver.open(home) as store:
        run = store.run("r")
    assert run.dropped == said["dropped"]
    assert run.params["seen"].text == "when it was full"


def test_a_disk_that_is_full_from_the_start(start: Start, read_all: Read, small_disk: Path) -> None:
    home, ballast = small_disk / "home", small_disk / "ballast"
    script = f"""{LOG}
fill({str(ballast)!r})
run = mlver.init(name="r", config={{"lr": 1}}, capture=False)
log(run, range(20_000))
descriptors = len(os.listdir("/proc/self/fd"))
os.unlink({str(ballast)!r})
time.sleep(1.2)
log(run, range(20_000, 20_010))
run.finish()
end(descriptors=descriptors, files=len(os.listdir({str(home / "journals")!r})))
"""
    said, errors = ended(start(script, home=home))
    assert said["descriptors"] < 20
    assert said["files"] == 1
    assert said["longest"] < 0.25
    assert "training goes on" in errors
    assert read_all(home)["r"]["x"] == {step: step * 0.25 for step in range(20_010)}


def test_a_disk_that_stays_full_is_said_and_changes_no_exit_code(start: Start, small_disk: Path) -> None:
    script = f"""{LOG}
fill({str(small_disk / "ballast")!r})
run = mlver.init(name="r", capture=False)
log(run, range(1000))
sys.exit(5)
"""
    process = start(script, home=small_disk / "home")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 5
    assert "are lost" in errors


def test_full_then_kill_9_then_space(start: Start, read_all: Read, small_disk: Path) -> None:
    home, ballast = small_disk / "home", small_disk / "ballast"
    script = f"""{LOG}
run = mlver.init(name="r", capture=False)
log(run, range(1000))
fill({str(ballast)!r})
log(run, range(1000, 3000))
os.kill(os.getpid(), 9)
"""
    process = start(script, home=home)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert "wait in memory" in errors
    ballast.unlink()
    found = read_all(home)["r"]["x"]
    assert found == {step: step * 0.25 for step in range(len(found))}
    assert len(found) >= 1000
    with mlver.open(home) as store:
        assert store.run("r").status == "killed"


def test_a_limit_on_the_size_of_files(start: Start, read_all: Read, tmp_path: Path) -> None:
    script = f"""{LOG}
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
run = mlver.init(name="r", capture=False)
log(run, range(3000))
run.finish()
end()
"""
    said, _ = ended(start(script, home=tmp_path))
    assert said["longest"] < 0.25
    assert read_all(tmp_path)["r"]["x"] == {step: step * 0.25 for step in range(3000)}


def test_no_descriptor_to_be_had(start: Start, read_all: Read, tmp_path: Path) -> None:
    script = f"""{LOG}
mlver.init(name="warm", home={str(tmp_path / "other")!r}, capture=False).finish()  # all modules are loaded
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 2, 4096))
taken = []
try:
    while True: taken.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
run = mlver.init(name="r", capture=False)
log(run, range(1000))
for fd in taken: os.close(fd)
time.sleep(0.2)
log(run, range(1000, 1100))
run.finish()
end()
"""
    ended(start(script, home=tmp_path / "home"))
    assert read_all(tmp_path / "home")["r"]["x"] == {step: step * 0.25 for step in range(1100)}


@pytest.mark.parametrize("error", ["EIO", "EDQUOT", "ENOSPC"])
def test_a_write_that_fails_a_while(start: Start, read_all: Read, tmp_path: Path, strace: str, error: str) -> None:
    script = f"""{LOG}
run = mlver.init(name="r", capture=False)
log(run, range(300))
time.sleep(0.5)
log(run, range(300, 310), 0.1)
log(run, range(310, 500))
run.finish()
end()
"""
    inject = ("-e", "trace=write", "-e", f"inject=write:error={error}:when=60..64")
    _, errors = ended(start(script, home=tmp_path, wrapper=(strace, "-f", "-qq", "-o", "/dev/null", *inject)))
    assert "nothing that was held back is lost" in errors  # the first word was refused like the record
    assert read_all(tmp_path)["r"]["x"] == {step: step * 0.25 for step in range(500)}


@pytest.mark.parametrize("when", ["1", "1+"])
def test_a_sync_that_fails_is_not_taken_for_one(
    start: Start, read_all: Read, tmp_path: Path, strace: str, when: str
) -> None:
    script = f"""{LOG}
run = mlver.init(name="r", capture=False)
log(run, range(100))
run._writer.sync()
log(run, range(100, 200))
run._writer.sync()
log(run, range(200, 300))
run.finish()
end()
"""
    wrapper = (strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", f"inject=fsync:error=EIO:when={when}")
    _, errors = ended(start(script, home=tmp_path, wrapper=wrapper))
    assert errors.count("cannot be synced") == 1
    assert read_all(tmp_path)["r"]["x"] == {step: step * 0.25 for step in range(300)}


def test_descriptors_that_the_program_closed_and_used_again(start: Start, read_all: Read, tmp_path: Path) -> None:
    mine = tmp_path / "checkpoint"
    script = f"""{LOG}
run = mlver.init(name="r", capture=False)
log(run, range(100))
os.closerange(3, 256)  # as a daemon does
mine = open({str(mine)!r}, "wb", buffering=0)
log(run, range(100, 200))
taken = [os.open("/dev/null", os.O_RDONLY) for _ in range(200)]
time.sleep(1.2)
log(run, range(200, 300))
run.finish()
end()
"""
    ended(start(script, home=tmp_path / "home"))
    assert mine.read_bytes() == b""
    assert read_all(tmp_path / "home")["r"]["x"] == {step: step * 0.25 for step in range(300)}
