"""The border between recorded text and a person's terminal or script: stdout is data, stderr is talk.

Every text that leaves here is cleaned; JSON is pure ASCII, so that no escape in it can act. Knows no noun.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import FilterError
from ..sanitize import clean
from .table import Cell, Style, cells_wide, cut

PREFIX = "mlver-tui: "
_CODES: dict[Style, str] = {"": "", "dim": "2", "bold": "1", "good": "32", "warn": "33", "bad": "31", "accent": "36"}
_BETWEEN_PAINTS_S = 0.1


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the two output streams of this call can show."""

    colour: bool
    width: int | None
    """Columns of stdout; None when it is a file or a pipe, and nothing is cut."""
    progress: bool
    """True when stderr is a terminal and nobody asked for quiet."""
    notes: bool


def terminal_of(arguments: argparse.Namespace) -> Terminal:
    """Look at the streams, NO_COLOR, TERM and the global options."""
    tty = _is_tty(sys.stdout)
    plain = arguments.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return Terminal(
        colour=tty and not plain,
        width=shutil.get_terminal_size().columns if tty else None,
        progress=_is_tty(sys.stderr) and not arguments.quiet,
        notes=not arguments.quiet,
    )


def prepare_streams() -> None:
    """Let no locale turn a name into a crash: what the terminal's encoding lacks is written as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def write_line(terminal: Terminal, cells: Iterable[Cell], width: int | None = None) -> None:
    """One line of styled cells on stdout, cleaned; cut to `width` columns if given."""
    left = sys.maxsize if width is None else width
    parts: list[Cell] = []
    for cell in cells:
        text = cut(clean(cell.text), left)
        left -= cells_wide(text)
        parts.append(Cell(text, cell.style))
    while parts and not parts[-1].text.strip():
        parts.pop()
    print("".join(_paint(part.text, part.style, terminal.colour) for part in parts))


def write_lines(terminal: Terminal, lines: Iterable[Iterable[Cell]], width: int | None = None) -> None:
    """Several lines, see `write_line`."""
    for line in lines:
        write_line(terminal, line, width)


def write_json(value: Any) -> None:
    """One JSON value on one line of stdout; NaN and infinities are strings."""
    print(json_text(value))


def json_text(value: Any) -> str:
    """A value as one line of ASCII JSON."""
    text = json.dumps(_finite(value), ensure_ascii=True, allow_nan=False)
    return text.replace("\x7f", "\\u007f")


def note(terminal: Terminal, text: str) -> None:
    """A remark on stderr; silent with -q."""
    if terminal.notes:
        print(clean(text), file=sys.stderr)


def say_error(message: str, hint: str, quote: tuple[str, ...] = ()) -> None:
    """A mistake on stderr: one line, what it is about, and the way out."""
    with contextlib.suppress(OSError, ValueError):  # stderr may be closed, and then nobody can be told
        print(PREFIX + clean(message), file=sys.stderr)
        for line in quote:
            print(f"  {line}", file=sys.stderr)
        if hint:
            print(f"  hint: {clean(hint)}", file=sys.stderr)


def caret(error: FilterError) -> tuple[str, str]:
    """The filter and, under it, a caret at the mistake; wide characters count as the two columns they take."""
    return clean(error.text), " " * cells_wide(clean(error.text[: error.position])) + "^"


def write_document(target: str | None, chunks: Iterable[str]) -> None:
    """A long text to stdout, or to a file that appears whole or not at all."""
    if target is None:
        for chunk in chunks:
            sys.stdout.write(chunk)
        return
    with _whole_file(Path(target)) as file:
        for chunk in chunks:
            file.write(chunk)


class Progress:
    """One line on stderr that is painted over; nothing unless stderr is a terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._on = terminal.progress
        self._painted = 0.0
        self._shown = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_error: object) -> None:
        self.clear()

    def show(self, text: str) -> None:
        """Replace the line."""
        now = time.monotonic()
        if not self._on or now - self._painted < _BETWEEN_PAINTS_S:
            return
        self._painted, self._shown = now, True
        line = cut(clean(text), shutil.get_terminal_size().columns - 1)
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    def bar(self, done: int, total: int, text: str) -> None:
        """Replace the line by a bar, a count and a text."""
        full = 24 * done // max(total, 1)
        self._painted = 0.0 if done >= total else self._painted
        self.show(f"{'█' * full}{'░' * (24 - full)} {done}/{total}  {text}")

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._shown = False


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _paint(text: str, style: Style, colour: bool) -> str:
    code = _CODES[style]
    return f"\x1b[{code}m{text}\x1b[0m" if colour and code and text else text


def _is_tty(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # no stream at all, or a closed one
        return False


@contextlib.contextmanager
def _whole_file(path: Path) -> Iterator[io.TextIOBase]:
    if path.exists() and not path.is_file():  # /dev/stdout, a named pipe: there is nothing to replace
        with path.open("w", encoding="utf-8") as file:
            yield file
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
