"""Two or more runs side by side: every key of every part, and whether it is the same, differs, or cannot be told.

The rule of this room: what was not recorded on any side is `unknown`, never `same`. It reads views, not tables.
"""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Callable, Mapping, Sequence

from ..digest import number_word
from ..errors import UsageError
from ..records import Code, Environment, Gpu, Hardware, Value
from ..values import MAX_TEXT
from .diff_environment import environment_rows
from .runs import read_run
from .snapshots import environment_of
from .views import Diff, DiffRow, DiffSection, MetricSummary, RunRow, RunView

HIDDEN = "[hidden]"
"""What a scrubbed secret is recorded as: two of them may have been different."""
Cells = Sequence[str | None]


def diff_runs(connection: sqlite3.Connection, run_ids: Sequence[str]) -> Diff:
    """Compare two or more runs; the first is the base.

    Raises UsageError for fewer than two, NotFoundError when one does not exist.
    """
    if len(run_ids) < 2:
        raise UsageError("a comparison needs two runs or more", "name at least two runs")
    views = [read_run(connection, run_id) for run_id in run_ids]
    known: dict[str, Environment | None] = {}
    for view in views:
        if view.environment_id is not None and view.environment_id not in known:
            known[view.environment_id] = environment_of(connection, view.environment_id)
    return diff_views(views, [known.get(v.environment_id) if v.environment_id else None for v in views])


def diff_views(views: Sequence[RunView], environments: Sequence[Environment | None]) -> Diff:
    """The comparison itself, pure. Metrics have a row each for last (by the bare name), min, max and count.

    Cells of numbers are exact (`repr`); a metric row's note tells the steps. Rows are ordered by section, then key.
    """
    rows = [
        *_value_rows("params", [view.params for view in views]),
        *_metric_rows(views),
        *_code_rows([view.code for view in views]),
        *environment_rows(environments),
        *_value_rows("summary", [view.summary for view in views]),
        *_command_rows(views),
        *_hardware_rows([view.hardware for view in views]),
    ]
    return Diff(tuple(_row(view) for view in views), tuple(rows), tuple(_unknown_parts(views, environments)))


def _row(view: RunView) -> RunRow:
    return RunRow(
        pk=view.pk,
        id=view.id,
        name=view.name,
        project=view.project,
        group=view.group,
        status=view.status,
        stalled=view.stalled,
        start_ms=view.start_ms,
        end_ms=view.end_ms,
        tags=view.tags,
    )


def _unknown_parts(views: Sequence[RunView], environments: Sequence[Environment | None]) -> list[str]:
    lines = []
    for view, environment in zip(views, environments, strict=True):
        reasons = {missing.part: missing.reason for missing in view.missing}
        parts = {"code": view.code, "environment": environment, "command": view.command, "hardware": view.hardware}
        absent = [part for part, record in parts.items() if record is None]
        for part in [*absent, *sorted(set(reasons) - set(parts))]:
            reason = f": {reasons[part]}" if reasons.get(part) else ""
            lines.append(f"{part} of {view.name} was not recorded{reason}")
        if view.dropped:
            lines.append(f"{view.dropped:,} points of {view.name} were dropped: its metrics are not complete")
    return lines


def _value_rows(section: DiffSection, sides: Sequence[Mapping[str, Value]]) -> list[DiffRow]:
    return [_value_row(section, key, [side.get(key) for side in sides]) for key in _all_keys(sides)]


def _value_row(section: DiffSection, key: str, values: Sequence[Value | None]) -> DiffRow:
    cells = tuple(None if value is None else "none" if value.kind == "none" else value.text for value in values)
    if any(value != values[0] for value in values):
        return DiffRow(section, key, cells, "differs", _type_note(values))
    text = cells[0] or ""
    if HIDDEN in text:
        return DiffRow(section, key, cells, "unknown", "hidden when it was recorded")
    if len(text) >= MAX_TEXT:
        return DiffRow(section, key, cells, "unknown", "cut when it was recorded")
    return DiffRow(section, key, cells, "same")


def _type_note(values: Sequence[Value | None]) -> str:
    """A word for values that are equal but for their type, such as 1 and 1.0, or 1 and "1"."""
    present = [value for value in values if value is not None]
    kinds = list(dict.fromkeys(value.kind for value in present))
    if len(present) < len(values) or len(kinds) < 2:
        return ""
    numbers = {value.number for value in present}
    equal = (len(numbers) == 1 and None not in numbers) or len({value.text for value in present}) == 1
    return f"same value, type differs: {', '.join(kinds)}" if equal else f"type differs: {', '.join(kinds)}"


def _metric_rows(views: Sequence[RunView]) -> list[DiffRow]:
    complete = not any(view.dropped for view in views)
    rows = []
    for key in _all_keys([view.metrics for view in views]):
        found = [view.metrics.get(key) for view in views]
        if any(metric and metric.section != "metric" for metric in found):
            continue
        for name, value, step in _ASPECTS:
            label = key if name == "last" else f"{name}({key})"
            rows.append(_metric_row(label, found, value, step, complete=complete))
    return rows


