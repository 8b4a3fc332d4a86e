"""The documented read surface for people with any `sqlite3`: plural views over the internal, singular tables.

Only text of SQL, which the migration steps run: once released, a view changes by a new step that drops and makes it.
"""

from __future__ import annotations

import math

from ..packing import CHUNK

_TICKS = 1 << 22


def hex_rows() -> list[tuple[str, int, float | None, int | None]]:
    """Rows of table `hex3`: three hex digits as a number; and what they say as the head of a float64: scale and hidden
    bit. Single digits too, for the last one of a group."""
    heads = [(f"{head:03X}", head, *_head(head)) for head in range(4096)]
    return [*heads, *((f"{digit:X}", digit, None, None) for digit in range(16))]


def place_rows() -> list[tuple[int]]:
    """Rows of table `place`: the place of each point in a chunk."""
    return [(place,) for place in range(CHUNK)]


def _head(head: int) -> tuple[float, int]:
    exponent = head & 2047
    scale = math.inf if exponent == 2047 else math.ldexp(1.0, max(exponent, 1) - 1075)
    return (-scale if head >> 11 else scale), (1 << 52 if exponent else 0)


def _number(blob: str, bytes_: int, last: str, result: str) -> str:
    """A scalar: `result` over the big-endian number at place i of a blob; `a` to `f` are its digits, three by three."""
    digits = 2 * bytes_
    groups = [(start, min(3, digits - start + 1)) for start in range(1, digits + 1, 3)]
    groups = groups if groups[-1][1] != 2 else [*groups[:-1], (digits - 1, 1), (digits, 1)]
    joins = " ".join(
        f"CROSS JOIN hex3 AS {name} ON {name}.digits = substr(h, {start}, {size})"
        for name, (start, size) in zip("abcdef", groups, strict=False)
    )
    head = f"SELECT hex(substr({blob}, {bytes_} * {last} + 1, {bytes_})) AS h"
    return f"(SELECT {result} FROM ({head}) {joins})"


def _float(blob: str) -> str:
    mantissa = "(b.number << 40) + (c.number << 28) + (d.number << 16) + (e.number << 4) + f.number"
    nan = f"({mantissa}) > 0 AND abs(a.scale) = 9e999"
    return _number(blob, 8, "i", f"CASE WHEN NOT ({nan}) THEN (a.hidden + ({mantissa})) * a.scale END")


_STEP = f"""CASE WHEN steps IS NULL THEN chunk.first_step + i * stride ELSE {
    _number(
        "steps",
        8,
        "i",
        "(a.number << 52) | (b.number << 40) | (c.number << 28) | (d.number << 16) | (e.number << 4) | f.number",
    )
} END"""
_TICK = "(a.number << 20) + (b.number << 8) + (c.number << 4) + d.number"
_DIFFERENCE = _number("times", 4, "(i - 1)", f"{_TICK} - (({_TICK}) >> 31 << 32)")
_TIME = f"""CASE WHEN length(times) = 8 * chunk.n THEN {_float("times")} ELSE
    (CAST(first_time * {_TICKS} AS INTEGER) + sum(CASE WHEN i > 0 AND length(times) <> 8 * chunk.n THEN {_DIFFERENCE}
        ELSE 0 END) OVER (PARTITION BY run.id, run.name, section, key, seq ORDER BY i)) / {_TICKS}.0 END"""
_POINTS = f"""SELECT run.id AS run, run.name AS run_name, section, key, seq + i AS place, {_STEP} AS step,
        {_float("vals")} AS value{{0}}
    FROM run CROSS JOIN series ON series.run = run.pk CROSS JOIN chunk ON chunk.series = series.id CROSS JOIN place
    WHERE deleted = 0 AND i < chunk.n"""

VIEWS: dict[str, str] = {
    "runs": """SELECT id, name, project, grp AS "group", job_type, status, start_ms, end_ms,
            datetime(start_ms / 1000, 'unixepoch') AS started, (end_ms - start_ms) / 1000.0 AS seconds, notes, parent,
            host, git_commit, git_branch, git_dirty, environment, exit_code, dropped FROM run WHERE deleted = 0""",
    "params": """SELECT run.id AS run, run.name AS run_name, key, kind, num, text
            FROM param JOIN run ON run.pk = param.run WHERE deleted = 0""",
    "summary": """SELECT run.id AS run, run.name AS run_name, key, n AS count, nans, first, last, last_step,
            vmin AS min, vmin_step AS min_step, vmax AS max, vmax_step AS max_step, vsum / nullif(n - nans, 0) AS mean
            FROM series JOIN run ON run.pk = series.run WHERE section = 'metric' AND deleted = 0""",
    "tags": """SELECT run.id AS run, run.name AS run_name, tag.name AS tag
            FROM tag JOIN run ON run.pk = tag.run WHERE deleted = 0""",
    "packages": """SELECT run.id AS run, run.name AS run_name, package.name, version, origin
            FROM run JOIN package ON package.environment = run.environment WHERE deleted = 0""",
    "versions": """SELECT model.name AS model, seq, semver, digest, run, message, author, created_ms
            FROM version JOIN model ON model.id = version.model""",
    "events": "SELECT id, at_ms, actor, kind, subject, body, prev, hash FROM event",
    "points": _POINTS.format(""),
    "timed_points": _POINTS.format(f", {_TIME} AS time"),
}
"""View to its SELECT. `points` is every point in the order logged, bit for bit (NaN is NULL); `timed_points` adds the
time of each, which must be summed up over its chunk and so costs about twice as much."""
