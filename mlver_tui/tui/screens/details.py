"""A run as lines of label and value: the same sections in the preview and on the run page.

Pure: a view goes in, lines come out. What is unknown says so.
"""

from __future__ import annotations

import math
from datetime import datetime

from ...query.views import MetricSummary, RunView
from ...units import bytes_, duration, number, plural
from ..backend import EnvironmentView
from ..widgets.detail import DetailLine

HEAD = "head"
DIM = "dim"
BAD = "bad"
WARN = "warn"
NUMBER_WIDTH = 10


def run_lines(run: RunView, environment: EnvironmentView | None, *, full: bool) -> list[DetailLine]:
    """Everything on record; `full` adds what only the run page has room for."""
    parts = [_troubles(run), _params(run), _metrics(run), _snapshot(run, environment, full=full), _about(run)]
    if full:
        parts += [_system(run), _packages(environment)]
    lines: list[DetailLine] = []
    for part in parts:
        if part and lines:
            lines.append(DetailLine("", ""))
        lines.extend(part)
    return lines


def clock_text(milliseconds: int | None) -> str:
    """Local time to the second."""
    if milliseconds is None:
        return "—"
    return datetime.fromtimestamp(milliseconds / 1000).strftime("%Y-%m-%d %H:%M:%S")


def leaf_text(kind: str, text: str) -> str:
    """A recorded leaf as it was written."""
    return "none" if kind == "none" else text


def _head(text: str) -> DetailLine:
    return DetailLine(text, "", HEAD)


def _params(run: RunView) -> list[DetailLine]:
    if not run.params:
        return [_head("params"), DetailLine("", "none given to init(config=…)", DIM)]
    return [_head("params"), *(DetailLine(key, leaf_text(value.kind, value.text)) for key, value in run.params.items())]


def _metrics(run: RunView) -> list[DetailLine]:
    own = [summary for summary in run.metrics.values() if summary.section == "metric"]
    titles = " ".join(word.rjust(NUMBER_WIDTH) for word in ("last", "min", "max"))
    lines = [DetailLine("metrics", titles if own else "", HEAD)]
    lines += [DetailLine(summary.key, _summary_text(summary), _metric_style(summary)) for summary in own]
    lines += [DetailLine(key, leaf_text(value.kind, value.text)) for key, value in run.summary.items()]
    if len(lines) == 1:
        lines.append(DetailLine("", "none logged yet", DIM))
    return lines


def _summary_text(summary: MetricSummary) -> str:
    cells = (number(value, NUMBER_WIDTH).rjust(NUMBER_WIDTH) for value in (summary.last, summary.min, summary.max))
    nans = f"  {summary.nans:,} NaN" if summary.nans else ""
    return " ".join(cells) + nans


def _metric_style(summary: MetricSummary) -> str:
    return BAD if math.isnan(summary.last) or math.isinf(summary.last) else ""


def _snapshot(run: RunView, environment: EnvironmentView | None, *, full: bool) -> list[DetailLine]:
    missing = {part.part: part.reason for part in run.missing}
    lines = [
        _head("snapshot"),
        *_code(run, missing),
        *_environment(environment, missing),
        *_hardware(run, missing, full=full),
    ]
    if run.command:
        lines.append(DetailLine("command", " ".join(run.command.argv)))
        if full:
            lines.append(DetailLine("folder", run.command.cwd))
    return lines


def _code(run: RunView, missing: dict[str, str]) -> list[DetailLine]:
    code = run.code
    if code is None:
        return [DetailLine("code", _unknown(missing.get("code")), DIM)]
    commit = code.commit[:12] if code.commit else "no commit"
    words = {True: "with local edits", False: "clean", None: "edits unknown"}[code.dirty]
    style = WARN if code.dirty else ""
    return [DetailLine("code", f"{commit} {code.branch or ''} {words}".replace("  ", " "), style)]


def _environment(environment: EnvironmentView | None, missing: dict[str, str]) -> list[DetailLine]:
    if environment is None:
        return [DetailLine("environment", _unknown(missing.get("environment")), DIM)]
    lines = [DetailLine("python", f"{environment.python} · {plural(len(environment.packages), 'package')}")]
    return lines + [DetailLine("", problem, WARN) for problem in environment.problems]


def _packages(environment: EnvironmentView | None) -> list[DetailLine]:
    if environment is None or not environment.packages:
        return []
    return [_head("packages"), *(DetailLine(name, text) for name, text in environment.packages)]


def _hardware(run: RunView, missing: dict[str, str], *, full: bool) -> list[DetailLine]:
    box = run.hardware
    if box is None:
        return [DetailLine("host", _unknown(missing.get("hardware")), DIM)]
    lines = [DetailLine("host", box.host)]
    if full:
        cores = f"{box.cores or '—'} cores, {box.threads or '—'} threads"
        lines += [DetailLine("system", box.os), DetailLine("cpu", f"{box.cpu or '—'} · {cores}")]
        lines.append(DetailLine("memory", bytes_(box.memory_bytes)))
        gpus = "unknown" if box.gpus is None else ", ".join(gpu.name for gpu in box.gpus) or "none"
        lines.append(DetailLine("gpus", gpus))
    return lines


def _about(run: RunView) -> list[DetailLine]:
    lines = [_head("run"), DetailLine("id", run.id), DetailLine("project", run.project)]
    for label, text in (("group", run.group), ("kind", run.job_type), ("parent", run.parent), ("from", run.source_id)):
        if text:
            lines.append(DetailLine(label, text))
    lines.append(DetailLine("started", clock_text(run.start_ms)))
    if run.end_ms is not None:
        lines.append(DetailLine("took", duration(run.end_ms - run.start_ms)))
    if run.tags:
        lines.append(DetailLine("tags", ", ".join(run.tags)))
    lines += [DetailLine("note" if n == 0 else "", line) for n, line in enumerate(run.notes.splitlines())]
    return lines


def _troubles(run: RunView) -> list[DetailLine]:
    lines = [DetailLine("" if n else "failure", text, BAD) for n, text in enumerate(_failure_lines(run))]
    if run.exit_code not in (None, 0):
        lines.append(DetailLine("exit code", str(run.exit_code), BAD))
    if run.dropped:
        lines.append(DetailLine("dropped", f"{run.dropped:,} points could not be written", BAD))
    return lines + [DetailLine("warning", text, WARN) for text in run.warnings]


def _failure_lines(run: RunView) -> list[str]:
    return [line for line in (run.failure or "").splitlines() if line.strip()][-12:]


def _system(run: RunView) -> list[DetailLine]:
    sampled = [summary for summary in run.metrics.values() if summary.section == "system"]
    if not sampled:
        return []
    return [_head("system"), *(DetailLine(summary.key, _summary_text(summary)) for summary in sampled)]


def _unknown(reason: str | None) -> str:
    return f"unknown: {reason}" if reason else "unknown"
