"""One run or one version in words, as lines of cells. Knows the read model only: no stream, no database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone

from .. import units
from ..query.views import MetricSummary, RestoreRow, RunView, VersionView
from ..records import Code, Environment, Hardware, Value
from .table import Cell, Column, Style, cells_wide, lay_out

Lines = list[list[Cell]]

STATUS_STYLE: dict[str, Style] = {
    "running": "accent",
    "finished": "good",
    "failed": "bad",
    "killed": "bad",
    "stalled": "warn",
}
_SHORT = 7
"""Characters of a number on a terminal; files and pipes get every digit."""
_UNKNOWN = Cell("unknown", "dim")
_METRIC_COLUMNS = [
    Column("metric", gives_way=1, least=12),
    Column("last", right=True),
    Column("step", right=True),
    Column("min", right=True),
    Column("at", right=True),
    Column("max", right=True),
    Column("at", right=True),
    Column("mean", right=True),
    Column("points", right=True),
    Column("NaN", right=True),
]


def status_word(status: str, stalled: bool) -> str:
    """What people read: a run that says running but has been silent for a minute is stalled."""
    return "stalled" if stalled and status == "running" else status


def describe_run(
    run: RunView,
    environment: Environment | None,
    restores: Sequence[RestoreRow],
    *,
    console: str = "",
    now_ms: int,
    width: int | None,
) -> Lines:
    """Everything about one run but its points; `console` is the file with its console. Exact if `width` is None."""
    word = status_word(run.status, run.stalled)
    head = [Cell(run.name, "bold"), Cell("  "), Cell(word, STATUS_STYLE.get(word, "")), Cell(f"  {run.project}", "dim")]
    return [
        head,
        *_pairs([*_about(run, now_ms), *_snapshot(run, environment, console)]),
        *_values("params", run.params),
        *_metrics([item for item in run.metrics.values() if item.section == "metric"], width),
        *_values("summary", run.summary),
        *_section("restores", [[Cell(_restore(item, now_ms))] for item in restores]),
        *_section("not recorded", _indented((item.part, Cell(item.reason, "warn")) for item in run.missing)),
        *_section("warnings", [[Cell(f"  {text}", "warn")] for text in _warnings(run)]),
        *_section("failure", [[Cell(f"  {line}", "bad")] for line in (run.failure or "").splitlines()]),
    ]


def describe_version(version: VersionView) -> Lines:
    """One immutable version of a model."""
    facts = [
        ("sequence", Cell(f"v{version.seq}")),
        ("digest", Cell(f"sha256:{version.digest}")),
        ("run", Cell(f"{version.run_name}  {version.run_id}")),
        ("released", Cell(f"{instant(version.created_ms)} by {version.author}")),
        ("message", Cell(version.message)),
    ]
    return [[Cell(version.ref, "bold")], *_pairs(facts), *_manifest(version)]


def instant(milliseconds: int) -> str:
    """A moment in local time with its offset, to the second."""
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc).astimezone()
    return moment.isoformat(sep=" ", timespec="seconds")


def ago(milliseconds: float) -> str:
    """`now`, `4m ago`."""
    age = units.age(milliseconds)
    return age if age == "now" else f"{age} ago"


def value_text(value: Value) -> str:
    """A param as it was recorded; text is quoted only where it would be mistaken for something else."""
    if value.kind == "none":
        return "none"
    if value.kind != "str":
        return value.text
    return json.dumps(value.text, ensure_ascii=False) if _misleading(value.text) else value.text


def _misleading(text: str) -> bool:
    if text != text.strip() or text in ("", "true", "false", "none", "null"):
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def _about(run: RunView, now_ms: int) -> list[tuple[str, Cell]]:
    facts = [
        ("id", Cell(run.id)),
        ("started", Cell(f"{instant(run.start_ms)}  ({ago(now_ms - run.start_ms)})")),
        ("took", Cell(units.duration((run.end_ms or now_ms) - run.start_ms))),
        ("group", Cell(run.group or "")),
        ("job type", Cell(run.job_type or "")),
        ("parent", Cell(run.parent or "")),
        ("source id", Cell(run.source_id or "")),
        ("tags", Cell(", ".join(run.tags))),
        ("notes", Cell(run.notes)),
        ("exit code", Cell("" if run.exit_code is None else str(run.exit_code))),
    ]
    return [fact for fact in facts if fact[1].text]


def _snapshot(run: RunView, environment: Environment | None, console: str) -> list[tuple[str, Cell]]:
    command = run.command
    return [
        ("command", Cell(" ".join(_shell_word(word) for word in command.argv)) if command else _UNKNOWN),
        ("folder", Cell(command.cwd) if command else _UNKNOWN),
        ("code", Cell(code_text(run.code)) if run.code else _UNKNOWN),
        ("environment", Cell(environment_text(environment)) if environment else _UNKNOWN),
        ("hardware", Cell(hardware_text(run.hardware)) if run.hardware else _UNKNOWN),
        *([("console", Cell(console))] if console else []),
    ]


def code_text(code: Code) -> str:
    """Commit, branch and whether files were changed, each said to be unknown where it is."""
    state = {True: "with changes that are not in the commit", False: "clean", None: "clean or not: unknown"}[code.dirty]
    parts = [f"commit {code.commit}" if code.commit else "no commit known", code.branch or "", state, code.remote or ""]
    return ", ".join(part for part in parts if part)


def environment_text(environment: Environment) -> str:
    """Interpreter, number of packages, id."""
    python = environment.interpreter
    packages = units.plural(len(environment.packages), "package")
    return f"{python.implementation} {python.version} on {python.platform}, {packages}, id {environment.id[:12]}"


def hardware_text(hardware: Hardware) -> str:
    """The box in one line; parts that are not known are left out."""
    gpus = None if hardware.gpus is None else ", ".join(gpu.name for gpu in hardware.gpus) or "no GPU"
    cores = None if hardware.cores is None else units.plural(hardware.cores, "core")
    memory = None if hardware.memory_bytes is None else f"{units.bytes_(hardware.memory_bytes)} memory"
    return ", ".join(
        part for part in (hardware.host, hardware.os, hardware.cpu, cores, memory, gpus or "GPU unknown") if part
    )


def _shell_word(word: str) -> str:
    import shlex

    return shlex.quote(word)


def _warnings(run: RunView) -> list[str]:
    dropped = [f"{units.plural(run.dropped, 'point')} could not be kept"] if run.dropped else []
    return [*dropped, *run.warnings]


def _restore(row: RestoreRow, now_ms: int) -> str:
    return f"  {ago(now_ms - row.at_ms)}  {row.verdict}  {row.target}"


def _manifest(version: VersionView) -> Lines:
    params = version.manifest.get("params")
    if not isinstance(params, dict):
        return []
    return _section("params", _indented((str(key), Cell(_manifest_value(item))) for key, item in params.items()))


def _manifest_value(item: object) -> str:
    if isinstance(item, list) and len(item) == 2:
        return str(item[1])
    return json.dumps(item)


def _values(title: str, values: dict[str, Value]) -> Lines:
    return _section(title, _indented((key, Cell(value_text(value))) for key, value in values.items()))


def _metrics(summaries: Sequence[MetricSummary], width: int | None) -> Lines:
    if not summaries:
        return []
    rows, columns = [_metric(item, width) for item in summaries], _METRIC_COLUMNS
    if not any(item.nans for item in summaries):
        rows, columns = [row[:-1] for row in rows], columns[:-1]
    table = lay_out(columns, rows, None if width is None else width - 2)
    return [[], *([Cell("  "), *line] for line in table)]


def _metric(item: MetricSummary, width: int | None) -> list[Cell]:
    numbers = (
        *(item.last, item.last_step, item.min, item.min_step, item.max, item.max_step),
        *(item.mean, item.count, item.nans),
    )
    texts = [units.exact(value) if width is None else units.number(value, _SHORT) for value in numbers]
    return [Cell(item.key), *map(Cell, texts)]


def _section(title: str, lines: Iterable[list[Cell]]) -> Lines:
    body = list(lines)
    return [[], [Cell(title, "bold")], *body] if body else []


def _pairs(facts: Iterable[tuple[str, Cell]]) -> Lines:
    return _indented(facts, "dim")


def _indented(facts: Iterable[tuple[str, Cell]], style: Style = "") -> Lines:
    pairs = list(facts)
    room = max((cells_wide(key) for key, _ in pairs), default=0)
    return [[Cell(f"  {key}{' ' * (room - cells_wide(key) + 2)}", style), value] for key, value in pairs]
