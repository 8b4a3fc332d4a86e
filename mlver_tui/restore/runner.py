"""Starting an installer and staying its master: its lines are passed on, a cancel ends it and all that it started.

No shell, no inherited standard input, argv lists only. It knows nothing of what the program does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ..capture.programs import without_git_variables
from ..errors import RestoreError

Progress = Callable[[str], None]
Cancelled = Callable[[], bool]

_POLL_S = 0.05
_GRACE_S = 3.0
_LAST_LINES = 6
_NOISE = "option is experimental and may change"

# What changes where an installer installs, with which Python, or what it takes beside the lockfile
_DROPPED = ("VIRTUAL_ENV", "CONDA_", "PYTHON", "__PYVENV", "UV_", "PIP_")
_KEPT = frozenset(
    """UV_INDEX UV_DEFAULT_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_INDEX_STRATEGY UV_NO_INDEX UV_OFFLINE
    UV_CACHE_DIR UV_NO_CACHE UV_LINK_MODE UV_HTTP_TIMEOUT UV_NATIVE_TLS UV_SYSTEM_CERTS UV_INSECURE_HOST UV_CONFIG_FILE
    UV_KEYRING_PROVIDER UV_CONCURRENT_DOWNLOADS UV_CONCURRENT_INSTALLS UV_HTTP_RETRIES UV_NO_CONFIG
    UV_PYTHON_INSTALL_DIR PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX PIP_CERT PIP_CLIENT_CERT
    PIP_PROXY PIP_TRUSTED_HOST PIP_CACHE_DIR PIP_NO_CACHE_DIR PIP_DEFAULT_TIMEOUT PIP_TIMEOUT PIP_RETRIES
    PIP_CONFIG_FILE PIP_KEYRING_PROVIDER""".split()  # noqa: SIM905
)
_PIP_AS_UV = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_EXTRA_INDEX_URL": "UV_INDEX", "PIP_FIND_LINKS": "UV_FIND_LINKS"}


class CancelledError(RestoreError):
    """The person stopped the restore."""

    def __init__(self) -> None:
        super().__init__("the restore was cancelled", "nothing was left behind; start it again when you like")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended."""

    status: int
    out: str
    err: str

    @property
    def last_words(self) -> str:
        """The last lines of stderr (or stdout), on one line."""
        return " · ".join(_told((self.err.strip() or self.out.strip()).splitlines())[-_LAST_LINES:])


def tool_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment variables for an installer: indexes, credentials, cache and network stay, targets go.

    Where uv has no settings of its own, pip's variables are said in its words, so that both see the same indexes.
    """
    clean = without_git_variables(variables)
    clean = {name: text for name, text in clean.items() if name in _KEPT or not name.startswith(_DROPPED)}
    clean |= {name: text for name, text in variables.items() if name.startswith("UV_INDEX_")}  # their credentials
    if not any(name in clean for name in ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL")):
        clean |= {
            _PIP_AS_UV[name]: (",".join(clean[name].split()) if name == "PIP_FIND_LINKS" else clean[name])
            for name in _PIP_AS_UV
            if clean.get(name) and _PIP_AS_UV[name] not in clean
        }
    return {**clean, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "GIT_TERMINAL_PROMPT": "0"}


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs programs one at a time in `folder`, where no project's settings lie."""

    folder: Path
    progress: Progress
    cancelled: Cancelled
    variables: Mapping[str, str] = field(default_factory=lambda: tool_variables(os.environ))

    def run(self, argv: Sequence[str], *, timeout_s: float = 3600.0, quiet: bool = False) -> Outcome:
        """Run to the end. Raises CancelledError, or RestoreError if it cannot start or takes too long."""
        if self.cancelled():
            raise CancelledError
        with tempfile.TemporaryFile(dir=self.folder) as out, tempfile.TemporaryFile(dir=self.folder) as err:
            process = self._start(argv, out, err)
            try:
                self._watch(process, argv, time.monotonic() + timeout_s, () if quiet else (out, err))
            finally:
                _end(process)
            return Outcome(process.returncode, _text(out), _text(err))

    def _start(self, argv: Sequence[str], out: IO[bytes], err: IO[bytes]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                list(argv),
                cwd=self.folder,
                env=dict(self.variables),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        except OSError as error:
            raise RestoreError(f"{argv[0]} cannot be started: {error.strerror}") from error

    def _watch(
        self, process: subprocess.Popen[bytes], argv: Sequence[str], deadline: float, streams: Sequence[IO[bytes]]
    ) -> None:
        tails = [_Tail(stream.fileno()) for stream in streams]
        while process.poll() is None:
            if self.cancelled():
                raise CancelledError
            if time.monotonic() > deadline:
                raise RestoreError(f"{Path(argv[0]).name} took too long and was stopped")
            self._tell(tails)
            try:
                process.wait(_POLL_S)
            except subprocess.TimeoutExpired:
                continue
        self._tell(tails)

    def _tell(self, tails: Sequence[_Tail]) -> None:
        for tail in tails:
            for line in tail.new_lines():
                self.progress(line)


class _Tail:
    """New whole lines of a file that another process appends to."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._offset = 0
        self._rest = b""

    def new_lines(self) -> list[str]:
        read = os.pread(self._descriptor, 1 << 20, self._offset)
        self._offset += len(read)
        *lines, self._rest = (self._rest + read).split(b"\n")
        return _told(line.decode("utf-8", "backslashreplace") for line in lines)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop what may still run: the program and everything in its process group."""
    if process.poll() is not None:
        return
    for number, patience in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            process.wait()
            return
        try:
            process.wait(patience)
            return
        except subprocess.TimeoutExpired:
            continue


def _told(lines: Iterable[str]) -> list[str]:
    """The lines worth telling, without space around them."""
    return [line.strip() for line in lines if line.strip() and _NOISE not in line]


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "backslashreplace")
