"""From the words of a command line to an exit status. The only place where an error becomes text; it knows no noun,
only how to find the command that does.

A bare `mlver-tui` shows its first rows before anything else is loaded, so little may be imported at the top.
"""

from __future__ import annotations

import os
import sys

from ..errors import FilterError, MlverError, StoreError

TYPE_CHECKING = False  # typing itself would take longer to load than all of this
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..tui.prepaint import FirstSight

INTERRUPTED = 130
BROKEN_PIPE = 141
"""What a shell shows for a program that ended by SIGINT or SIGPIPE."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 wrong usage, 3 refused, 4 differs."""
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        status = _run(given)
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
    first = _first_sight(argv)
    try:
        return _understand(argv, first)
    finally:
        if first is not None:
            first.give_back()  # before anything is said about an error


def _first_sight(argv: list[str]) -> FirstSight | None:
    """The first rows of the app, on the terminal; None for a line that means anything else."""
    if not (
        sys.stdin and sys.stdin.isatty() and (not argv or argv[0].startswith(("-", ".", "~")) or os.sep in argv[0])
    ):
        return None
    from ..tui.prepaint import first_sight

    return first_sight(argv)


def _understand(argv: list[str], first: FirstSight | None) -> int:
    if first is not None:  # which home is meant is known; nothing else was said
        from .commands.app import show

        return show(first)
    from . import output, words

    output.prepare_streams()
    line = words.split(argv)
    if line.command is None:
        from .commands.app import run as open_app

        return open_app(words.parse_app(line))
    command = words.load(line.command)
    return command.run(words.parse(line, command))


def _report(error: MlverError) -> int:
    from . import output

    output.prepare_streams()
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
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
    except (OSError, ValueError):  # it is closed already
        return
