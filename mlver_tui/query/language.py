"""The filter language of app, commands and API: text to a typed tree, or one mistake with its column. Pure.

    filter  = or                     or = and { "or" and }          and = not { ["and"] not }
    not     = "not" not | term       term = "(" or ")" | tag | exists(k) | missing(k) | comparison | word | /re/
    compare = operand (= == != < <= > >=) value | operand (~ !~) /re/ | operand ["not"] in (value, …)
    operand = key | params.key | metrics.key | summary.key | env.package | env.python | a field (`terms.FIELDS`)
            | last(m) | first(m) | min(m) | max(m) | mean(m) | count(m) | at(m, step)

A comparison is false for a run without the key, so `not lr < 1` also matches runs that have no `lr`. A quoted key is
never a field, prefix or keyword; a quoted value is never a number, date or `none`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TypeVar, get_args

from ..errors import FilterError
from .given import Given, interpret, read_number
from .scanner import Scanner, Word
from .terms import FIELDS, Aggregate, And, Compare, Exists, Named, Not, Op, Operand, Or, Scope, Sort, Term

DEEPEST = 50
_T = TypeVar("_T")
_PREFIXES: tuple[Scope, ...] = ("params", "metrics", "summary", "env")
_AGGREGATES: tuple[Aggregate, ...] = get_args(Aggregate)
_FUNCTIONS = (*_AGGREGATES, "exists", "missing")
_SIGNS: dict[str, Op] = {"==": "=", "=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_KEYWORDS = ("and", "or", "not")
_FOREIGN_WORDS = ("&", "|", "&&", "||")


def parse_filter(text: str) -> Term:
    """The tree of a filter; an empty one matches every run. Raises FilterError with the column of the mistake."""
    scan = Scanner(text)
    return And(()) if scan.ended() else _whole(scan, _Parser(scan).either)


def parse_operand(text: str) -> Operand:
    """A key as columns use it, such as `lr` or `min(val/loss)`. Raises FilterError."""
    scan = Scanner(text)
    return _whole(scan, _Parser(scan).operand)


def parse_sort(text: str) -> Sort:
    """An operand with a leading `-` for largest (newest) first. Raises FilterError."""
    scan = Scanner(text)
    descending = scan.take("-")
    if not descending:
        scan.take("+")
    return Sort(_whole(scan, _Parser(scan).operand), descending)


def _whole(scan: Scanner, parse: Callable[[], _T]) -> _T:
    result = parse()
    if not scan.ended():
        raise _unexpected(scan)
    return result


def _unexpected(scan: Scanner) -> FilterError:
    sign = scan.text[scan.skip()]
    hint = {")": "there is no ( for it", ",": "a list stands in ( ) after in; put quotes around a text with a comma"}
    start = scan.at
    if scan.compare():
        return scan.error(f"a key is missing before {scan.text[start : scan.at]}", start, "write key = value")
    return scan.error(f"{sign} does not belong here", start, hint.get(sign, "put quotes around odd texts"))


class _Parser:
    """Recursive descent over one scanner."""

    def __init__(self, scan: Scanner) -> None:
        self.scan = scan
        self.depth = 0

    def either(self) -> Term:
        terms = [self.both()]
        while self.scan.keyword("or"):
            terms.append(self.both("or"))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def both(self, after: str = "") -> Term:
        terms = [self.negated(after)]
        while not self.scan.ended() and not self.scan.next_is("),") and self.scan.peek() != "or":
            word = self.scan.keyword("and")
            terms.append(self.negated(word))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def negated(self, after: str = "") -> Term:
        if not self.scan.keyword("not"):
            return self.term(after)
        self.deeper()
        term = Not(self.negated("not"))
        self.depth -= 1
        return term

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.scan.error(
                f"conditions stand more than {DEEPEST} deep in each other", hint="ask for less at once"
            )

    def term(self, after: str) -> Term:
        if self.scan.ended() or self.scan.next_is(")") or self.scan.peek() in ("and", "or"):
            side = f"after {after}" if after else f"before {self.scan.peek()}" if self.scan.peek() else "here"
            raise self.scan.error(f"a condition is missing {side}", hint="write key = value, or a part of a name")
        if self.scan.next_is("("):
            return self.group()
        if self.scan.peek() in _FOREIGN_WORDS:
            self.scan.compare()  # raises: a sign of another language
        if self.scan.next_is("/") and (pattern := self.scan.pattern()):
            return Compare(Operand("field", "name"), "~", pattern=pattern)
        return self.condition()

    def group(self) -> Term:
        start = self.scan.at
        self.scan.take("(")
        self.deeper()
        term = self.either()
        self.depth -= 1
        self.close(start)
        return term

    def close(self, start: int) -> None:
        if self.scan.ended():
            raise self.scan.error("a ) is missing", hint=f"it closes the ( in column {start + 1}")
        if not self.scan.take(")"):
            raise _unexpected(self.scan)

    def condition(self) -> Term:
        word = self.word("a condition")
        if self.scan.touches("(") and word.bare_start:
            return self.called(word)
        if self.scan.text[word.start : word.start + 4].lower() == "tag:":
            return self.tag(word)
        return self.compared(word)

    def word(self, wanted: str, after: str = "") -> Word:
        word = self.scan.word()
        if word is None and not self.scan.ended() and not after:
            raise _unexpected(self.scan)
        if word is None:
            raise self.scan.error(f"{wanted} is missing{after}", hint="put quotes around odd texts")
        return word

    def tag(self, word: Word) -> Term:
        name = word.text[4:]
        if not name:
            raise self.scan.error("a tag is missing after tag:", word.end, "write tag:baseline, or exists(tags)")
        return Compare(Operand("field", "tags"), "=", (Given("text", name, start=word.start + 4),))

    def called(self, word: Word) -> Term:
        name = word.text.lower()
        if name not in ("exists", "missing"):
            return self.comparison(self.applied(word), word)
        start = self.scan.at
        self.scan.take("(")
        term = Exists(self.operand())
        self.close(start)
        return term if name == "exists" else Not(term)

    def compared(self, word: Word) -> Term:
        start = self.scan.skip()
        if self.scan.next_is("=!<>~") or self.scan.peek() in ("in", *_FOREIGN_WORDS) or self.not_in():
            return self.comparison(self.named(word), word)
        self.scan.at = start
        self.refuse_unfinished(word)
        return Named(word.text)

    def not_in(self) -> bool:
        start = self.scan.at
        found = bool(self.scan.keyword("not")) and self.scan.peek() == "in"
        self.scan.at = start
        return found

    def refuse_unfinished(self, word: Word) -> None:
        """A free word that can only be half a comparison would match no name and look like an answer."""
        prefix, separator, rest = word.text.partition(":")
        known = FIELDS.keys() | set(_PREFIXES)
        if not word.bare_start:
            return
        if separator and prefix in known:
            raise self.scan.error("a sign is missing", word.start + len(prefix), f"write {prefix} = {rest or 'value'}")
        if (word.text in FIELDS and "." in word.text) or (word.text.split(".")[0] in _PREFIXES and "." in word.text):
            raise self.scan.error(f"a sign is missing after {word.text}", word.end, f"write {word.text} = value")

    def comparison(self, operand: Operand, word: Word) -> Term:
        if not word.quoted and read_number(word.text) is not None and operand.scope == "bare":
            raise self.scan.error("a number stands where a key belongs", word.start, "the key comes first: lr < 0.01")
        start = self.scan.skip()
        if self.scan.keyword("in"):
            return self.listed(operand, "in")
        if self.scan.keyword("not"):
            self.scan.keyword("in")
            return self.listed(operand, "not in")
        sign = self.scan.compare()
        if not sign:
            raise self.scan.error("a sign is missing", hint="write =, !=, <, <=, >, >=, ~ or in after it")
        if sign in ("~", "!~"):
            return self.matched(operand, "~" if sign == "~" else "!~", start)
        value = interpret(self.scan, operand.shape, sign, self.value(sign))
        return Compare(operand, _SIGNS[sign], (value,))

    def value(self, sign: str) -> Word:
        if self.scan.peek() in _KEYWORDS:
            raise self.scan.error(f"a value is missing after {sign}", hint="put quotes around the word if you mean it")
        return self.word("a value", f" after {sign}")

    def matched(self, operand: Operand, op: Op, sign: int) -> Term:
        if operand.shape in ("number", "time", "span", "truth"):
            raise self.scan.error("a pattern is for texts, and this is none", sign, "compare it with =, < or >")
        if self.scan.next_is("/") and (pattern := self.scan.pattern()):
            return Compare(operand, op, pattern=pattern)
        if self.scan.next_is("/"):
            raise self.scan.error("the pattern is not closed", hint="end it with /, and write \\/ for a slash in it")
        word = self.value(op)
        return Compare(operand, op, pattern=self.scan.checked(word.text, word.start))

    def listed(self, operand: Operand, op: Op) -> Term:
        start = self.scan.skip()
        if not self.scan.take("("):
            raise self.scan.error(f"a ( is missing after {op}", start, f"write {op} (a, b)")
        values = [interpret(self.scan, operand.shape, "=", self.value("("))]
        while self.scan.take(","):
            values.append(interpret(self.scan, operand.shape, "=", self.value(",")))
        self.close(start)
        return Compare(operand, op, tuple(values))

    def operand(self) -> Operand:
        word = self.word("a key")
        return self.applied(word) if self.scan.touches("(") and word.bare_start else self.named(word)

    def applied(self, word: Word) -> Operand:
        """`min(loss)` or `at(loss, 1000)`, from its opening parenthesis on."""
        name = next((name for name in _AGGREGATES if name == word.text.lower()), None)
        if name is None:
            near = difflib.get_close_matches(word.text.lower(), _FUNCTIONS, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(_FUNCTIONS)}"
            raise self.scan.error(f"there is no function {word.text}", word.start, hint)
        start = self.scan.at
        self.scan.take("(")
        key = self.metric(name)
        step = self.step() if name == "at" else 0
        self.close(start)
        return Operand("metrics", key, name, step, word.start, self.scan.at)

    def metric(self, function: str) -> str:
        word = self.word("a metric", f" in {function}( )")
        inner = self.named(word)
        if inner.scope in ("params", "summary"):
            raise self.scan.error(
                f"{function} is for metrics, and {word.text} is none", word.start, f"write {function}(loss)"
            )
        return inner.key if inner.scope == "metrics" else word.text

    def step(self) -> int:
        if not self.scan.take(","):
            raise self.scan.error("a step is missing", hint="write at(loss, 1000)")
        word = self.word("a step", " after ,")
        number = read_number(word.text)
        if number is None or number != number // 1 or abs(number) >= 1 << 63:
            raise self.scan.error(f"{word.text} is not a step", word.start, "a step is a whole number")
        return int(number)

    def named(self, word: Word) -> Operand:
        """What a key stands for by its spelling alone."""
        if word.bare_start:
            if word.text in FIELDS or word.text == "tag":
                return Operand("field", "tags" if word.text == "tag" else word.text, start=word.start, end=word.end)
            if word.text == "env.python":
                return Operand("python", "python", start=word.start, end=word.end)
            for scope in _PREFIXES:
                if word.text.startswith(f"{scope}."):
                    return self.prefixed(scope, word)
        return Operand("bare", word.text, start=word.start, end=word.end)

    def prefixed(self, scope: Scope, word: Word) -> Operand:
        key = word.text[len(scope) + 1 :]
        if not key:
            raise self.scan.error(f"a key is missing after {scope}.", word.end, f"write {scope}.name")
        return Operand(scope, key, start=word.start, end=word.end)
