"""Recorded text made harmless on its way to the screen: one walk over any frozen view.

It knows the shape of views, not their meaning; the wording of marks is `sanitize`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

from ..sanitize import clean

T = TypeVar("T")
KEEPS_LINES = frozenset(("failure", "notes"))
"""Fields whose line ends are meant; each line is cleaned alone."""


def clean_view(view: T, renamed: Callable[[str, str], None] = lambda cleaned, raw: None) -> T:
    """The same view with every text cleaned; `renamed(cleaned, raw)` is told of every text that changed."""
    return _Cleaner(renamed).walk(view)  # type: ignore[no-any-return]


class TextWalk:
    """A walk over a view that gives each text to `text` and builds the view again where one changed."""

    def text(self, raw: str) -> str:
        """What stands for one text."""
        return raw

    def walk(self, value: Any) -> Any:
        """The same view with its texts replaced."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple):
            return self._tuple(value)
        if isinstance(value, list):
            return [self.walk(item) for item in value]
        if isinstance(value, dict):
            return self._mapping(value)
        if is_dataclass(value) and not isinstance(value, type):
            return self._record(value)
        return value

    def _tuple(self, value: tuple[Any, ...]) -> tuple[Any, ...]:
        cleaned = tuple(self.walk(item) for item in value)
        return value if all(new is old for new, old in zip(cleaned, value, strict=True)) else cleaned

    def _mapping(self, value: dict[Any, Any]) -> dict[Any, Any]:
        cleaned: dict[Any, Any] = {}
        for key, item in value.items():
            name = self.walk(key)
            if name in cleaned:  # two recorded names that look the same stay two
                name = _free_name(name, cleaned)
                self.renamed(name, key)
            cleaned[name] = self.walk(item)
        return cleaned

    def _record(self, value: Any) -> Any:
        changes = {}
        for name in _field_names(value.__class__):
            old = getattr(value, name)
            new = self._lines(old) if name in KEEPS_LINES and isinstance(old, str) else self.walk(old)
            if new is not old:
                changes[name] = new
        return replace(value, **changes) if changes else value

    def _lines(self, text: str) -> str:
        return "\n".join(self.text(line) for line in text.split("\n"))

    def renamed(self, name: str, raw: str) -> None:
        """Told of a mapping's key that had to get another name."""


class _Cleaner(TextWalk):
    def __init__(self, renamed: Callable[[str, str], None]) -> None:
        self._told = renamed

    def text(self, raw: str) -> str:
        cleaned = clean(raw)
        if cleaned != raw:
            self._told(cleaned, raw)
        return cleaned

    def renamed(self, name: str, raw: str) -> None:
        self._told(name, raw)


@lru_cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _free_name(name: str, taken: dict[str, Any]) -> str:
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"
