"""The tree of a filter: what a person asked for, typed, without text or SQL around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .given import Given, Shape
from .scanner import Pattern

Scope = Literal["bare", "field", "params", "metrics", "summary", "env", "python"]
Aggregate = Literal["last", "first", "min", "max", "mean", "count", "at"]
Op = Literal["=", "!=", "<", "<=", ">", ">=", "~", "!~", "in", "not in"]

FIELDS: dict[str, Shape] = {
    "id": "id",
    "name": "text",
    "project": "text",
    "group": "text",
    "job_type": "text",
    "status": "status",
    "started": "time",
    "ended": "time",
    "duration": "span",
    "host": "text",
    "user": "never",
    "notes": "text",
    "parent": "text",
    "tags": "tags",
    "git.commit": "commit",
    "git.branch": "text",
    "git.dirty": "truth",
    "data.digest": "never",
}
"""Keys that are not looked up among params and metrics. `never`: nothing is recorded for it yet, so nothing matches."""


@dataclass(frozen=True, slots=True)
class Operand:
    """Something a run may have a value for."""

    scope: Scope
    key: str
    aggregate: Aggregate = "last"
    """Which number of a metric; used where the scope is `metrics`, and for the metrics behind a bare key."""
    step: int = 0
    """The step of `at`."""
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    @property
    def shape(self) -> Shape:
        """What its values can be compared with."""
        if self.scope == "field":
            return FIELDS[self.key]
        if self.scope == "metrics":
            return "number"
        return "version" if self.scope in ("env", "python") else "any"


@dataclass(frozen=True, slots=True)
class Named:
    """A free word: the name of the run contains it, in any letter case."""

    text: str


@dataclass(frozen=True, slots=True)
class Exists:
    """The run has a value for this operand, be it NaN or none."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Compare:
    """The run has a value for the operand, and it compares so. `values` holds one, or several for `in`."""

    operand: Operand
    op: Op
    values: tuple[Given, ...] = ()
    pattern: Pattern | None = None


@dataclass(frozen=True, slots=True)
class Not:
    """Everything that the term does not match: also runs that lack the key."""

    term: Term


@dataclass(frozen=True, slots=True)
class And:
    """All of these; no terms at all match every run."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of these."""

    terms: tuple[Term, ...]


Term = Named | Exists | Compare | Not | And | Or


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of runs; those without a value for the operand come last in both directions."""

    operand: Operand
    descending: bool = False
