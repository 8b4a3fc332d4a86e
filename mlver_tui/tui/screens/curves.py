"""From chosen runs to curves: which metrics there are, one range for all, one colour and letter for each run.

Shared by every screen that shows a chart; asks the backend, paints nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ...query.views import RunView
from ..messages import Desk
from ..widgets.braille import ChartOptions, Curve
from .interest import interest

Range = tuple[float, float]
ROOMS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
"""Lengths of the axis while a run grows, times a power of ten."""
SMOOTHINGS = (0.0, 0.6, 0.9, 0.97)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


async def load_curves(
    desk: Desk, runs: Sequence[RunView], key: str, columns: int, *, x_range: Range | None = None, focused: str = ""
) -> list[Curve]:
    """One curve for each run that has the metric, all over one range of steps; the focused one is drawn last."""
    having = [run for run in runs if key in run.metrics]
    if not having or columns < 1:
        return []
    section = having[0].metrics[key].section
    span = x_range or await _steps(desk, having, key, section)
    overviews = await desk.backend.overviews([run.pk for run in having], key, columns, span, section)
    return [
        Curve(
            run.name,
            desk.colour(run.id),
            overview,
            focused=run.id == focused,
            letter=letter_of(desk, run.id),
            grows=run.status == "running",
        )
        for run, overview in zip(having, overviews, strict=True)
        if overview is not None
    ]


async def _steps(desk: Desk, runs: Sequence[RunView], key: str, section: str) -> Range:
    """The steps that all runs together have, with room to grow while one of them runs."""
    first, last = await _known_steps(desk, runs, key, section)
    return (first, roomy_end(first, last)) if any(run.status == "running" for run in runs) else (first, last)


async def _known_steps(desk: Desk, runs: Sequence[RunView], key: str, section: str) -> Range:
    """Exact for metrics, by first and last point for what we sampled."""
    found = await desk.backend.step_range([run.pk for run in runs], key) if section == "metric" else None
    if found is not None:
        return float(found[0]), float(found[1])
    summaries = [run.metrics[key] for run in runs]
    return float(min(s.first_step for s in summaries)), float(max(s.last_step for s in summaries))


def roomy_end(first: float, last: float) -> float:
    """The next round end of the axis: new points go into the room there is, and what is drawn stays where it is."""
    span = last - first
    if not 0 < span < 1e18:
        return last
    power = 10.0 ** math.floor(math.log10(span))
    return first + next((room * power for room in ROOMS if room * power > span), 10 * power)


def letter_of(desk: Desk, run_id: str) -> str:
    """The letter that stands beside a marked run in the table; "" for others."""
    return LETTERS[list(desk.marked).index(run_id) % 26] if run_id in desk.marked else ""


def metric_keys(runs: Iterable[RunView]) -> list[str]:
    """Metrics of the runs, the likeliest to be looked at first; what we sampled ourselves last."""
    found: dict[str, str] = {}
    for run in runs:
        for summary in run.metrics.values():
            found.setdefault(summary.key, summary.section)
    return sorted(found, key=lambda key: (found[key] == "system", interest(key), key))


def pick_metric(desk: Desk, keys: Sequence[str]) -> str:
    """The metric that the desk wants, if these runs have it; else the first."""
    if desk.metric in keys:
        return desk.metric
    return keys[0] if keys else ""


def step_key(keys: Sequence[str], current: str, step: int) -> str:
    """The metric `step` places further, around the end."""
    if not keys:
        return ""
    return keys[(keys.index(current) + step) % len(keys)] if current in keys else keys[0]


def next_smoothing(options: ChartOptions) -> ChartOptions:
    """One stronger; after the strongest none."""
    place = SMOOTHINGS.index(options.smoothing) if options.smoothing in SMOOTHINGS else 0
    return replace(options, smoothing=SMOOTHINGS[(place + 1) % len(SMOOTHINGS)])
