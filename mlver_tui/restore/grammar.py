"""What may stand in a lockfile, letter by letter. A record is hostile text: a name or URL that could carry an option,
a second line, a variable or a comment is refused, never escaped.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from ..query.pep440 import version_key

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_URL = re.compile(r"(?:https|http|file)://[A-Za-z0-9/][A-Za-z0-9._~:/%@+,=&!()-]*")
_GIT_URL = re.compile(r"(?:https|http|ssh|git|file)://(?:[A-Za-z0-9._]+@)?[A-Za-z0-9/][A-Za-z0-9._~:/%+,=-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SUBDIRECTORY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_LONGEST = 2000
_UNSAFE = re.compile(r"[^A-Za-z0-9 ._:;/@+=,()'-]")


def is_name(text: str) -> bool:
    """A normalised package name."""
    return len(text) <= 200 and _NAME.fullmatch(text) is not None


def is_version(text: str) -> bool:
    """A version that PEP 440 knows."""
    return len(text) <= 200 and _VERSION.fullmatch(text) is not None and version_key(text) is not None


def is_url(text: str) -> bool:
    """A plain https, http or file URL without query or fragment."""
    return len(text) <= _LONGEST and _URL.fullmatch(text) is not None


def is_git_url(text: str) -> bool:
    """A URL that git may clone; nothing that git would take for an option or another transport."""
    return len(text) <= _LONGEST and _GIT_URL.fullmatch(text) is not None


def is_commit(text: str) -> bool:
    """A full commit id."""
    return _COMMIT.fullmatch(text) is not None


def is_sha256(text: str) -> bool:
    """64 lower-case hex digits."""
    return _SHA256.fullmatch(text) is not None


def is_subdirectory(text: str) -> bool:
    """A relative folder inside a source tree."""
    return len(text) <= 400 and _SUBDIRECTORY.fullmatch(text) is not None


def local_path(url: str) -> str | None:
    """The absolute path of a `file://` URL; None for any other."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not path.startswith("/") or "\0" in path:
        return None
    return path


def as_comment(text: str) -> str:
    """`text` fit for one comment line: ASCII without line ends or marks; what is left out shows as `?`."""
    return _UNSAFE.sub("?", text)[:400]
