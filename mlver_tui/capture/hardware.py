"""The box a run ran on. Separate because it is the only place that asks psutil; it must not know runs or stores."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from ..records import Gpu, Hardware, Missing

_NVIDIA = "/proc/driver/nvidia/gpus"
_PCI = "/sys/bus/pci/devices"
_CPU_INFO = "/proc/cpuinfo"
_ACCELERATOR_CLASSES = ("0x0300", "0x0302", "0x0380", "0x1200")


def read_hardware() -> Hardware | Missing:
    """Host, system, processor, memory (bytes) and accelerators. Asks files and psutil, starts no program."""
    try:
        return _read()
    except Exception as error:  # a snapshot never fails because of an odd box
        return Missing("hardware", f"{type(error).__name__}: {error}")


def _read() -> Hardware:
    names = os.uname()
    cores, threads, memory = _sizes()
    return Hardware(
        host=names.nodename,
        os=f"{names.sysname} {names.release} {names.machine}",
        cpu=_cpu_model() or names.machine,
        cores=cores,
        threads=threads,
        memory_bytes=memory,
        gpus=_gpus(),
    )


def _sizes() -> tuple[int | None, int | None, int | None]:
    try:
        import psutil
    except ImportError:  # a training environment may have only the files of this package
        pages = os.sysconf("SC_PHYS_PAGES") if "SC_PHYS_PAGES" in os.sysconf_names else -1
        return None, os.cpu_count(), pages * os.sysconf("SC_PAGE_SIZE") if pages > 0 else None
    return psutil.cpu_count(logical=False), psutil.cpu_count(), int(psutil.virtual_memory().total)


def _cpu_model() -> str:
    for key, value in _pairs(_CPU_INFO):
        if key in ("model name", "Model", "Hardware", "cpu model"):
            return value
    if sys.platform == "darwin":
        import platform

        return platform.processor()
    return ""


def _gpus() -> tuple[Gpu, ...] | None:
    """From the NVIDIA driver's files; () only when the bus shows that there is no accelerator; else None, unknown."""
    try:
        folders = sorted(os.listdir(_NVIDIA))
    except OSError:
        return () if _has_no_accelerator() else None
    models = [dict(_pairs(f"{_NVIDIA}/{folder}/information")).get("Model", "NVIDIA") for folder in folders]
    return tuple(Gpu(model) for model in models)


def _has_no_accelerator() -> bool:
    try:
        devices = os.listdir(_PCI)
    except OSError:
        return False
    return not any(_first_line(f"{_PCI}/{device}/class").startswith(_ACCELERATOR_CLASSES) for device in devices)


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            return lines.readline().strip()
    except OSError:
        return _ACCELERATOR_CLASSES[0]  # a device that cannot be read may be anything


def _pairs(path: str) -> Iterator[tuple[str, str]]:
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                key, mark, value = line.partition(":")
                if mark:
                    yield key.strip(), value.strip()
    except OSError:
        return
