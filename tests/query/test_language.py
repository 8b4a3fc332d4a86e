"""What can be written, what it means, and where the caret stands when it cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlver_tui.errors import FilterError
from mlver_tui.query.language import parse_filter, parse_operand, parse_sort
from mlver_tui.query.scanner import LONGEST_FILTER, quote
from mlver_tui.query.terms import And, Compare, Exists, Named, Not, Operand, Or

WRONG = {
    "lr <": (4, "a value is missing after <"),
    "lr < ": (5, "a value is missing after <"),
    "lr = = 3": (5, "a value is missing after ="),
    "< 3": (0, "a key is missing before <"),
    "lr => 3": (3, "=> is not a sign"),
    "lr <> 3": (3, "<> is not a sign"),
    "a && b": (2, "& is not a sign"),
    "lr=1 | lr=2": (5, "| is not a sign"),
    "!debug": (0, "! is not a sign"),
    "(lr < 1": (7, "a ) is missing"),
    "lr < 1)": (6, ") does not belong here"),
    "()": (1, "a condition is missing here"),
    "not": (3, "a condition is missing after not"),
    "or lr": (0, "a condition is missing before or"),
    "lr and": (6, "a condition is missing after and"),
    "lr < and x": (5, "a value is missing after <"),
    'name = "abc': (7, 'the quote " is not closed'),
    "name ~ /abc": (7, "the pattern is not closed"),
    "name ~ /a[/": (9, "the pattern cannot be read"),
    "name ~ /(a+)+b/": (12, "the pattern repeats a group"),
    "loss ~": (6, "a value is missing after ~"),
    "min(loss) ~ /x/": (10, "a pattern is for texts"),
    "min(loss) < low": (12, "low is not a number"),
    "mni(loss) < 1": (0, "there is no function mni"),
    "min(params.lr) < 1": (4, "min is for metrics"),
    "min() < 1": (4, "a metric is missing"),
    "at(loss) < 1": (7, "a step is missing"),
    "at(loss, 1.5) < 1": (9, "1.5 is not a step"),
    "exists(lr": (9, "a ) is missing"),
    "x in (1, ": (9, "a value is missing after ,"),
    "x in 1": (5, "a ( is missing after in"),
    "x in ()": (6, "a value is missing after ("),
    "0.1 < lr": (0, "a number stands where a key belongs"),
    "0.1 < lr < 1": (0, "a number stands where a key belongs"),
    "lr > 0 < 1": (7, "a key is missing before <"),
    "started > yesterdy": (10, "yesterdy is not a time"),
    "started > 2026-02-31": (10, "2026-02-31 is not a time"),
    "started = 2d": (10, "a time is not = a span"),
    "duration > long": (11, "long is not a span"),
    "env.torch >= new": (13, "new is not a version"),
    "status = finshed": (9, "no run has the status finshed"),
    "status < failed": (9, "a status is not < another"),
    "tags < x": (7, "a tag is not < another"),
    "git.dirty = 3": (12, "this key is true or false"),
    "lr < nan": (5, "nothing is < nan"),
    "lr < none": (5, "nothing is < none"),
    "status:finished": (6, "a sign is missing"),
    "git.dirty": (9, "a sign is missing after git.dirty"),
    "params.lr and x": (9, "a sign is missing after params.lr"),
    "params. = 1": (7, "a key is missing after params."),
    "tag:": (4, "a tag is missing after tag:"),
    "a, b": (1, ", does not belong here"),
    "\ud800": (0, "this is half a character"),
    "x" * (LONGEST_FILTER + 1): (LONGEST_FILTER, "the filter is longer"),
    "(" * 60: (51, "conditions stand more than 50 deep"),
}


@pytest.mark.parametrize("text", WRONG)
def test_mistake_has_column_words_and_hint(text: str) -> None:
    position, message = WRONG[text]
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert (caught.value.position, caught.value.text) == (position, text)
    assert message in str(caught.value)
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_caret_stands_under_the_mistake() -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter("loss < 1 and lr <")
    assert caught.value.caret() == "loss < 1 and lr <\n" + " " * 17 + "^"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a b", "a and b"),
        ("a AND b Or c", "(a and b) or c"),
        ("a or b c", "a or (b and c)"),
        ("not a b", "(not a) and b"),
        ("not not a", "not (not a)"),
        ("lr<0.1", "lr < 0.1"),
        ("lr == 1", "lr = 1"),
        ("tag:x", "tags = x"),
        ('tag:"a b"', 'tags = "a b"'),
        ("missing(lr)", "not exists(lr)"),
        ("/re/", "name ~ /re/"),
        ("(a=1)and(b=2)", "a = 1 b = 2"),
        ("last(loss) < 1", "metrics.loss < 1"),
        ("min(metrics.loss) < 1", "min(loss) < 1"),
        ("x not in (1,2)", "x not in ( 1 , 2 )"),
        ('params."lr" = 1', "params.lr = 1"),
        (" ( a ) ", "a"),
    ],
)
def test_two_spellings_of_one_filter(text: str, same: str) -> None:
    assert repr(_plain(text)) == repr(_plain(same))


def _plain(text: str) -> object:
    """The tree, with values by their meaning alone."""
    term = parse_filter(text)
    return _strip(term)


def _strip(term: object) -> object:
    if isinstance(term, And | Or):
        return type(term).__name__, [_strip(part) for part in term.terms]
    if isinstance(term, Not):
        return "not", _strip(term.term)
    if isinstance(term, Exists):
        return "exists", _who(term.operand)
    if isinstance(term, Compare):
        values = [(value.sort, value.text) for value in term.values]
        return _who(term.operand), term.op, values, term.pattern and term.pattern.text
    assert isinstance(term, Named)
    return term.text


def _who(operand: Operand) -> tuple[object, ...]:
    return operand.scope, operand.key, operand.aggregate, operand.step


@pytest.mark.parametrize(
    ("text", "operand"),
    [
        ("lr", ("bare", "lr", "last", 0)),
        ("val/loss", ("bare", "val/loss", "last", 0)),
        ("optim.name", ("bare", "optim.name", "last", 0)),
        ("top-1:acc", ("bare", "top-1:acc", "last", 0)),
        ("params.env.seed", ("params", "env.seed", "last", 0)),
        ("metrics.loss", ("metrics", "loss", "last", 0)),
        ("summary.best", ("summary", "best", "last", 0)),
        ("max( val/acc )", ("metrics", "val/acc", "max", 0)),
        ("at(loss, 1e3)", ("metrics", "loss", "at", 1000)),
        ("at(loss,-5)", ("metrics", "loss", "at", -5)),
        ('min("a, (b)")', ("metrics", "a, (b)", "min", 0)),
        ("env.torch", ("env", "torch", "last", 0)),
        ("env.python", ("python", "python", "last", 0)),
        ("git.commit", ("field", "git.commit", "last", 0)),
        ("data.path", ("bare", "data.path", "last", 0)),
        ("tag", ("field", "tags", "last", 0)),
        ('"name"', ("bare", "name", "last", 0)),
        ('"params.x"', ("bare", "params.x", "last", 0)),
        ("'it''s'", ("bare", "its", "last", 0)),
        (r'"say \"hi\""', ("bare", 'say "hi"', "last", 0)),
        ("größe", ("bare", "größe", "last", 0)),
    ],
)
def test_operand(text: str, operand: tuple[object, ...]) -> None:
    assert _who(parse_operand(text)) == operand


@pytest.mark.parametrize("text", ["", "lr lr", "min(loss", "lr < 1", "(lr)"])
def test_operand_that_is_none(text: str) -> None:
    with pytest.raises(FilterError):
        parse_operand(text)


def test_sort_takes_a_direction() -> None:
    assert parse_sort("-min(val/loss)").descending
    assert _who(parse_sort("-min(val/loss)").operand) == ("metrics", "val/loss", "min", 0)
    assert not parse_sort("+lr").descending
    assert not parse_sort("lr").descending
    with pytest.raises(FilterError) as caught:
        parse_sort("-")
    assert caught.value.position == 1


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_matches_everything(text: str) -> None:
    assert parse_filter(text) == And(())


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_quoted_text_comes_back_whole(text: str) -> None:
    assert parse_operand(quote(text)).key == text
    term = parse_filter(f"x = {quote(text)}")
    assert isinstance(term, Compare)
    assert (term.values[0].sort, term.values[0].text) == ("text", text)


WORDS = [
    "lr",
    "<",
    ">=",
    "=",
    "!=",
    "~",
    "/a/",
    "(",
    ")",
    "and",
    "or",
    "not",
    "in",
    ",",
    "1e-3",
    '"',
    "min(",
    "tag:x",
    "@",
    "|",
]


@given(st.lists(st.sampled_from(WORDS)).map(" ".join) | st.text())
def test_any_text_is_read_or_refused_with_a_column_in_it(text: str) -> None:
    mistake = None
    try:
        parse_filter(text)
    except FilterError as error:
        mistake = error
    assert mistake is None or (0 <= mistake.position <= len(text) and mistake.message and mistake.hint)
