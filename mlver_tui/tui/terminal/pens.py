"""How a cell is drawn (attributes, ink, ground), as small numbers, and the fewest bytes from one way to another.

Only SGR is known here: no cells, no screen, no Textual. It is loaded before the first rows are painted.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN = 0
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29", "21": "24"}
_OFF |= {"51": "54", "52": "54", "53": "55"}
_CLEARS: dict[str, tuple[str, ...]] = {}
for _on, _off in _OFF.items():
    _CLEARS[_off] = (*_CLEARS.get(_off, ()), _on)
_QUIET = frozenset(("1", "2", "3"))
"""Attributes that do not show on a blank."""
Looks = tuple[tuple[str, ...], str, str]
"""Attributes in order, ink, ground; ink and ground are SGR parameters, "" for the terminal's own."""


class Pens:
    """Every way of drawing that was asked for, by number; 0 is the terminal's own."""

    def __init__(self, *, colour: bool = True) -> None:
        self._colour = colour
        self._looks: list[Looks] = [((), "", "")]
        self._numbers: dict[Looks, int] = {((), "", ""): PLAIN}
        self._blanks: dict[int, int] = {}
        self._applied: dict[tuple[int, str], int] = {}
        self._changes: dict[tuple[int, int], str] = {}

    def of(self, parameters: str) -> int:
        """The pen that an SGR sequence with these parameters makes out of the terminal's own."""
        return self.applied(PLAIN, parameters)

    def applied(self, pen: int, parameters: str) -> int:
        """The pen after an SGR sequence; parameters that are not known change nothing."""
        key = (pen, parameters)
        found = self._applied.get(key)
        if found is None:
            found = self._applied[key] = self._number(_apply(self._looks[pen], parameters, self._colour))
        return found

    def blank(self, pen: int) -> int:
        """The pen that matters for a blank: one for all that look the same without a letter."""
        found = self._blanks.get(pen)
        if found is None:
            attributes, ink, ground = self._looks[pen]
            loud = tuple(each for each in attributes if each not in _QUIET)
            found = self._blanks[pen] = self._number((loud, ink if loud else "", ground))
        return found

    def loud(self, pen: int) -> bool:
        """True if the pen shows on a blank by more than its ground."""
        return bool(self._looks[self.blank(pen)][0])

    def grounded(self, pen: int, blank: int) -> int:
        """A pen that draws the blank `blank`, as like to `pen` as can be."""
        if self.blank(pen) == blank:
            return pen
        if self.loud(pen) or self.loud(blank):
            return blank
        attributes, ink, _ = self._looks[pen]
        return self._number((attributes, ink, self._looks[blank][2]))

    def change(self, before: int, after: int) -> str:
        """The shortest escape that turns one pen into another; "" for the same."""
        if before == after:
            return ""
        key = (before, after)
        found = self._changes.get(key)
        if found is None:
            found = self._changes[key] = _shortest(self._looks[before], self._looks[after])
        return found

    def _number(self, looks: Looks) -> int:
        number = self._numbers.get(looks)
        if number is None:
            number = self._numbers[looks] = len(self._looks)
            self._looks.append(looks)
        return number


def _apply(looks: Looks, parameters: str, colour: bool) -> Looks:
    attributes, ink, ground = set(looks[0]), looks[1], looks[2]
    rest = iter(parameters.split(";"))
    for code in rest:
        if code in ("", "0"):
            attributes, ink, ground = set(), "", ""
        elif code in _OFF:
            attributes.add(code)
        elif code in _CLEARS:
            attributes.difference_update(_CLEARS[code])
        elif code in ("38", "48"):
            told = _colour(code, rest)
            ink, ground = (told, ground) if code == "38" else (ink, told)
        elif _is_ink(code):
            ink = "" if code == "39" else code
        elif _is_ground(code):
            ground = "" if code == "49" else code
    return tuple(sorted(attributes)), ink if colour else "", ground if colour else ""


def _colour(code: str, rest: Iterator[str]) -> str:
    """`38;5;n` or `38;2;r;g;b`; "" if it is cut off."""
    kind = next(rest, "")
    told = [next(rest, "") for _ in range({"5": 1, "2": 3}.get(kind, 0))]
    return ";".join((code, kind, *told)) if told and all(told) else ""


def _is_ink(code: str) -> bool:
    return len(code) == 2 and code[0] in "39" and code[1] in "012345679"


def _is_ground(code: str) -> bool:
    return (len(code) == 2 and code[0] == "4" and code[1] in "012345679") or (len(code) == 3 and code[:2] == "10")


def _shortest(before: Looks, after: Looks) -> str:
    whole = f"\x1b[{';'.join(_whole(after))}m"
    step = f"\x1b[{';'.join(_step(before, after))}m"
    return min((whole, step), key=len)


def _whole(looks: Looks) -> list[str]:
    """From anywhere: reset, then all of it."""
    attributes, ink, ground = looks
    parts = [*attributes, *filter(None, (ink, ground))]
    return ["0", *parts] if parts else [""]


def _step(before: Looks, after: Looks) -> list[str]:
    """Only what differs."""
    gone = [each for each in before[0] if each not in after[0]]
    off = dict.fromkeys(_OFF[each] for each in gone)
    kept = [each for each in before[0] if each in after[0] and _OFF[each] not in off]
    parts = [*off, *(each for each in after[0] if each not in kept)]
    if before[1] != after[1]:
        parts.append(after[1] or "39")
    if before[2] != after[2]:
        parts.append(after[2] or "49")
    return parts
