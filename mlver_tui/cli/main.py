"""From the words of a command line to an exit status. The only place where an error becomes text; it knows no noun,
only how to find the command that does."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

from ..errors import FilterError, MlverError, StoreError
from . import output, words

INTERRUPTED = 130
BROKEN_PIPE = 141
"""What a shell shows for a program that ended by SIGINT or SIGPIPE."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 wrong usage, 3 refused, 4 differs."""
    output.prepare_streams()
    try:
        status = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return status
    except SystemExit as stop:  # argparse ends so after --help and --version
        return stop.code if isinstance(stop.code, int) else 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return BROKEN_PIPE
    except MlverError as error:
        return _report(error)
    except OSError as error:
        return _report(_from_system(error))
    except Exception as error:
        if type(error).__module__ != "sqlite3":  # sqlite3 is not imported here: most errors never need it
            raise
        return _report(StoreError(f"the store cannot be read ({error})", "mlver-tui verify --all says what is damaged"))


def _run(argv: list[str]) -> int:
    line = words.split(argv)
    if line.command is None:
        from .commands.app import run as open_app

        return open_app(words.parse_app(line))
    command = words.load(line.command)
    return command.run(words.parse(line, command))


def _report(error: MlverError) -> int:
    if isinstance(error, FilterError):
        output.say_error(error.message, error.hint, quote=output.caret(error))
    else:
        output.say_error(error.message, error.hint)
    return error.exit_code


def _from_system(error: OSError) -> MlverError:
    where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    return MlverError(f"{where}{error.strerror or error}", "check the path, who owns it, and the free space")


def _close_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush stays silent too."""
    with contextlib.suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
