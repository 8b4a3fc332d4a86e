"""Which columns the runs table shows in how much room. Pure: names and a width go in, columns come out.

The first rows are painted with it before Textual is loaded, so it imports nothing heavy.
"""

from __future__ import annotations

from ..widgets.run_cells import Column
from .interest import interest

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..widgets.run_cells import Listed

VALUE_WIDTH = 8
WIDEST_VALUE = 12
ROOMY = 100
MAX_VALUES = 14
MAX_SAMPLED = 24
"""Params that are looked at to learn which vary."""
_IN_PLAIN_KEY = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-")
_TELLING = ("lr", "learning_rate", "batch_size", "batch", "optimizer", "model")
_NOISE = ("seed",)


def choose_columns(params: Sequence[str], metrics: Sequence[str], width: int) -> list[Column]:
    """Name, status and age always; then the most telling metrics and params that fit, tags where there is room."""
    roomy = width >= ROOMY
    columns = [
        Column("name", "name", 22 if roomy else 18, kind="name"),
        Column("status", "status", 10, kind="status"),
    ]
    tags = [Column("tags", "tags", 16 if roomy else 8, kind="tags")] if width >= 70 else []
    age = [Column("started", "age", 4, "right", "age")]
    gap = 2 if roomy else 1
    room = width - 4 - sum(column.width + gap for column in (*columns, *tags, *age))
    return [*columns, *_values(params, metrics, room, gap), *age, *tags]


def _values(params: Sequence[str], metrics: Sequence[str], room: int, gap: int) -> list[Column]:
    wanted = sorted((key for key in metrics if _askable(key)), key=lambda key: (interest(key), key))
    titles = short_titles(wanted)
    drawn = [_value(f"metrics.{quoted(key)}", titles[key]) for key in wanted]
    given = [key for key in params if _askable(key)]
    titles = short_titles(given)
    told = [_value(f"params.{quoted(key)}", titles[key]) for key in given]
    return _shared(drawn, told, room, gap)


def _shared(metrics: list[Column], params: list[Column], room: int, gap: int) -> list[Column]:
    """Two metrics, then one param, and so on while they fit; metrics stand first."""
    chosen: tuple[list[Column], list[Column]] = ([], [])
    waiting = (list(metrics), list(params))
    turn = 0
    while any(waiting) and len(chosen[0]) + len(chosen[1]) < MAX_VALUES:
        side = 1 if turn % 3 == 2 or not waiting[0] else 0
        turn += 1
        if not waiting[side]:
            continue
        column = waiting[side].pop(0)
        if column.width + gap > room:
            break
        chosen[side].append(column)
        room -= column.width + gap
    return [*chosen[0], *chosen[1]]


def _value(key: str, title: str) -> Column:
    return Column(key, title, max(VALUE_WIDTH, len(title)), "right", "value")


def short_titles(keys: Sequence[str]) -> dict[str, str]:
    """The telling end of each key where it is too long: `optimizer.momentum` becomes `momentum`, if no other does."""
    ends = [_end(key) for key in keys]
    titles = {}
    for key, end in zip(keys, ends, strict=True):
        text = key if len(key) <= WIDEST_VALUE or ends.count(end) > 1 else end
        titles[key] = text if len(text) <= WIDEST_VALUE else f"{text[:5]}…{text[-(WIDEST_VALUE - 6) :]}"
    return titles


def quoted(key: str) -> str:
    """The key as the filter language reads it."""
    if _is_plain(key):
        return key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def param_columns(params: Sequence[str]) -> list[str]:
    """The columns to ask for in order to see which params vary."""
    return [f"params.{quoted(key)}" for key in sampled(params)]


def sampled(params: Sequence[str]) -> list[str]:
    """The params that are looked at to learn which vary."""
    return [key for key in params[:MAX_SAMPLED] if _askable(key)]


def rank_params(params: Sequence[str], rows: Sequence[Listed]) -> list[str]:
    """Params that differ among these rows first, the usual suspects before others, seeds after all."""
    asked = sampled(params)
    varying = {key for place, key in enumerate(asked) if len({row.values[place] for row in rows}) > 1}
    return sorted(params, key=lambda key: (key not in varying, _rank(key), key))


def _rank(key: str) -> int:
    name = _end(key.lower())
    if name in _NOISE:
        return len(_TELLING) + 1
    return _TELLING.index(name) if name in _TELLING else len(_TELLING)


def value_keys(columns: Sequence[Column]) -> list[str]:
    """The columns that the backend must fill, in order."""
    return [column.key for column in columns if column.kind == "value"]


def sorted_column(columns: Sequence[Column], sort: str) -> str:
    """Key of the column that a sort expression is about: `-val/loss` is the column `metrics.val/loss`; "" if none."""
    wanted = sort.lstrip("-")
    fitting = (column.key for column in columns if column.key.removeprefix("params.") == wanted)
    others = (column.key for column in columns if wanted in (column.key, column.key.removeprefix("metrics.")))
    return next(fitting, next(others, ""))


def sort_keys(columns: Sequence[Column]) -> list[str]:
    """Columns that runs can be sorted by, from left to right."""
    return [column.key for column in columns if column.kind in ("name", "status", "age", "value")]


def _askable(key: str) -> bool:
    """Keys with marks of cleaned characters are left to the run page: the name on screen is not the recorded one."""
    return key.isascii() and key.isprintable() and bool(key)


def _is_plain(key: str) -> bool:
    return bool(key) and _IN_PLAIN_KEY.issuperset(key) and (key[0].isalpha() or key[0] == "_")


def _end(key: str) -> str:
    return key.replace("/", ".").rpartition(".")[2]
