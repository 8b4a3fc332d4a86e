"""A command run as a shell would run it: same streams, same terminal, same signals, while a copy of what it says goes
to a file. Knows nothing of runs or stores.

The child gets its own process group and, where we have one, the terminal, so that Ctrl-C and Ctrl-Z reach it once and
directly; signals sent to us are passed on. Its stdout and stderr are pseudo-terminals exactly where ours are terminals,
so that progress bars look as they always did.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

CONSOLE = "console.log"
"""Name of the copy in the folder of a run."""
_TICK_S = 0.2
"""How long a resize, a stop, or an end with the output still held open by others may go unseen."""
_CHUNK = 1 << 16
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


@dataclass(slots=True)
class _Stream:
    """One output of the child: read from `source`, written to our `target` and to the copy."""

    source: int
    child_end: int
    target: int
    terminal: bool


@dataclass(slots=True)
class _Job:
    """The child and what it holds of ours."""

    streams: list[_Stream]
    copy: _Copy
    terminal: int | None = None
    pid: int | None = None
    early: list[int] = field(default_factory=list)
    """Signals that came before there was a child to pass them to."""
    returncode: int | None = None

    def send(self, number: int) -> None:
        """Pass a signal on to the child and what it started."""
        if self.pid is None:
            self.early.append(number)
        elif self.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)


def run_child(argv: Sequence[str], variables: Mapping[str, str], console: Path) -> int:
    """Run to the end; the return code, negative for a signal. Raises OSError if the program cannot be started."""
    sys.stdout.flush()
    with _Copy(console) as copy, _signals(job := _Job(_open_streams(), copy)):
        try:
            child = _start(argv, variables, job)
            with _terminal_lent(job):
                _follow(job)
            child.returncode = job.returncode  # reaped here, so Popen must not look for it again
        finally:
            for stream in job.streams:
                os.close(stream.source)
    return job.returncode if job.returncode is not None else 1


def _start(argv: Sequence[str], variables: Mapping[str, str], job: _Job) -> subprocess.Popen[bytes]:
    ends = [stream.child_end for stream in job.streams]
    group: dict[str, Any] = {"process_group": 0} if sys.version_info >= (3, 11) else {"preexec_fn": os.setpgrp}
    try:
        child = subprocess.Popen(argv, env=dict(variables), stdout=ends[0], stderr=ends[-1], **group)
    finally:
        for end in ends:
            os.close(end)
    job.pid = child.pid
    for number in job.early:
        job.send(number)
    return child


def _open_streams() -> list[_Stream]:
    """One stream where stdout and stderr are the same thing to a reader, else two."""
    if os.isatty(1) and os.isatty(2):
        return [_pseudo_terminal(1)]
    return [_pseudo_terminal(target) if os.isatty(target) else _pipe(target) for target in (1, 2)]


def _pipe(target: int) -> _Stream:
    source, child_end = os.pipe()
    return _Stream(source, child_end, target, terminal=False)


def _pseudo_terminal(target: int) -> _Stream:
    source, child_end = os.openpty()
    modes = termios.tcgetattr(child_end)
    modes[1] &= ~termios.OPOST  # the real terminal turns line ends; twice would not be unchanged
    termios.tcsetattr(child_end, termios.TCSANOW, modes)
    stream = _Stream(source, child_end, target, terminal=True)
    _copy_size(stream)
    return stream


def _copy_size(stream: _Stream) -> bool:
    """Give the pseudo-terminal the size of the real one; True if that changed it."""
    try:
        wanted = os.get_terminal_size(stream.target)
        if wanted == os.get_terminal_size(stream.source):
            return False
        fcntl.ioctl(stream.source, termios.TIOCSWINSZ, struct.pack("HHHH", wanted.lines, wanted.columns, 0, 0))
    except OSError:  # the terminal is gone: a closed window, a lost connection
        return False
    return True


@contextlib.contextmanager
def _signals(job: _Job) -> Iterator[None]:
    """Pass signals on while the child runs. One that is ignored (nohup, a background job) stays ignored."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        job.send(number)

    before = {number: signal.getsignal(number) for number in _PASSED_ON}
    taken = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in taken:
        signal.signal(number, pass_on)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])