def _metric_row(
    label: str,
    found: Sequence[MetricSummary | None],
    value: Callable[[MetricSummary], float | None],
    step: Callable[[MetricSummary], int | None] | None,
    *,
    complete: bool,
) -> DiffRow:
    cells = tuple(None if metric is None else _number(value(metric)) for metric in found)
    note = "at step " + " · ".join(_step(metric, step) for metric in found) if step else ""
    if None in found or any(cell != cells[0] for cell in cells):
        return DiffRow("metrics", label, cells, "differs", note)
    if None in cells:  # every point is NaN: there is no extreme to compare
        return DiffRow("metrics", label, cells, "same", "all points are NaN")
    return DiffRow(
        "metrics", label, cells, "same" if complete else "unknown", note if complete else "points were dropped"
    )


def _step(metric: MetricSummary | None, step: Callable[[MetricSummary], int | None]) -> str:
    found = step(metric) if metric else None
    return "—" if found is None else str(found)


_ASPECTS: tuple[
    tuple[str, Callable[[MetricSummary], float | None], Callable[[MetricSummary], int | None] | None], ...
] = (
    ("last", lambda metric: metric.last, lambda metric: metric.last_step),
    ("min", lambda metric: metric.min, lambda metric: metric.min_step),
    ("max", lambda metric: metric.max, lambda metric: metric.max_step),
    ("count", lambda metric: metric.count, None),
)


def _code_rows(codes: Sequence[Code | None]) -> list[DiffRow]:
    if not any(codes):
        return []
    columns = {
        "commit": [code.commit if code else None for code in codes],
        "branch": [code.branch if code else None for code in codes],
        "remote": [code.remote if code else None for code in codes],
        "tree": [code.tree if code else None for code in codes],
    }
    rows = [
        _text_row("code", key, cells) for key, cells in columns.items() if key in ("commit", "branch") or any(cells)
    ]
    return [*rows[:2], _dirty_row(codes), *rows[2:]]


def _dirty_row(codes: Sequence[Code | None]) -> DiffRow:
    cells = tuple(None if code is None or code.dirty is None else _DIRTY[code.dirty] for code in codes)
    known = {cell for cell in cells if cell is not None}
    if len(known) > 1:
        return DiffRow("code", "edits", cells, "differs")
    if known == {_DIRTY[True]} and not _same_tree(codes):
        return DiffRow("code", "edits", cells, "unknown", "edits beyond the commit are not recorded")
    return DiffRow("code", "edits", cells, "unknown" if None in cells else "same")


def _same_tree(codes: Sequence[Code | None]) -> bool:
    """Whether the recorded source, edits included, is proved to be the same."""
    trees = {code.tree if code and not code.left_out else None for code in codes}
    return len(trees) == 1 and None not in trees


_DIRTY = {False: "none", True: "edited"}


def _command_rows(views: Sequence[RunView]) -> list[DiffRow]:
    commands = [view.command for view in views]
    if not any(commands):
        return []
    columns = {
        "argv": [shlex.join(command.argv) if command and command.argv else None for command in commands],
        "cwd": [(command.cwd or None) if command else None for command in commands],
        "executable": [(command.executable or None) if command else None for command in commands],
    }
    return [_text_row("command", key, cells) for key, cells in columns.items() if any(cells)]


def _hardware_rows(boxes: Sequence[Hardware | None]) -> list[DiffRow]:
    if not any(boxes):
        return []
    columns: dict[str, Callable[[Hardware], str | None]] = {
        "host": lambda box: box.host or None,
        "os": lambda box: box.os or None,
        "cpu": lambda box: box.cpu or None,
        "cores": lambda box: _whole(box.cores),
        "threads": lambda box: _whole(box.threads),
        "memory_bytes": lambda box: _whole(box.memory_bytes),
        "gpus": lambda box: _gpus(box.gpus),
    }
    return [
        _text_row("hardware", key, [value(box) if box else None for box in boxes]) for key, value in columns.items()
    ]


def _gpus(gpus: tuple[Gpu, ...] | None) -> str | None:
    if gpus is None:
        return None
    sizes = ["" if gpu.memory_bytes is None else f" ({gpu.memory_bytes} B)" for gpu in gpus]
    return ", ".join(f"{gpu.name}{size}" for gpu, size in zip(gpus, sizes, strict=True)) or "none"


def _text_row(section: DiffSection, key: str, cells: Cells) -> DiffRow:
    """A row of texts where None means unknown."""
    known = {cell for cell in cells if cell is not None}
    if len(known) > 1:
        return DiffRow(section, key, tuple(cells), "differs")
    if None in cells:
        return DiffRow(section, key, tuple(cells), "unknown")
    hidden = any(HIDDEN in cell for cell in known)
    return DiffRow(section, key, tuple(cells), "unknown" if hidden else "same", _HIDDEN_NOTE if hidden else "")


_HIDDEN_NOTE = "a part was hidden when it was recorded"


def _number(value: float | None) -> str | None:
    """Exact text: `repr` of a float, digits of a count, the words NaN, Infinity, -Infinity."""
    if value is None or isinstance(value, int):
        return None if value is None else str(value)
    return repr(value) if value - value == 0 else number_word(value)


def _whole(value: int | None) -> str | None:
    return None if value is None else str(value)


def _all_keys(sides: Sequence[Mapping[str, object]]) -> list[str]:
    return sorted({key for side in sides for key in side})
