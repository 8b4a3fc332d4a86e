"""TOML as lockfiles need it: written by us value by value, read by whatever reader this Python has."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import RestoreError

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_READERS = ("tomllib", "tomli", "pip._vendor.tomli")  # Python 3.10 has none of its own; nearly every pip brings one

Scalar = str | int | bool


def text(value: str) -> str:
    """A basic string. Controls are escaped, lone surrogates become U+FFFD (TOML has no way to write them)."""
    return '"' + "".join(_escaped(character) for character in value) + '"'


def key(name: str) -> str:
    """A key, bare where it can be."""
    return name if _BARE.fullmatch(name) else text(name)


def value(item: Scalar | Sequence[str] | Mapping[str, Any]) -> str:
    """A value on one line; a mapping becomes an inline table."""
    if isinstance(item, str):
        return text(item)
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int):
        return str(item)
    if isinstance(item, Mapping):
        return "{ " + ", ".join(f"{key(name)} = {value(part)}" for name, part in item.items()) + " }"
    return "[" + ", ".join(text(part) for part in item) + "]"


def table(fields: Mapping[str, Any]) -> str:
    """Lines `key = value`; fields that are None or "" are left out."""
    return "".join(f"{key(name)} = {value(item)}\n" for name, item in fields.items() if item not in (None, ""))


def read(source: str) -> dict[str, Any]:
    """Parse TOML. Raises RestoreError if it is none, or if this Python has no reader."""
    for name in _READERS:
        try:
            reader = importlib.import_module(name)
        except ImportError:
            continue
        try:
            parsed: dict[str, Any] = reader.loads(source)
        except ValueError as error:
            raise RestoreError(f"a lockfile that cannot be read: {error}") from error
        return parsed
    raise RestoreError("this Python has no TOML reader", "use Python 3.11 or newer, or pip install tomli")


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"\\u{code:04X}" if code < 0x20 or code == 0x7F else character