@contextlib.contextmanager
def _terminal_lent(job: _Job) -> Iterator[None]:
    """Make the child the terminal's foreground job, and ourselves again at the end."""
    try:
        job.terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # no terminal rules this session: nothing to lend
        yield
        return
    # taking the terminal back is done from the background, which SIGTTOU would stop
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        _lend(job)
        yield
    finally:
        _take_back(job)
        signal.signal(signal.SIGTTOU, before)
        os.close(job.terminal)


def _lend(job: _Job) -> None:
    with contextlib.suppress(OSError):  # the child may be gone already
        if job.terminal is not None and job.pid and os.tcgetpgrp(job.terminal) == os.getpgrp():
            os.tcsetpgrp(job.terminal, job.pid)


def _take_back(job: _Job) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone: a closed window, a lost connection
        if job.terminal is not None and os.tcgetpgrp(job.terminal) == job.pid:
            os.tcsetpgrp(job.terminal, os.getpgrp())


def _follow(job: _Job) -> None:
    """Copy until the child has ended and its output is drained. What it left running may keep the output open: that
    is not waited for."""
    while job.streams:
        ready, _, _ = select.select([stream.source for stream in job.streams], [], [], _TICK_S)
        for stream in [stream for stream in job.streams if stream.source in ready]:
            if not _pump(stream, job):
                job.streams.remove(stream)
                os.close(stream.source)
        if not ready and job.returncode is not None:
            return
        _look_after(job, os.WNOHANG)
    while job.returncode is None:
        _look_after(job, 0)


def _pump(stream: _Stream, job: _Job) -> bool:
    """Move what is there; False at the end of the stream."""
    try:
        piece = os.read(stream.source, _CHUNK)
    except OSError:  # EIO: the last holder of a pseudo-terminal has closed it
        return False
    job.copy.write(piece)
    return bool(piece) and _write_all(stream.target, piece)


def _write_all(target: int, piece: bytes) -> bool:
    """Write the whole piece; False if nobody reads any more, and then the child must learn it too."""
    view = memoryview(piece)
    while view:
        try:
            view = view[os.write(target, view) :]
        except BlockingIOError:  # somebody made the terminal non-blocking
            select.select([], [target], [])
        except OSError:
            return False
    return True


def _look_after(job: _Job, flags: int) -> None:
    """See whether the child ended, stopped, or needs a new window size."""
    if job.returncode is not None or job.pid is None:
        return
    resized = [stream for stream in job.streams if stream.terminal and _copy_size(stream)]
    if resized:
        job.send(signal.SIGWINCH)
    pid, status = os.waitpid(job.pid, flags | os.WUNTRACED)
    if pid == 0:
        return
    if os.WIFSTOPPED(status):
        _stop_together(job, os.WSTOPSIG(status))
    else:
        job.returncode = os.waitstatus_to_exitcode(status)


def _stop_together(job: _Job, number: int) -> None:
    """The child was stopped (Ctrl-Z): give the shell its terminal and stop too; go on together."""
    if job.terminal is None:
        return
    waits_for_terminal = number in (signal.SIGTTIN, signal.SIGTTOU) and os.tcgetpgrp(job.terminal) == job.pid
    if not waits_for_terminal:
        _take_back(job)
        os.killpg(os.getpgrp(), signal.SIGSTOP)
        _lend(job)
    job.send(signal.SIGCONT)


class _Copy:
    """The file that keeps what was said. A full disk must not disturb the command: the rest is not kept, said once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def __enter__(self) -> _Copy:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            self._give_up(error)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            os.close(self._file)

    def write(self, piece: bytes) -> None:
        """Append; never raises."""
        if self._file is None:
            return
        try:
            os.write(self._file, piece)
        except OSError as error:
            os.close(self._file)
            self._file = None
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        print(f"mlver-tui: the console is not kept: {error.strerror or error}", file=sys.stderr)
