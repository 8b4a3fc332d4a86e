"""A filter tree to one SQL condition over `run`. What a person wrote only ever travels as a parameter.

Every condition is true or false, never NULL: a comparison is false for a run without the key, so that `not` and `or`
mean what they say. Numbers compare as numbers, exactly beyond 2**53 too; texts by their characters, letter case kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .given import ORDERED, Given, typed
from .language import parse_filter
from .pep440 import has_local, public_key, version_key
from .sources import Source, Sql, field_column, sources, stalled
from .terms import And, Compare, Exists, Named, Not, Operand, Or, Term

_EXACT_FROM = 1 << 53
"""From here on float64 skips whole numbers."""
_POSITIVE = {"!=": "=", "!~": "~", "not in": "in"}
_FALSE, _TRUE = Sql("0"), Sql("1")
_SHORTEST_ID = 4
_MOST_SELECTS = 100
"""SQLite takes 500 terms in a compound SELECT; a bare key asks three places."""


def compile_filter(term: Term, now_ms: int) -> Sql:
    """The condition; `now_ms` is what spans such as `2d` count from."""
    if isinstance(term, And):
        return _joined("AND", [compile_filter(part, now_ms) for part in term.terms])
    if isinstance(term, Or):
        return _joined("OR", [compile_filter(part, now_ms) for part in term.terms])
    if isinstance(term, Not):
        return _not(compile_filter(term.term, now_ms))
    if isinstance(term, Named):
        return _named(term.text)
    if isinstance(term, Exists):
        return _exists(term.operand, now_ms)
    return _compare(term, now_ms)


def compile_text(text: str, now_ms: int) -> Sql:
    """The condition of a filter as written. Raises FilterError."""
    return compile_filter(parse_filter(text), now_ms)


def _joined(word: str, parts: Sequence[Sql]) -> Sql:
    """Parts joined as a balanced tree: SQLite limits the depth of an expression to 1000."""
    if len(parts) < 2:
        return parts[0] if parts else _TRUE
    half = len(parts) // 2
    left, right = _joined(word, parts[:half]), _joined(word, parts[half:])
    return Sql(f"({left.text} {word} {right.text})", left.values + right.values)


def _not(part: Sql) -> Sql:
    return Sql(f"(NOT {part.text})", part.values)


def _known(part: Sql) -> Sql:
    """NULL counts as false."""
    return Sql(f"ifnull({part.text}, 0)", part.values)


def _named(text: str) -> Sql:
    """LIKE knows the letter case of ASCII only, and is ten times faster than calling back."""
    folded = text.casefold()
    if not text.isascii() or "\0" in text:
        return Sql("mlver_contains(run.name, ?)", (folded,))
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    beyond_ascii = "length(CAST(run.name AS BLOB)) <> length(run.name) AND mlver_contains(run.name, ?)"
    return Sql(f"(run.name LIKE ? ESCAPE '\\' OR ({beyond_ascii}))", (f"%{escaped}%", folded))


def _exists(operand: Operand, now_ms: int) -> Sql:
    places = sources(operand)
    if places:
        return _in_sources([(place, [_TRUE]) for place in places])
    if operand.scope != "field":
        return _FALSE
    column, _ = field_column(operand.key, now_ms)
    return Sql(f"({column.text} IS NOT NULL)", column.values)


def _in_sources(places: Sequence[tuple[Source, Sequence[Sql]]]) -> Sql:
    """Runs with a row in any source that meets any of its conditions.

    Alternatives stand in a SELECT each, not joined by OR, so that each uses the index on (key, num).
    """
    selects = [_runs_where(place, condition) for place, conditions in places for condition in _few(conditions)]
    text = " UNION ALL ".join(select.text for select in selects)
    return Sql(f"(run.pk IN ({text}))", tuple(value for select in selects for value in select.values))


def _few(conditions: Sequence[Sql]) -> Sequence[Sql]:
    return conditions if len(conditions) <= _MOST_SELECTS else [_joined("OR", conditions)]


def _runs_where(place: Source, condition: Sql) -> Sql:
    if place.shared is None:
        text = f"SELECT run FROM ({place.select.text}) WHERE {condition.text}"
        return Sql(text, place.select.values + condition.values)
    rows = f"SELECT environment, 'str' AS kind, NULL AS num, text FROM ({place.shared.text})"
    text = f"""SELECT r.pk FROM run AS r WHERE {place.unless.text}
        AND r.environment IN (SELECT environment FROM ({rows}) WHERE {condition.text})"""
    return Sql(text, place.unless.values + place.shared.values + condition.values)


def _compare(term: Compare, now_ms: int) -> Sql:
    if term.operand.shape == "tags" and term.op in _POSITIVE:  # no tag of the run may match
        positive = "~" if term.op == "!~" else "="
        return _not(
            _in_sources([(place, _alternatives(term, place.style, positive)) for place in sources(term.operand)])
        )
    places = sources(term.operand)
    if places:
        return _in_sources([(place, _row_conditions(term, place.style)) for place in places])
    return _compare_field(term, now_ms)


# Rows of a source: conditions over the columns kind, num, text


def _row_conditions(term: Compare, style: str) -> list[Sql]:
    if term.op not in _POSITIVE:
        return _alternatives(term, style, "=" if term.op == "in" else term.op)
    positive = "~" if term.op == "!~" else "="
    return [_not(_joined("OR", [_known(part) for part in _alternatives(term, style, positive)]))]


def _alternatives(term: Compare, style: str, op: str) -> list[Sql]:
    if op == "~" and term.pattern:
        return [Sql("(kind <> 'none' AND mlver_match(?, text))", (term.pattern.text,))]
    found = [part for value in term.values for part in _value_alternatives(value, op, style)]
    return found or [_FALSE]


def _value_alternatives(value: Given, op: str, style: str) -> list[Sql]:
    if style == "version":
        return _version(value, op)
    if style == "number":
        return _numeric(value, op)
    return _typed(typed(value.text, quoted=value.quoted), op)


def _version(value: Given, op: str) -> list[Sql]:
    """By PEP 440; as pip does, the local part (`+cu118`) only counts where somebody asks for one."""
    if value.sort != "version":
        return [Sql(f"(text {op} ?)", (value.text,))]
    if has_local(value.text):
        return [Sql(f"(mlver_version(text) {op} ?)", (version_key(value.text),))]
    return [Sql(f"(mlver_public(text) {op} ?)", (public_key(value.text),))]


def _numeric(value: Given, op: str) -> list[Sql]:
    if value.sort == "nan":
        return [Sql("(kind = 'float' AND num IS NULL)")]
    if value.sort != "number":
        return []
    return [_number(value, op)]


def _number(value: Given, op: str) -> Sql:
    number = _as_float(value.number)
    if _EXACT_FROM <= abs(value.number) < float("inf"):
        return Sql(f"(mlver_order(kind, num, text, ?) {op} 0)", (repr(value.number),))
    return Sql(f"(num {op} ?)", (number,))


def _as_float(number: float | int) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _typed(value: Given, op: str) -> list[Sql]:
    if value.sort == "text":
        return [Sql(f"(num IS NULL AND kind IN ('str', 'list', 'other') AND text {op} ?)", (value.text,))]
    same_text = Sql("(num IS NULL AND kind = 'str' AND text = ?)", (value.text,))
    if value.sort == "number":
        beyond = Sql(
            f"(num IS NULL AND kind = 'int' AND mlver_order(kind, num, text, ?) {op} 0)", (repr(value.number),)
        )
        return [_number(value, op), beyond, *([same_text] if op == "=" else [])]
    if value.sort == "nan":
        return [Sql("(kind = 'float' AND num IS NULL)"), same_text]
    if value.sort == "none":
        return [Sql("(kind = 'none')"), same_text]
    return [Sql(f"(kind = 'bool' AND text = '{value.sort}')"), same_text]


# Fields: conditions over the columns of run


def _compare_field(term: Compare, now_ms: int) -> Sql:
    if term.operand.shape == "never":
        return _FALSE
    column, nullable = field_column(term.operand.key, now_ms)
    op = _POSITIVE.get(term.op, term.op)
    parts = [_known(part) if nullable else part for part in _field_parts(term, column, op, now_ms)]
    found = _joined("OR", parts)
    if term.op not in _POSITIVE:
        return found
    missing = _is_none(column)
    # != is false for an unknown value, unless the question is whether it is unknown
    asks_none = any(value.sort == "none" for value in term.values)
    return _not(found) if asks_none or not nullable else _joined("AND", [_not(missing), _not(found)])


def _field_parts(term: Compare, column: Sql, op: str, now_ms: int) -> list[Sql]:
    if op == "~" and term.pattern:
        return [Sql(f"mlver_match(?, {column.text})", (term.pattern.text, *column.values))]
    test = _FIELD_TESTS.get(term.operand.shape, _text_field)
    op = "=" if op == "in" else op
    parts = []
    for value in term.values:
        if value.sort == "none":
            parts.append(_is_none(column))
        if value.sort != "none" or test is _text_field:  # a text may say "none"
            parts.append(test(value, column, op, now_ms))
    return parts


def _is_none(column: Sql) -> Sql:
    return Sql(f"({column.text} IS NULL)", column.values)


def _text_field(value: Given, column: Sql, op: str, now_ms: int) -> Sql:
    return Sql(f"({column.text} {op} ?)", (*column.values, value.text))


def _id_field(value: Given, column: Sql, op: str, now_ms: int) -> Sql:
    """A short id is a prefix or suffix, as in references."""
    exact = _text_field(value, column, op, now_ms)
    if op in ORDERED or len(value.text) < _SHORTEST_ID:
        return exact
    small, size = value.text.lower(), len(value.text)
    ends = Sql("(substr(run.id, 1, ?) = ? OR substr(run.id, -?) = ?)", (size, small, size, small))
    return _joined("OR", [exact, ends])


def _commit_field(value: Given, column: Sql, op: str, now_ms: int) -> Sql:
    """A short commit id is a prefix."""
    exact = _text_field(value, column, op, now_ms)
    if op in ORDERED or len(value.text) < _SHORTEST_ID:
        return exact
    prefix = Sql("(substr(run.git_commit, 1, ?) = ?)", (len(value.text), value.text.lower()))
    return _joined("OR", [exact, prefix])


def _status_field(value: Given, column: Sql, op: str, now_ms: int) -> Sql:
    return stalled(now_ms) if value.text == "stalled" else _text_field(value, column, op, now_ms)


def _truth_field(value: Given, column: Sql, op: str, now_ms: int) -> Sql:
    return Sql(f"({column.text} = ?)", (*column.values, int(value.sort == "true")))


def _span_field(value: Given, column: Sql, op: str, now_ms: int) -> Sql:
    return Sql(f"({column.text} {op} ?)", (*column.values, _as_float(value.number) * 1000))


def _time_field(value: Given, column: Sql, op: str, now_ms: int) -> Sql:
    """A day or minute is a whole: `=` is within it, `<` before it begins, `>` after it ends."""
    if value.sort == "ago":
        return Sql(f"({column.text} {op} ?)", (now_ms - value.number * 1000,))
    if op == "=":
        return Sql(f"({column.text} >= ? AND {column.text} < ?)", (value.number, value.until))
    bound = value.number if op in ("<", ">=") else value.until
    return Sql(f"({column.text} {'<' if op in ('<', '<=') else '>='} ?)", (bound,))


_FIELD_TESTS: dict[str, Callable[[Given, Sql, str, int], Sql]] = {
    "id": _id_field,
    "commit": _commit_field,
    "status": _status_field,
    "truth": _truth_field,
    "span": _span_field,
    "time": _time_field,
}
