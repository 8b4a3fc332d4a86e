"""The read model: frozen rows that screens, commands and the API show. No SQL, no widgets, no decisions.

Text in a view is as it was recorded; the terminal border (`tui.backend`, `cli.output`) cleans it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ..records import Code, Command, Hardware, Missing, Value

Scalar = float | int | str | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of the runs table."""

    pk: int
    id: str
    name: str
    project: str
    group: str | None
    status: str
    """running, finished, failed, killed, unknown, scheduled or queued; `stalled` is derived, see `stalled`."""
    stalled: bool
    """True when the run says running, but its heartbeat is older than a minute."""
    start_ms: int
    end_ms: int | None
    tags: tuple[str, ...]
    values: tuple[Scalar, ...] = ()
    """One per asked-for column, in order; None is unknown, NaN is float nan."""


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One series in one run, without its points. NaN points are in `count` and `nans`, not in min, max, mean."""

    key: str
    count: int
    nans: int
    first_step: int
    last_step: int
    first: float
    last: float
    min: float | None
    """None when every point is NaN."""
    min_step: int | None
    max: float | None
    max_step: int | None
    mean: float | None
    section: str = "metric"
    """`metric`, or `system` for what we sampled ourselves."""


@dataclass(frozen=True, slots=True)
class RunView:
    """One run with everything but its points."""

    pk: int
    id: str
    name: str
    project: str
    group: str | None
    job_type: str | None
    status: str
    stalled: bool
    start_ms: int
    end_ms: int | None
    heartbeat_ms: int | None
    tags: tuple[str, ...]
    notes: str
    parent: str | None
    source_id: str | None
    deleted: bool
    params: dict[str, Value]
    metrics: dict[str, MetricSummary]
    summary: dict[str, Value]
    """Final values set by hand with `run.summary[...] = ...`."""
    command: Command | None
    code: Code | None
    environment_id: str | None
    hardware: Hardware | None
    missing: tuple[Missing, ...]
    failure: str | None
    """Traceback or reason when the run failed."""
    exit_code: int | None
    dropped: int
    """Points the shim had to give up (full disk beyond its buffer); they are counted, never hidden."""
    warnings: tuple[str, ...] = ()

    @property
    def short_id(self) -> str:
        """The part of the id that people read; references accept any unique prefix or suffix of 4 or more."""
        return self.id[-6:]


@dataclass(frozen=True, slots=True)
class Bucket:
    """All points of one series that fall in one chart column: exact extremes, no sampling."""

    min: float
    max: float
    mean: float
    """Mean of the finite points; NaN when the column holds none."""
    first: float
    last: float
    count: int
    nans: int
    """NaN points in the column; infinities are in min or max."""


@dataclass(frozen=True, slots=True)
class Overview:
    """One series reduced to chart columns over [x_min, x_max]; `buckets[i]` is None where no point falls."""

    run_pk: int
    key: str
    x_min: float
    x_max: float
    buckets: tuple[Bucket | None, ...]
    last_step: int | None
    last: float | None


DiffSection = Literal["params", "metrics", "code", "env", "summary", "command", "hardware"]


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One key over all compared runs. `cells[i]` is None where run i does not have the key, or it is unknown."""

    section: DiffSection
    key: str
    cells: tuple[str | None, ...]
    state: Literal["same", "differs", "unknown"]
    """`unknown` when any run's record of this part is missing: never shown as same."""
    note: str = ""
    """For environment rows: added, removed, upgraded, downgraded, other origin."""


@dataclass(frozen=True, slots=True)
class Diff:
    """Two or more runs side by side; the first is the base."""

    runs: tuple[RunRow, ...]
    rows: tuple[DiffRow, ...]
    """All rows, same ones too; ordered by section, then key."""
    unknown: tuple[str, ...] = ()
    """Parts that could not be compared, in plain words, such as "environment of brisk-otter-14 was not recorded"."""

    def of(self, section: str, *, only_differing: bool = True) -> list[DiffRow]:
        """Rows of one section."""
        return [r for r in self.rows if r.section == section and (r.state != "same" or not only_differing)]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One registered model."""

    name: str
    versions: int
    latest: str
    """Semver of the newest version."""
    updated_ms: int


@dataclass(frozen=True, slots=True)
class VersionView:
    """One immutable version of a model."""

    model: str
    seq: int
    semver: str
    digest: str
    run_id: str
    run_name: str
    message: str
    author: str
    created_ms: int
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def ref(self) -> str:
        """`model:1.2.0`."""
        return f"{self.model}:{self.semver}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `verify` looked at."""

    subject: str
    """What was checked, such as `digits:1.2.0` or `event 4`."""
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class RestoreRow:
    """One past restore of a run."""

    run_id: str
    run_name: str
    at_ms: int
    target: str
    verdict: str
    detail: dict[str, Any]


VerdictWord = Literal["exact", "same files, other origin", "degraded", "missing", "unknown"]


@dataclass(frozen=True, slots=True)
class RestorePart:
    """One line of a restore plan: what will be brought back, from where, and what to expect of it."""

    part: str
    """environment, code, data or command."""
    source: str
    bytes: int | None
    expected: VerdictWord
    detail: str
    """Why, and where the part cannot be had: the command that gets it."""


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """Everything a restore will do, before it does anything."""

    run_id: str
    run_name: str
    target: str
    python: str
    """The interpreter that will be used, such as `3.11.7 (/usr/bin/python3.11)`; "" if none fits."""
    installer: str
    """Such as `uv 0.13.9` or `pip 26.3`."""
    lock_name: str
    """`pylock.toml` or `requirements.txt`."""
    lock_reason: str
    """Why this kind of lockfile."""
    parts: tuple[RestorePart, ...]
    packages: int
    problems: tuple[str, ...] = ()
    """What cannot be had, and how to get it."""


@dataclass(frozen=True, slots=True)
class PackageVerdict:
    """One package of the record against the rebuilt environment."""

    name: str
    recorded: str | None
    """Version in the record; None if the record does not have it."""
    found: str | None
    """Version in the rebuilt environment; None if it is not there."""
    word: VerdictWord
    why: str = ""


@dataclass(frozen=True, slots=True)
class RestoreVerdict:
    """How a rebuilt environment compares with the record. `word` is the worst of what was compared."""

    run_id: str
    run_name: str
    target: str
    word: VerdictWord
    summary: str
    """One sentence for a person."""
    lock_name: str
    installer: str
    python_recorded: str
    python_found: str
    packages: tuple[PackageVerdict, ...]
    seconds: float
    unchecked: tuple[str, ...] = ()
    """What was not compared, so that nobody takes it for proven."""


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """What `t` would do, shown before it is done."""

    run_id: str
    run_name: str
    model: str
    semver: str
    seq: int
    digest: str
    message: str
    previous: str | None
    """Semver of the newest version so far."""
    warnings: tuple[str, ...] = ()
    """Such as "the code was dirty" or "the environment was not recorded"."""
