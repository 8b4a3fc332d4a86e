"""From an overview to the points of one line: same columns for all curves, joined or not, smoothed. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from ...query.views import Bucket, Overview

HOLE = 8
"""A gap this many columns wide, and this many times as wide as the gaps beside it, is a hole in the data."""


class Point(NamedTuple):
    """What one bucket column draws: finite extremes, the middle of the line, and whether the line reaches it."""

    column: int
    low: float
    high: float
    middle: float
    joined: bool = True


def aligned(overview: Overview, low: float, high: float, columns: int) -> Sequence[Bucket | None]:
    """The buckets of an overview over [low, high] in `columns` columns; merged where several fall in one."""
    buckets = overview.buckets
    if len(buckets) == columns and overview.x_min == low and overview.x_max == high:
        return buckets
    found: list[Bucket | None] = [None] * columns
    span = high - low
    for index, bucket in enumerate(buckets):
        if bucket is not None:
            x = overview.x_min + (overview.x_max - overview.x_min) * (index + 0.5) / len(buckets)
            place = min(max(int((x - low) / span * columns), 0), columns - 1) if 0 < span < math.inf else 0
            found[place] = merged(found[place], bucket)
    return found


def merged(one: Bucket | None, other: Bucket) -> Bucket:
    """Two buckets as one; `other` comes later."""
    if one is None:
        return other
    solid = [b for b in (one, other) if b.count > b.nans]
    if len(solid) < 2:
        base = solid[0] if solid else one
        return replace(base, last=other.last, count=one.count + other.count, nans=one.nans + other.nans)
    weights = [b.count - b.nans for b in solid]
    means = [(b.mean, w) for b, w in zip(solid, weights, strict=True) if math.isfinite(b.mean)]
    total = sum(w for _, w in means)
    mean = sum(m * (w / total) for m, w in means) if total else math.nan
    low, high = min(one.min, other.min), max(one.max, other.max)
    return Bucket(low, high, mean, one.first, other.last, one.count + other.count, one.nans + other.nans)


def points_of(buckets: Sequence[Bucket | None], *, log: bool = False) -> list[Point]:
    """A point for each column that has a finite value (above zero when `log`)."""
    points: list[Point] = []
    broken = True  # nothing to join to yet
    for column, bucket in enumerate(buckets):
        if bucket is None:
            continue
        spot = _extremes(bucket, log)
        if spot is not None:
            points.append(Point(column, *spot, not broken))
        broken = spot is None
    return _with_holes(points)


def _extremes(bucket: Bucket, log: bool) -> tuple[float, float, float] | None:
    """Lowest, highest and middle value that can be placed; None when the column has none."""
    if bucket.count <= bucket.nans:
        return None
    low, high, mean = bucket.min, bucket.max, bucket.mean
    if not (low > 0 or (low == low and not log)) or not -math.inf < low <= mean <= high < math.inf:
        values = [v for v in (low, high, mean) if math.isfinite(v) and (v > 0 or not log)]
        if not values:
            return None
        low, high = min(values), max(values)
        mean = min(max(mean, low), high) if math.isfinite(mean) else high
    return low, high, mean


def _with_holes(points: list[Point]) -> list[Point]:
    """The same points, not joined over a gap that is far wider than those beside it."""
    gaps = [b.column - a.column for a, b in itertools.pairwise(points)]
    for index, gap in enumerate(gaps):
        if gap < HOLE:
            continue
        beside = gaps[max(index - 1, 0) : index] + gaps[index + 1 : index + 2]
        if beside and gap >= HOLE * max(beside):
            points[index + 1] = points[index + 1]._replace(joined=False)
    return points


def smooth(points: Sequence[Point], weight: float) -> list[Point]:
    """The points with an exponential average as their middle, corrected for its start; a break starts it anew."""
    if weight <= 0:
        return list(points)
    weight = min(weight, 0.9999)
    result: list[Point] = []
    average = scale = 0.0
    for point in points:
        if not point.joined:
            average = scale = 0.0
        average = average * weight + point.middle * (1 - weight)
        scale = scale * weight + (1 - weight)
        result.append(point._replace(middle=average / scale if scale else point.middle))
    return result
