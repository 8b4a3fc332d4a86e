"""Kill -9 at random and at every store-touching system call: what was acknowledged is there, once, unchanged."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Start = Callable[..., subprocess.Popen[str]]
Read = Callable[[Path], dict[str, dict[str, dict[int, float]]]]

LOOP = """
import os, mlver_tui as mlver
run = mlver.init(name="victim", capture=False)
step = 0
while True:
    run.log({"loss": step * 0.5, "acc": -step}, step=step)
    os.write(1, b"%d\\n" % step)
    step += 1
"""

SHORT = """
import os, sys, mlver_tui as mlver
run = mlver.init(name="victim", capture=False)
for step in range(int(sys.argv[1])):
    run.log({"loss": step * 0.5} if step % 3 else {"loss": step * 0.5, "acc": -step}, step=step)
    os.write(1, b"%d\\n" % step)
run.finish()
"""

FOLD = "import sys; from mlver_tui.store.fold import main; main(sys.argv[1])"
CALLS = "write,pwrite64,openat,fsync,fdatasync,ftruncate,rename,unlink,mkdir,flock,fcntl"


def kill_in_the_loop(start: Start, home: Path, seed: int) -> int:
    """The last step whose log call returned before the kill."""
    training = start(LOOP, home=home)
    assert training.stdout is not None
    text = training.stdout.readline()
    assert text, training.communicate()[1]
    deadline = time.monotonic() + random.Random(seed).uniform(0.0, 0.15)
    while time.monotonic() < deadline:
        text += training.stdout.readline()
    training.kill()
    return int((text + training.stdout.read()).rsplit("\n", 2)[-2])


def check_killed(found: dict[str, dict[int, float]], last: int) -> None:
    """Every acknowledged point of LOOP, nothing altered, and at most the one step that was under way more."""
    assert found["loss"].keys() == found["acc"].keys() == set(range(len(found["loss"])))
    assert last + 1 <= len(found["loss"]) <= last + 2
    assert all(value == step * 0.5 for step, value in found["loss"].items())
    assert all(value == -step for step, value in found["acc"].items())


@pytest.mark.parametrize("seed", [1])
def test_kill_9_in_a_tight_loop(start: Start, read_all: Read, tmp_path: Path, seed: int) -> None:
    last = kill_in_the_loop(start, tmp_path, seed)
    check_killed(read_all(tmp_path)["victim"], last)


@pytest.mark.slow
def test_200_kills_in_a_tight_loop(start: Start, read_all: Read, tmp_path: Path) -> None:
    for seed in range(200):
        home = tmp_path / str(seed)
        last = kill_in_the_loop(start, home, seed)
        check_killed(read_all(home)["victim"], last)


def calls_that_touch(strace: str, start: Start, home: Path, source: str, *arguments: object) -> dict[str, list[int]]:
    """System call -> numbers of those calls that name the home or a descriptor in it."""
    trace = home.with_name(f"{home.name}.trace")
    wrapper = (strace, "-f", "-y", "-qq", "-o", str(trace), "-e", f"trace={CALLS}")
    process = start(source, *arguments, home=home, wrapper=wrapper)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    seen: dict[str, int] = {}
    found: dict[str, list[int]] = {}
    for line in trace.read_text(errors="replace").splitlines():
        call = re.match(r"\d+ +(\w+)\(", line)
        if call:
            seen[call[1]] = seen.get(call[1], 0) + 1
            if str(home) in line:
                found.setdefault(call[1], []).append(seen[call[1]])
    return found


def killed_at(strace: str, start: Start, home: Path, call: str, number: int, source: str, *arguments: object) -> str:
    """What a process printed before it was killed as it entered that call."""
    wrapper = (strace, "-f", "-qq", "-o", "/dev/null", "-e", f"inject={call}:signal=SIGKILL:when={number}")
    process = start(source, *arguments, home=home, wrapper=wrapper)
    out, errors = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL, 0), errors
    return out


def thinned(numbers: list[int], most: int) -> list[int]:
    """At most that many, spread over all."""
    return (
        numbers
        if len(numbers) <= most
        else sorted({numbers[i * (len(numbers) - 1) // (most - 1)] for i in range(most)})
    )


def check_every_call_of_a_run(strace: str, start: Start, read_all: Read, tmp_path: Path, most: int) -> None:
    calls = calls_that_touch(strace, start, tmp_path / "plain", SHORT, 12)
    assert {"write", "openat", "mkdir", "fsync"} <= calls.keys()
    for call, numbers in calls.items():
        for number in thinned(numbers, most):
            home = tmp_path / f"{call}-{number}"
            printed = killed_at(strace, start, home, call, number, SHORT, 12).splitlines()
            home.mkdir(exist_ok=True)
            found = read_all(home).get("victim", {}) if (home / "journals").is_dir() else {}
            steps = set(range(len(printed)))
            assert steps <= found.get("loss", {}).keys(), (call, number)
            assert all(value == step * 0.5 for step, value in found.get("loss", {}).items())
            assert {step for step in steps if step % 3 == 0} <= found.get("acc", {}).keys()


def check_every_call_of_a_fold(strace: str, start: Start, read_all: Read, tmp_path: Path, most: int) -> None:
    def logged(name: str) -> Path:
        for _ in range(2):  # a finished run, and one killed with part of it folded
            start(SHORT, 30, home=tmp_path / name).communicate(timeout=60)
        return tmp_path / name

    def folded(home: Path) -> None:
        assert all(found["loss"] == {step: step * 0.5 for step in range(30)} for found in read_all(home).values())

    probe = logged("probe")
    calls = calls_that_touch(strace, start, probe, FOLD, probe)
    assert {"pwrite64", "openat", "unlink"} <= calls.keys()
    for call, numbers in calls.items():
        for number in thinned(numbers, most):
            home = logged(f"{call}-{number}")
            killed_at(strace, start, home, call, number, FOLD, home)
            folded(home)


@pytest.mark.slow
def test_a_kill_at_every_system_call_of_a_run(start: Start, read_all: Read, tmp_path: Path, strace: str) -> None:
    check_every_call_of_a_run(strace, start, read_all, tmp_path, 40)


@pytest.mark.slow
def test_a_kill_at_every_system_call_of_the_folding_process(
    start: Start, read_all: Read, tmp_path: Path, strace: str
) -> None:
    check_every_call_of_a_fold(strace, start, read_all, tmp_path, 40)


def test_a_helper_that_is_killed_again_and_again_costs_nothing(start: Start, read_all: Read, tmp_path: Path) -> None:
    training = start(LOOP, home=tmp_path)
    assert training.stdout is not None
    text = training.stdout.readline()
    for seed in range(3):
        helper = start(FOLD, tmp_path, home=tmp_path)
        deadline = time.monotonic() + random.Random(seed).uniform(0.05, 0.2)
        while time.monotonic() < deadline:
            text += training.stdout.readline()
        os.kill(helper.pid, signal.SIGKILL)
        helper.wait()
    training.kill()
    text += training.stdout.read()
    check_killed(read_all(tmp_path)["victim"], int(text.rsplit("\n", 2)[-2]))
