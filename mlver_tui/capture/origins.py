"""The meaning of a direct_url.json (PEP 610): where a package came from. It knows the file's words and nothing else."""

from __future__ import annotations

import re
from typing import Any

from ..records import Origin
from .variables import scrub_url

_SHA256 = re.compile(r"[0-9a-f]{64}")


def read_origin(content: Any) -> Origin:
    """The origin that a parsed direct_url.json tells. Raises ValueError for what is none."""
    if not isinstance(content, dict) or not isinstance(content.get("url"), str):
        raise ValueError("no url in it")
    url = scrub_url(content["url"])
    subdirectory = content.get("subdirectory")
    place = subdirectory if isinstance(subdirectory, str) else ""
    if isinstance(vcs := content.get("vcs_info"), dict):
        return Origin("vcs", _vcs_url(str(vcs.get("vcs", "git")), url), str(vcs.get("commit_id", "")), "", place)
    if isinstance(folder := content.get("dir_info"), dict):
        return Origin("editable" if folder.get("editable") is True else "directory", url, "", "", place)
    if isinstance(archive := content.get("archive_info"), dict):
        return Origin("archive", url, "", _hash_of(archive), place)
    return Origin("unknown", url)


def _vcs_url(vcs: str, url: str) -> str:
    """Git stays plain; another system is told by the prefix that requirement files use."""
    return url if vcs == "git" else f"{vcs}+{url}"


def _hash_of(archive: dict[str, Any]) -> str:
    hashes = archive.get("hashes")
    value = hashes.get("sha256", "") if isinstance(hashes, dict) else ""
    old = archive.get("hash")
    if not value and isinstance(old, str) and old.startswith("sha256="):
        value = old.removeprefix("sha256=")
    return value if isinstance(value, str) and _SHA256.fullmatch(value) else ""
