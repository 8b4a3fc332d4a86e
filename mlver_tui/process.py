"""Who a process is beyond its pid, and whether it is still there. Linux by /proc, elsewhere by psutil."""

from __future__ import annotations

import os
import sys

from .records import Process

_LINUX = sys.platform.startswith("linux")


def current() -> Process:
    """The identity of this process."""
    pid = os.getpid()
    return Process(os.uname().nodename, pid, _started(pid) or "", _boot(), _namespace())


def is_alive(process: Process) -> bool | None:
    """Whether that very process still runs on this box; None if it cannot be told from here."""
    if process.host != os.uname().nodename:
        return None
    boot = _boot()
    if process.boot and boot and process.boot != boot:
        return False  # the box was restarted since
    if process.namespace != _namespace():
        return None
    started = _started(process.pid)
    if started is None:
        return False
    return not process.started or started == process.started


def _started(pid: int) -> str | None:
    """Start time of a pid; None if there is no such process or only its zombie; "" if it cannot be told."""
    if not _LINUX:
        return _started_elsewhere(pid)
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except FileNotFoundError:
        return None
    except OSError:
        return ""
    return None if fields[0] in (b"Z", b"X") else fields[19].decode()


def _started_elsewhere(pid: int) -> str | None:
    import psutil

    try:
        found = psutil.Process(pid)
        return None if found.status() == psutil.STATUS_ZOMBIE else f"{found.create_time():.2f}"
    except psutil.NoSuchProcess:
        return None
    except psutil.Error:
        return ""


def _boot() -> str:
    if _LINUX:
        try:
            with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
                return file.read().strip()
        except OSError:
            return ""
    import psutil

    return f"{psutil.boot_time():.0f}"


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
