"""Any Python object as typed leaves: how config and summary values are taken, with nothing lost silently.

Never imports the libraries whose objects it accepts, never calls code for longer than a budget of leaves and text.
"""

from __future__ import annotations

import dataclasses
import decimal
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from .records import Value

MAX_LEAVES = 20_000
MAX_NODES = 100_000
MAX_LEFT_OUT = 100
MAX_DEPTH = 64
MAX_TEXT = 65_536
MAX_TOTAL_TEXT = 4 * 1024 * 1024
_SCALARS = (str, bool, int, float, type(None))


def flatten(config: Any) -> tuple[dict[str, Value], list[str]]:
    """Config as {dotted key: Value}, and what had to be left out, in plain words.

    Takes a mapping, dataclass, argparse.Namespace, pydantic or OmegaConf object. Raises TypeError for anything else.
    """
    mapping = as_mapping(config)
    if mapping is None:
        raise TypeError(f"config must be a mapping or an object with fields, not {type(config).__name__}")
    found: dict[str, Value] = {}
    walk = _Walk()
    left_out = walk.left_out
    budget = MAX_TOTAL_TEXT
    for key, value in walk.leaves(mapping, "", (id(config),)):
        if len(found) >= MAX_LEAVES or budget <= 0 or walk.nodes > MAX_NODES:
            left_out.append(f"config is too large: only its first {len(found)} values were kept")
            break
        encoded = encode(value)
        if len(encoded.text) >= MAX_TEXT:
            left_out.append(f"{key} was cut to {MAX_TEXT} characters")
        budget -= len(encoded.text) + len(key)
        found[key] = encoded
    return found, left_out


def encode(value: Any) -> Value:
    """One object as a typed leaf. Never raises: an object that cannot be shown says so."""
    try:
        return _encode(value)
    except (Exception, SystemExit) as error:  # whatever somebody's object does when it is looked at
        return _unshown(value, error)


def decode(value: Value) -> Any:
    """The Python value of a leaf; `other` comes back as its text."""
    if value.kind == "int":
        return int(value.text)
    if value.kind == "float":
        return float(value.text)
    if value.kind == "bool":
        return value.text == "true"
    if value.kind == "none":
        return None
    if value.kind == "list":
        try:
            return json.loads(value.text)
        except ValueError:  # it was cut
            return value.text
    return value.text


def as_mapping(thing: Any) -> Mapping[Any, Any] | None:
    """The fields of a config-like object; None if it has none."""
    if isinstance(thing, Mapping):
        return thing
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing)}
    if type(thing).__module__.partition(".")[0] == "omegaconf" and hasattr(thing, "items"):
        return dict(thing.items())
    fields = getattr(type(thing), "model_fields", None) or getattr(type(thing), "__fields__", None)  # pydantic 2, 1
    if isinstance(fields, Mapping):
        return {name: getattr(thing, name) for name in fields}
    if type(thing).__name__ == "Namespace" and hasattr(thing, "__dict__"):
        return dict(vars(thing))
    return None


class _Walk:
    """One walk over a config: what it meets, and what it leaves out."""

    def __init__(self) -> None:
        self.left_out: list[str] = []
        self.nodes = 0
        """Everything that was looked at: a graph may have few leaves and no end."""

    def leaves(self, mapping: Mapping[Any, Any], prefix: str, path: tuple[int, ...]) -> Iterator[tuple[str, Any]]:
        """(dotted name, value), depth first."""
        for key, value in mapping.items():
            self.nodes += 1
            if self.nodes > MAX_NODES:
                yield prefix, ""  # the caller stops here
                return
            name = f"{prefix}{key if isinstance(key, str) else _text(key)}"[:1000]
            inner = self._fields(name, value)
            if not inner:
                yield name, value if inner is None else "{}"
            elif id(value) in path or len(path) >= MAX_DEPTH:
                self._leave(name, "it contains itself" if id(value) in path else "it is too deep")
            else:
                yield from self.leaves(inner, f"{name}.", (*path, id(value)))

    def _fields(self, name: str, value: Any) -> Mapping[Any, Any] | None:
        """The fields of a value; None if it is a leaf, also because they cannot be read."""
        try:
            found = as_mapping(value)
            return None if found is None else dict(found.items())
        except (Exception, SystemExit) as error:
            self._leave(name, f"its fields cannot be read: {type(error).__name__}")
            return None

    def _leave(self, name: str, why: str) -> None:
        if len(self.left_out) < MAX_LEFT_OUT:
            self.left_out.append(f"{name[:80]} was left out: {why}")


def _encode(value: Any) -> Value:
    if value is None:
        return Value("none", "")
    if isinstance(value, bool):
        return Value("bool", "true" if value else "false")
    if isinstance(value, str):
        return Value("str", _cut(str.__str__(value)))
    scalar = _unwrap(value)
    if isinstance(scalar, bool):
        return Value("bool", "true" if scalar else "false")
    if isinstance(scalar, int):
        return _integer(scalar)
    if isinstance(scalar, float):
        return Value("float", repr(float(scalar)))
    if isinstance(scalar, decimal.Decimal):
        return Value("float", str(scalar))
    if isinstance(scalar, str):
        return Value("str", _cut(scalar))
    if isinstance(value, list | tuple) and _is_plain(value):
        return Value("list", _cut(json.dumps([_json_leaf(item) for item in value])))
    return Value("other", _cut(_text(value)))


def _unwrap(value: Any) -> Any:
    """The Python scalar inside a numpy, torch, jax or tensorflow scalar; the value itself otherwise."""
    item = getattr(value, "item", None)
    if item is None or isinstance(value, int | float) or getattr(value, "ndim", 0) != 0:
        return value
    try:
        return item()
    except Exception:  # an accelerator or meta tensor may refuse; its text is then what we keep
        return value


def _integer(value: int) -> Value:
    try:
        return Value("int", str(int(value)))
    except ValueError:  # Python refuses decimal text of more than 4300 digits
        return Value("other", hex(value)[:MAX_TEXT])


def _is_plain(items: Any) -> bool:
    return len(items) <= 10_000 and all(isinstance(item, _SCALARS) for item in items)


def _json_leaf(item: Any) -> Any:
    if isinstance(item, float) and not math.isfinite(item):
        return repr(item)
    return item


def _text(value: Any) -> str:
    try:
        return str(value)
    except RecursionError:
        return f"<{type(value).__name__} that contains itself>"
    except (Exception, SystemExit) as error:
        return _unshown(value, error).text


def _unshown(value: Any, error: BaseException) -> Value:
    return Value("other", f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>")


def _cut(text: str) -> str:
    return text if len(text) < MAX_TEXT else text[:MAX_TEXT]
