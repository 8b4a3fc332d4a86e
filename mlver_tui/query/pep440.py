"""Version numbers in the order of PEP 440, as texts that sort like the versions. Standard library only: the
`packaging` project is no dependency, and a database compares these texts without calling back.
"""

from __future__ import annotations

import re
from functools import lru_cache

_VERSION = re.compile(
    r"""\s*v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)
    (?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>\d+)?)?
    (?P<post>-(?P<post_bare>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number>\d+)?)?
    (?P<dev>[-_.]?dev[-_.]?(?P<dev_number>\d+)?)?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_PHASES = {"a": "b", "alpha": "b", "b": "c", "beta": "c"}
_DEV_ONLY, _CANDIDATE, _FINAL = "a", "d", "e"


@lru_cache(maxsize=4096)
def version_key(text: str) -> str | None:
    """A text that sorts as the version does, local part included; None for what is no PEP 440 version."""
    found = _VERSION.fullmatch(text)
    if not found or len(text) > 200:
        return None
    parts = found.groupdict()
    return f"{_public(parts)}{_local(parts['local'])}"


def public_key(text: str) -> str | None:
    """Like `version_key`, without the local part: `2.1.0+cu118` gives the key of `2.1.0`."""
    return version_key(text.partition("+")[0])


def has_local(text: str) -> bool:
    """True for a version such as `2.1.0+cu118`."""
    return "+" in text


def _public(parts: dict[str, str | None]) -> str:
    release = re.sub(r"(\.0+)*$", "", parts["release"] or "0")
    numbers = "".join("." + _padded(number) for number in release.split("."))
    return f"{_padded(parts['epoch'])}{numbers} {_phase(parts)}{_post(parts)}{_dev(parts)}"


def _padded(number: str | None) -> str:
    """Digits that sort by size: how many there are, then they."""
    digits = (number or "0").lstrip("0") or "0"
    return f"{len(digits):03}{digits}"


def _phase(parts: dict[str, str | None]) -> str:
    if parts["pre"]:
        return _PHASES.get(parts["pre"].lower(), _CANDIDATE) + _padded(parts["pre_number"])
    # PEP 440: 1.0.dev1 comes before 1.0a1, but 1.0.post1.dev1 after 1.0
    return _DEV_ONLY if parts["dev"] is not None and parts["post"] is None else _FINAL


def _post(parts: dict[str, str | None]) -> str:
    return "a" if parts["post"] is None else "b" + _padded(parts["post_bare"] or parts["post_number"])


def _dev(parts: dict[str, str | None]) -> str:
    return "b" if parts["dev"] is None else "a" + _padded(parts["dev_number"])


def _local(local: str | None) -> str:
    if local is None:
        return "+"
    pieces = re.split(r"[-_.]", local.lower())
    # Letters sort before digits, a shorter local part before its continuation
    return "+" + "".join(f",z{_padded(piece)}" if piece.isdigit() else f",a{piece}!" for piece in pieces)
