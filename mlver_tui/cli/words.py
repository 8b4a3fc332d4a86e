"""The words of a command line: which one is the command, what it may be followed by, and what was meant instead.

A command's module is loaded only when it is the one asked for, so that each starts fast.
"""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

from ..errors import UsageError

PROGRAM = "mlver-tui"

COMMANDS: dict[str, str] = {
    "demo": "train small models for real in a throw-away home, then open the app on it",
    "run": "record any command as a run: mlver-tui run [--name N] -- CMD …",
    "runs": "list runs, newest first, or those that fit a filter",
    "show": "show everything about one run or one version",
    "diff": "compare two or more runs: params, metrics, code, environment",
    "tag": "list, add or remove the tags of runs",
    "note": "write a note on a run",
    "release": "tag a run as an immutable version of a model",
    "restore": "rebuild the environment of a run in a new folder and prove it",
    "verify": "check a run, a version or the whole store against what was recorded",
    "export": "write runs as one JSON document",
    "backup": "write a consistent copy of the database into one file",
    "doctor": "look at the home, the database and this machine, and say what is wrong and what to do",
}
"""Command to one line of help, in the order of a working day."""

EXITS = "exit status: 0 done · 1 failed · 2 wrong usage · 3 refused by a rule · 4 differs from the record"
REFERENCES = "a run is brisk-otter-14, a part of its id, or @-1 (newest); a version is digits:1.2.0, digits:v3 …"

_WITH_VALUE = ("--home",)
_FREE_TEXT = ("--sort", "-m", "--message", "--name", "--project")
"""Options whose value may begin with a dash, such as `--sort -started`."""


class Command(Protocol):
    """What a module in `commands/` offers."""

    def register(self, parser: argparse.ArgumentParser) -> None:
        """Add the options and positional words of the command."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; the exit status."""


@dataclass(frozen=True, slots=True)
class Line:
    """A command line taken apart: global options first, then the command, then its words."""

    command: str | None
    options: tuple[str, ...]
    rest: tuple[str, ...]

    @property
    def all(self) -> list[str]:
        """Every word but the command: global options may stand on either side of it."""
        return [*self.options, *self.rest]


class Parser(argparse.ArgumentParser):
    """argparse, but a mistake is a UsageError: one line and a hint instead of a page of usage."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"{self.prog} --help shows how")


def split(argv: Sequence[str]) -> Line:
    """Find the command. Raises UsageError if the first word is neither a command nor something like a path."""
    position = _first_word(argv)
    if position == len(argv):
        return Line(None, tuple(argv), ())
    word, options, rest = argv[position], tuple(argv[:position]), tuple(argv[position + 1 :])
    if word in COMMANDS:
        return Line(word, options, rest)
    if word != "--" and not _is_path(word):
        raise UsageError(f"there is no command {word!r}", _closest(word))
    return Line(None, options, tuple(argv[position:]))


def load(name: str) -> Command:
    """The module of a command."""
    command: Command = importlib.import_module(f".commands.{name}", __package__)
    return command


def parse(line: Line, command: Command) -> argparse.Namespace:
    """The command's arguments. Raises UsageError."""
    name = line.command or ""
    parser = _parser(f"{PROGRAM} {name}", f"{COMMANDS[name]}.", f"{REFERENCES}\n{EXITS}")
    command.register(parser)
    # `run` is followed by the words of another program, which are not ours to read
    ours, foreign = _split_foreign(line.all) if name == "run" else (line.all, [])
    arguments = parser.parse_intermixed_args(_bind(ours))
    arguments.foreign = foreign
    return arguments


def parse_app(line: Line) -> argparse.Namespace:
    """The arguments of the app itself: `mlver-tui [HOME | PATH]`. Raises UsageError."""
    from .. import __version__

    parser = _parser(PROGRAM, "Experiment management in your terminal.", f"{_listing()}\n\n{REFERENCES}\n{EXITS}")
    parser.usage = f"{PROGRAM} [HOME | PATH]\n       {PROGRAM} COMMAND …"
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument("path", nargs="?", metavar="HOME | PATH", help="open the app on this store")
    return parser.parse_intermixed_args(_bind(line.all))


def _parser(program: str, description: str, epilog: str) -> Parser:
    parser = Parser(
        program,
        description=description,
        epilog=epilog,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    shared = parser.add_argument_group("everywhere")
    shared.add_argument("--home", metavar="DIR", help="folder with the store (else $MLVER_HOME, else .mlver upward)")
    shared.add_argument("--no-color", action="store_true", help="no colours, as with NO_COLOR set")
    shared.add_argument("-q", "--quiet", action="store_true", help="no progress and no notes on stderr")
    return parser


def _first_word(argv: Sequence[str]) -> int:
    position = 0
    while position < len(argv) and argv[position].startswith("-") and argv[position] != "--":
        position += 2 if argv[position] in _WITH_VALUE else 1
    return min(position, len(argv))


def _is_path(word: str) -> bool:
    return os.sep in word or word.startswith((".", "~")) or os.path.exists(word)


def _closest(word: str) -> str:
    import difflib

    close = difflib.get_close_matches(word, COMMANDS, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else f"commands: {', '.join(COMMANDS)}"


def _listing() -> str:
    lines = [f"  {name:<9} {text}" for name, text in COMMANDS.items()]
    return "\n".join(["commands:", *lines, "", f"{PROGRAM} COMMAND --help shows the options of one"])


def _split_foreign(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our options, and from `--` or the first plain word on the words of the recorded command."""
    position = 0
    while position < len(argv) and argv[position].startswith("-"):
        if argv[position] == "--":
            return list(argv[:position]), list(argv[position + 1 :])
        position += 2 if argv[position] in (*_WITH_VALUE, *_FREE_TEXT) else 1
    return list(argv[:position]), list(argv[position:])


def _bind(argv: Sequence[str]) -> list[str]:
    """Write `--sort -started` as `--sort=-started`, which argparse would take for two options."""
    bound: list[str] = []
    rest = iter(argv)
    for word in rest:
        value = next(rest, None) if word in _FREE_TEXT else None
        if word == "--":
            return [*bound, word, *rest]
        if value is None:
            bound.append(word)
        else:
            bound.append(f"{'--message' if word == '-m' else word}={value}")
    return bound
