"""Characters to words for the filter language: quotes, operators, patterns, and where each stood.

It knows nothing of keys, types or runs; `language` gives the words their meaning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..errors import FilterError

LONGEST_FILTER = 10_000
LONGEST_PATTERN = 200

_PLAIN = re.compile(r"""[^\s()"',<>=!~]+""")
_QUOTES = "\"'"
_COMPARE = re.compile(r"==|!=|<=|>=|!~|<|>|=|~")
_FOREIGN = {
    "<>": "write != for not equal",
    "=<": "write <= for at most",
    "=>": "write >= for at least",
    "=~": "write ~ for a pattern",
    "!": "write not before a condition, or != between a key and a value",
    "&": "write and between two conditions",
    "|": "write or between two conditions",
}


@dataclass(frozen=True, slots=True)
class Word:
    """One word, with quotes and escapes taken away."""

    text: str
    quoted: bool
    """True if any part of it stood in quotes."""
    bare_start: bool
    """True if its first character stood outside quotes: only then can it be a field, prefix or keyword."""
    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression that compiles and does not repeat a repeat."""

    text: str
    start: int = field(compare=False)


class Scanner:
    """A cursor over one filter; every method skips blanks first."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        if len(text) > LONGEST_FILTER:
            message = f"the filter is longer than {LONGEST_FILTER} characters"
            raise self.error(message, LONGEST_FILTER, "ask for less at once")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise self.error("this is half a character", error.start, "type it again, or leave it out") from None

    def error(self, message: str, position: int | None = None, hint: str = "") -> FilterError:
        """The mistake, at `position` or at the next word."""
        return FilterError(message, self.text, self.skip() if position is None else position, hint)

    def skip(self) -> int:
        """Step over blanks; the column of what comes next."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.at

    def ended(self) -> bool:
        """True if nothing is left."""
        return self.skip() >= len(self.text)

    def next_is(self, characters: str) -> bool:
        """True if one of `characters` comes next; nothing is taken."""
        return not self.ended() and self.text[self.at] in characters

    def take(self, character: str) -> bool:
        """Take this one character if it comes next."""
        found = self.next_is(character)
        self.at += found
        return found

    def touches(self, character: str) -> bool:
        """True if `character` comes next without a blank before it."""
        return self.text.startswith(character, self.at)

    def peek(self) -> str:
        """The next plain word in small letters, "" if something else comes; nothing is taken."""
        found = _PLAIN.match(self.text, self.skip())
        return found.group().lower() if found and not self.text.startswith(tuple(_QUOTES), found.end()) else ""

    def keyword(self, *words: str) -> str:
        """Take one of these words if it comes next, in any letter case; "" if none does."""
        word = self.peek()
        if word not in words:
            return ""
        self.at += len(word)
        return word

    def compare(self) -> str:
        """Take a comparison sign, "" if none comes. Raises FilterError for a sign of another language."""
        start = self.skip()
        for sign, hint in _FOREIGN.items():
            if self.text.startswith(sign, start) and not (sign == "!" and self.text[start + 1 : start + 2] in "=~"):
                raise self.error(f"{sign} is not a sign of the filter language", start, hint)
        found = _COMPARE.match(self.text, start)
        if not found:
            return ""
        self.at = found.end()
        return found.group()

    def word(self) -> Word | None:
        """Take a word: plain and quoted parts that touch. None if something else comes."""
        start, parts, quoted = self.skip(), [], False
        while self.at < len(self.text):
            if self.text[self.at] in _QUOTES:
                parts.append(self._quoted())
                quoted = True
            elif found := _PLAIN.match(self.text, self.at):
                parts.append(found.group())
                self.at = found.end()
            else:
                break
        if not parts:
            return None
        return Word("".join(parts), quoted, self.text[start] not in _QUOTES, start, self.at)

    def pattern(self) -> Pattern | None:
        """Take `/…/` or `/…/i`; `\\/` is a slash. None if the next word is not closed by a slash."""
        start = self.skip()
        found = re.compile(r"/((?:[^/\\]|\\.)+)/(i?)(?=[\s()]|$)", re.DOTALL).match(self.text, start)
        if not found:
            return None
        self.at = found.end()
        return self.checked(found.group(1).replace("\\/", "/"), start + 1, "(?i)" if found.group(2) else "")

    def checked(self, pattern: str, start: int, flags: str = "") -> Pattern:
        """A pattern that is safe to run on every name. Raises FilterError with the column of the mistake."""
        if len(pattern) > LONGEST_PATTERN:
            raise self.error(f"the pattern is longer than {LONGEST_PATTERN} characters", start, "match a part of it")
        try:
            re.compile(flags + pattern)
        except (re.error, RecursionError, OverflowError) as error:
            position = getattr(error, "pos", None) or 0
            reason = getattr(error, "msg", None) or str(error)
            raise self.error(
                f"the pattern cannot be read: {reason}", start + max(0, position - len(flags)), "\\ makes a sign plain"
            ) from None
        if (column := repeated_repeat(pattern)) is not None:
            raise self.error(
                "the pattern repeats a group that repeats or chooses, which can take for ever",
                start + column,
                "repeat single characters or [classes] only",
            )
        return Pattern(flags + pattern, start)

    def _quoted(self) -> str:
        start, quote = self.at, self.text[self.at]
        found = re.compile(rf"{quote}((?:[^{quote}\\]|\\.)*){quote}", re.DOTALL).match(self.text, start)
        if not found:
            raise self.error(f"the quote {quote} is not closed", start, f"put another {quote} where the text ends")
        self.at = found.end()
        return re.sub(rf"\\([\\{quote}])", r"\1", found.group(1))


def quote(text: str) -> str:
    """`text` as one quoted word of the language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_PATTERN_PARTS = re.compile(
    r"\\."  # an escaped sign
    r"|\[\^?\]?(?:[^\]\\]|\\.)*\]"  # a class
    r"|\(\?[a-zA-Z-]+\)|\(\?P=\w+\)"  # flags and back references open no group
    r"|\((?:\?(?:P<\w+>|<[=!]|[a-zA-Z-]*[:=!>]))?"
    r"|\{\d*,\d*\}|\{\d+\}|.",
    re.DOTALL,
)
_REPEAT = re.compile(r"[*+]|\{\d*,?\d*\}")


def repeated_repeat(pattern: str) -> int | None:
    """The column of a repeat over a group that itself repeats or chooses; None if there is none.

    Python's `re` takes exponential time on such patterns (`(a+)+b`) and cannot be stopped from outside. Several
    repeats beside each other (`.*a.*b.*`) stay allowed: they are polynomial, and matched texts are bounded.
    """
    loose, closed = [False], False  # per open group: does it repeat or choose; closed: such a group ended just now
    for part in _PATTERN_PARTS.finditer(pattern):
        sign = part.group()
        repeats = _REPEAT.fullmatch(sign) is not None
        if repeats and closed:
            return part.start()
        closed = False
        if sign[0] == "(" and not sign.endswith(")"):
            loose.append(False)
        elif sign == ")" and len(loose) > 1:
            closed = loose.pop()
            loose[-1] |= closed
        elif sign in ("|", "?") or (repeats and sign[0] != "{") or ("," in sign and sign[0] == "{"):
            loose[-1] = True
    return None
