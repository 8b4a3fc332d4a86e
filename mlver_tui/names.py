"""What names may look like, and the one parser for references to runs and versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .errors import UsageError

MAX_NAME = 250
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_SEMVER = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\Z", re.ASCII)
_SEQUENCE = re.compile(r"v([1-9]\d{0,8})\Z", re.ASCII)
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,99}\Z")


@dataclass(frozen=True, slots=True, order=True)
class SemVer:
    """A release number `major.minor.patch`."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def bump(self, part: Literal["major", "minor", "patch"]) -> SemVer:
        """The next number."""
        if part == "major":
            return SemVer(self.major + 1, 0, 0)
        if part == "minor":
            return SemVer(self.major, self.minor + 1, 0)
        return SemVer(self.major, self.minor, self.patch + 1)


@dataclass(frozen=True, slots=True)
class RunRef:
    """A run by name, id, id prefix or suffix; or, with `back`, the newest (1), the one before (2), …"""

    text: str
    back: int | None = None


@dataclass(frozen=True, slots=True)
class VersionRef:
    """A version of a model by sequence, semver, alias (`latest`) or stage."""

    model: str
    seq: int | None = None
    semver: SemVer | None = None
    alias: str | None = None
    stage: str | None = None


def parse_ref(text: str) -> RunRef | VersionRef:
    """Read `brisk-otter-14`, an id part, `@-1`, `m:v3`, `m:1.2.0`, `m:latest`, `m@production`. Raises UsageError."""
    if not text or len(text) > MAX_NAME:
        message = "that reference is too long" if text else "the reference is empty"
        raise UsageError(message, "give a run or model:version")
    if text.startswith("@"):
        match = re.fullmatch(r"@-([1-9]\d{0,8})", text, re.ASCII)
        if not match:
            raise UsageError(f"{text} is not a reference", "@-1 is the newest run, @-2 the one before")
        return RunRef(text, int(match[1]))
    model, colon, version = text.rpartition(":")
    if colon and _MODEL.match(model):
        return _version_ref(model, version)
    model, at, stage = text.rpartition("@")
    if at and _MODEL.match(model) and _LABEL.match(stage):
        return VersionRef(model, stage=stage)
    return RunRef(text)


def parse_semver(text: str) -> SemVer:
    """Read `1.2.0`. Raises UsageError."""
    match = _SEMVER.match(text)
    if not match:
        raise UsageError(f"{text!r} is not a version number", "use three numbers such as 1.2.0")
    return SemVer(int(match[1]), int(match[2]), int(match[3]))


def check_model_name(name: str) -> str:
    """`name` if a model may be called so. Raises UsageError."""
    if not _MODEL.match(name):
        raise UsageError(
            f"{name[:60]!r} cannot name a model",
            "use letters, digits, dot, dash and underscore, at most 100, starting with a letter or digit",
        )
    return name


def _version_ref(model: str, version: str) -> VersionRef:
    if match := _SEQUENCE.match(version):
        return VersionRef(model, seq=int(match[1]))
    if _SEMVER.match(version):
        return VersionRef(model, semver=parse_semver(version))
    if _LABEL.match(version):
        return VersionRef(model, alias=version)
    raise UsageError(f"{version[:40]!r} is not a version", f"use {model}:1.2.0, {model}:v3 or {model}:latest")
