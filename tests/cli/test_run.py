"""`mlver-tui run`: the command behaves as without us, and a run tells the story afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

NAP = "import time, sys; print('up', flush=True); time.sleep(60)"


def finished(child: Any) -> Any:
    out, err = child.communicate(timeout=60)
    return child.returncode, out.decode(), err.decode()


def newest(call: Any, home: Path) -> Any:
    return json.loads(call("--home", home, "show", "@-1", "--json").out)["runs"][0]


@pytest.fixture
def place(tmp_path: Path) -> Any:
    """A home that does not exist yet."""
    return tmp_path / "made"


def test_streams_and_status_pass_through(spawn: Any, call: Any, place: Path) -> None:
    script = "echo out; echo err >&2; exit 3"
    child = spawn("run", "--home", place, "--name", "job", "--project", "p", "--", "sh", "-c", script)
    status, out, err = finished(child)
    assert (status, out) == (3, "out\n")
    assert err.startswith("err\n")
    run = newest(call, place)
    assert (run["name"], run["project"], run["status"]) == ("job", "p", "failed")
    assert run["command"]["argv"] == ["sh", "-c", script]
    console = (place / "runs" / run["id"] / "console.log").read_text()
    assert sorted(console.split()) == ["err", "out"]
    assert "exit code" in call("--home", place, "show", "job").out


def test_success_is_finished(spawn: Any, call: Any, place: Path) -> None:
    assert finished(spawn("-q", "--home", place, "run", "true")) == (0, "", "")
    assert newest(call, place)["status"] == "finished"


def test_binary_output_is_unchanged(spawn: Any, place: Path) -> None:
    code = "import sys; sys.stdout.buffer.write(bytes(range(256)) * 4000)"
    child = spawn("run", "--home", place, "--", sys.executable, "-c", code)
    out, _ = child.communicate(timeout=60)
    assert out == bytes(range(256)) * 4000


def test_stdin_passes_through(spawn: Any, place: Path, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("hello")
    with (tmp_path / "in").open() as stdin:
        assert finished(spawn("run", "--home", place, "--", "cat", stdin=stdin))[1] == "hello"


def test_missing_program(spawn: Any, call: Any, place: Path) -> None:
    status, out, err = finished(spawn("run", "--home", place, "--", "no-such-program"))
    assert (status, out) == (127, "")
    assert "there is no program no-such-program" in err
    assert newest(call, place)["status"] == "failed"
    assert "there is no program" in call("--home", place, "show", "@-1").out


def test_a_file_that_cannot_be_run(spawn: Any, place: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    assert finished(spawn("run", "--home", place, "--", tmp_path / "plain"))[0] == 126


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_reach_the_command(spawn: Any, call: Any, place: Path, number: signal.Signals) -> None:
    child = spawn("run", "--home", place, "--", sys.executable, "-c", NAP, stderr=subprocess.DEVNULL)
    assert child.stdout.read(3) == b"up\n"
    child.send_signal(number)
    status, _, _ = finished_without_stderr(child)
    assert status == 128 + number if number == signal.SIGTERM else status in (1, 130)
    assert newest(call, place)["status"] in ("killed", "failed")


def finished_without_stderr(child: Any) -> Any:
    out, _ = child.communicate(timeout=60)
    return child.returncode, out, b""


def test_a_command_that_handles_signals_ends_as_it_likes(spawn: Any, call: Any, place: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit(0)))\n"
        "print('up', flush=True)\n"
        "time.sleep(60)"
    )
    child = spawn("run", "--home", place, "--", sys.executable, "-c", code)
    assert child.stdout.read(3) == b"up\n"
    child.terminate()
    status, out, _ = finished(child)
    assert (status, out) == (0, "bye\n")
    assert newest(call, place)["status"] == "finished"


def test_death_by_signal(spawn: Any, call: Any, place: Path) -> None:
    assert finished(spawn("run", "--home", place, "--", "sh", "-c", "kill -9 $$"))[0] == 137
    assert newest(call, place)["status"] == "killed"


def test_a_killed_recorder_is_seen(spawn: Any, call: Any, place: Path) -> None:
    child = spawn("run", "--home", place, "--", sys.executable, "-c", NAP)
    assert child.stdout.read(3) == b"up\n"
    os.killpg(child.pid, signal.SIGKILL)
    child.wait(timeout=60)
    run = newest(call, place)
    assert run["status"] == "killed"


def test_what_stays_in_the_background_is_not_waited_for(spawn: Any, place: Path) -> None:
    started = time.monotonic()
    child = spawn("run", "--home", place, "--", "sh", "-c", "sleep 50 & echo done")
    status, out, _ = finished(child)
    assert (status, out) == (0, "done\n")
    assert time.monotonic() - started < 45


def test_a_run_inside_is_a_child(spawn: Any, call: Any, place: Path) -> None:
    code = "import mlver_tui; r = mlver_tui.init('inner'); r.log({'loss': 1.0})"
    assert finished(spawn("run", "--home", place, "--", sys.executable, "-c", code))[0] == 0
    runs = json.loads(call("--home", place, "runs", "--json").out)["runs"]
    inner = next(run for run in runs if run["project"] == "inner")
    outer = next(run for run in runs if run["project"] != "inner")
    assert inner["parent"] == outer["id"]
    assert outer["parent"] is None
    assert outer["environment"]["packages"]


def test_secrets_of_the_command_line_are_hidden(spawn: Any, call: Any, place: Path) -> None:
    finished(spawn("run", "--home", place, "--", "true", "--api-key", "abcdef0123456789", "--lr", "0.1"))
    argv = newest(call, place)["command"]["argv"]
    assert "abcdef0123456789" not in argv
    assert argv[-2:] == ["--lr", "0.1"]


def test_no_python_means_no_environment(spawn: Any, call: Any, place: Path) -> None:
    finished(spawn("run", "--home", place, "--", "true"))
    assert newest(call, place)["environment"]["packages"] is None
    assert "true is not a Python program" in call("--home", place, "show", "@-1").out


@pytest.mark.parametrize(
    ("first_line", "expected"),
    [
        (f"#!{sys.executable}", sys.executable),
        (f"#!/usr/bin/env -S {Path(sys.executable)}", sys.executable),
        ("#!/bin/sh", None),
        ("", None),
    ],
)
def test_interpreter_of_a_script(tmp_path: Path, first_line: Any, expected: Any) -> None:
    from mlver_tui.cli.recording import python_of

    script = tmp_path / "tool"
    script.write_text(first_line + "\n")
    script.chmod(0o755)
    assert python_of(str(script), os.environ) == expected


def test_inside_a_terminal_the_command_has_one(spawn: Any, call: Any, place: Path) -> None:
    ours, theirs = os.openpty()
    code = "import sys, os; print(sys.stdout.isatty(), sys.stderr.isatty(), *os.get_terminal_size(1), flush=True)"
    child = spawn("-q", "run", "--home", place, "--", sys.executable, "-c", code, stdout=theirs, stderr=theirs)
    import fcntl
    import struct
    import termios

    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
    os.close(theirs)
    text = b""
    while b"\n" not in text:
        text += os.read(ours, 1000)
    child.wait(timeout=60)
    os.close(ours)
    words = text.decode().split()
    assert words[:2] == ["True", "True"]
    run = newest(call, place)
    console = (place / "runs" / run["id"] / "console.log").read_bytes()
    assert console.startswith(b"True True")
    assert b"\r" not in console


def test_a_console_that_cannot_be_kept_disturbs_nothing(spawn: Any, call: Any, place: Path) -> None:
    place.mkdir()
    (place / "runs").mkdir(mode=0o700)
    assert finished(spawn("-q", "run", "--home", place, "--", "echo", "one"))[:2] == (0, "one\n")
