"""Every mistake a person can meet, as a class with a way out.

A message says what is wrong in plain words; `hint` says what to do next; `exit_code` is what a command
ends with (DESIGN: 1 failed, 2 wrong usage, 3 refused by a rule, 4 differs from the record).
"""

from __future__ import annotations


class MlverError(Exception):
    """Base of all errors that are meant for a person: one line, one hint, never a traceback."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(MlverError):
    """The words of a command or call do not fit together."""

    exit_code = 2


class FilterError(UsageError):
    """A filter that cannot be read; `position` is the 0-based column of the first wrong character."""

    def __init__(self, message: str, text: str, position: int, hint: str = "") -> None:
        super().__init__(message, hint)
        self.text = text
        self.position = position

    def caret(self) -> str:
        """The filter and, under it, a caret at the mistake."""
        return f"{self.text}\n{' ' * self.position}^"


class NotFoundError(MlverError):
    """No run, model or version answers to a reference."""


class AmbiguousError(MlverError):
    """A reference fits more than one thing."""


class RefusedError(MlverError):
    """A rule says no; the message says which rule."""

    exit_code = 3


class DiffersError(MlverError):
    """What is there now is not what was recorded."""

    exit_code = 4


class HomeError(MlverError):
    """The home cannot be used: it is a file, not readable, or not there."""


class StoreError(MlverError):
    """The database cannot be used: locked, full, damaged, foreign."""


class NewerStoreError(StoreError):
    """The database was written by a newer release; it is left untouched."""


class RestoreError(MlverError):
    """A restore step failed; what was half made has been removed or named."""
