"""What every record is made with: typed leaves, reasons, and the way in and out of JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeVar

Status = Literal["running", "finished", "failed", "killed", "scheduled", "queued", "unknown"]
Kind = Literal["int", "float", "bool", "str", "none", "list", "other"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Value:
    """One typed leaf of config or summary. `text` is exact: `repr` of a float, JSON of a list."""

    kind: Kind
    text: str

    @property
    def number(self) -> float | None:
        """The value as a number to compare with; None if it is no number or NaN."""
        if self.kind == "bool":
            return float(self.text == "true")
        if self.kind not in ("int", "float"):
            return None
        try:
            number = float(self.text)
        except (OverflowError, ValueError):  # beyond float64, or a signalling NaN of Decimal
            return None
        return None if number != number else number


@dataclass(frozen=True, slots=True)
class Missing:
    """A part of the snapshot that could not be recorded, and why. Never an exception."""

    part: str
    reason: str


def to_json(record: Any) -> dict[str, Any]:
    """A record as plain dicts and lists."""
    return asdict(record)


def build(kind: type[T], data: dict[str, Any]) -> T:
    """A record from plain values; unknown names are ignored, so that a newer shim can be read."""
    names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: data[name] for name in names if name in data})
