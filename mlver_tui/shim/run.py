"""`Run`: what a training script holds. `log` is the hot path: one dict look-up, one pack, one write."""

from __future__ import annotations

import os
import sys
import time as _time
import traceback
import weakref
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from ..home import Home
from ..records import Value
from ..store.journal import POINTS
from ..values import as_mapping, flatten
from .background import start_folding
from .points import check_step, check_time, collect, is_plain
from .system import Ticker
from .writer import JournalWriter

STATUSES = ("finished", "failed")
SNAPSHOT_WAIT_S = 5.0
LAST_STEP = (1 << 63) - 1
_SAID_ALOUD = 20
_KEPT_FAILURE = 20_000
_now = _time.time


class Run:
    """One execution. Made by `mlver.init`; with `mode="off"` it takes every call and keeps nothing."""

    def __init__(
        self, run_id: str, name: str, project: str, home: Home, writer: JournalWriter | None, ticker: Ticker | None
    ) -> None:
        self.id = run_id
        self.project = project
        self.home = home
        self._name = name
        self._notes = ""
        self._writer = writer
        self._ticker = ticker
        self._fast = {} if writer is None else writer.fast
        self._next = 0
        self._rejected: set[str] = set()
        self._warnings = 0
        self._owner = os.getpid()
        self.status: str = "running"
        self.config = Config(self)
        self.summary = Summary(self)
        self._tags = Tags(self)

    def log(self, metrics: Mapping[str, Any], step: int | None = None, *, time: float | None = None) -> None:
        """Record one point per name. `step` defaults to one more than the last; `time` is unix seconds, default now.

        When this returns, the points survive a killed process. Values are float64; NaN and infinities are kept; a value
        that is no number is named once on stderr and costs only itself. Raises TypeError or ValueError for a `metrics`
        that is no mapping, a `step` that is no whole number, or a `time` that is not finite.
        """
        if self._writer is None:
            return
        try:
            number, pack = self._fast[tuple(metrics)]
            at = self._next if step is None else step
            payload = pack(POINTS, number, at, _now() if time is None else check_time(time), *metrics.values())
        except Exception:  # new names, nested names, odd values, wrong arguments: the slow half sorts them out
            self._log_slowly(metrics, step, time)
            return
        self._next = int(at) + 1
        self._writer.append(payload)

    def finish(self, status: Literal["finished", "failed"] = "finished", *, failure: str | None = None) -> None:
        """End the run: everything is synced to the disk when this returns. Happens by itself at exit."""
        if status not in STATUSES:
            raise ValueError(f'status must be "finished" or "failed", not {status!r}')
        self._end(status, failure)

    @property
    def name(self) -> str:
        """A name like `brisk-otter-14`, or the one given."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = str(name)
        self._event("name", name=self._name)

    @property
    def tags(self) -> Tags:
        """Free labels: `run.tags.add("baseline")`, or assign a list."""
        return self._tags

    @tags.setter
    def tags(self, names: Iterable[str]) -> None:
        wanted = list(names)
        self._tags.remove(*[name for name in self._tags if name not in wanted])
        self._tags.add(*wanted)

    @property
    def notes(self) -> str:
        """Free text about the run."""
        return self._notes

    @notes.setter
    def notes(self, notes: str) -> None:
        self._notes = str(notes)
        self._event("notes", notes=self._notes)

    @property
    def dir(self) -> Path:
        """A folder for files of this run, made when first asked for."""
        folder = self.home.runs / self.id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
            self.finish()
        else:
            self._end(*_judge(error))

    def __repr__(self) -> str:
        return f"<Run {self._name} {self.id} {self.status}>"

    def _log_slowly(self, metrics: Any, step: Any, time: Any) -> None:
        values = collect(metrics, self._reject)
        at = min(self._next, LAST_STEP) if step is None else check_step(step)
        when = _now() if time is None else check_time(time)
        self._next = at + 1
        if values and self._writer is not None:
            number, pack = shape = self._writer.define(tuple(values))
            if is_plain(metrics):
                self._writer.fast[tuple(metrics)] = shape
            self._writer.append(pack(POINTS, number, at, when, *values.values()))

    def _reject(self, name: str, why: str) -> None:
        if name not in self._rejected and len(self._rejected) < 1000:
            self._rejected.add(name)
            self._warn(f"{name} was not logged: {why}")

    def _warn(self, text: str) -> None:
        """Keep a warning with the run; the first ones are said aloud too, as nobody may be reading stderr."""
        self._event("warning", text=text)
        self._warnings += 1
        if self._writer is not None and self._warnings <= _SAID_ALOUD:
            self._writer.say(text if self._warnings < _SAID_ALOUD else f"{text}; more warnings are kept with the run")

    def _event(self, kind: str, **fields: Any) -> None:
        if self._writer is not None:
            self._writer.event(kind, **fields)

    def _put(self, kind: str, values: Mapping[str, Any]) -> None:
        found, left_out = flatten(values)
        if found:
            self._event(kind, values={key: _without_secret(key, value) for key, value in found.items()})
        for text in left_out:
            self._warn(text)

    def _end(self, status: str, failure: str | None = None) -> None:
        if self._writer is None or self.status != "running":
            self.status = status if self.status == "running" else self.status
            if self._writer is not None:
                self._writer.close()  # what was logged after finish()
            return
        self.status = status
        if os.getpid() == self._owner:  # a forked child ends its own journal only
            if self._ticker is not None:
                self._ticker.stop(SNAPSHOT_WAIT_S)
            self._event("finish", status=status, failure=failure)
        self._writer.close()
        if os.getpid() == self._owner:
            start_folding(self.home)


class Config(dict[str, Any]):
    """`run.config`: params. Setting a key records it; nested mappings become dotted names in the store."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = weakref.proxy(run)

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self._run._put("params", {key: value})

    def update(self, *others: Any, **fields: Any) -> None:
        """Record many params at once; takes what `init(config=…)` takes."""
        for other in (*others, fields):
            mapping = as_mapping(other)
            values = dict(mapping if mapping is not None else other)
            super().update(values)
            if values:
                self._run._put("params", values)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of `key`, recorded as `default` if it was not set."""
        if key not in self:
            self[key] = default
        return self[key]


class Summary(dict[str, Any]):
    """`run.summary`: final values set by hand, shown beside last, min and max of each metric."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = weakref.proxy(run)

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self._run._put("summary", {key: value})

    def update(self, *others: Any, **fields: Any) -> None:
        """Record many final values at once."""
        values = dict(*others, **fields)
        super().update(values)
        if values:
            self._run._put("summary", values)


class Tags:
    """`run.tags`: free labels. `add`, `remove`, `+=`, iteration and `in`."""

    def __init__(self, run: Run) -> None:
        self._run = weakref.proxy(run)
        self._names: dict[str, None] = {}

    def add(self, *names: str) -> None:
        """Label the run."""
        new = [name for name in _texts(names) if name not in self._names]
        self._names.update(dict.fromkeys(new))
        if new:
            self._run._event("tags", add=new)

    append = add

    def remove(self, *names: str) -> None:
        """Take labels off; one that is not there is no error."""
        gone = [name for name in _texts(names) if self._names.pop(name, name) is None]
        if gone:
            self._run._event("tags", remove=gone)

    def __iadd__(self, names: Iterable[str]) -> Tags:
        self.add(*names)
        return self

    def __add__(self, names: Iterable[str]) -> tuple[str, ...]:
        return (*self._names, *names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return repr(tuple(self._names))


def describe_exit() -> tuple[str, str | None]:
    """(status, failure) of a process that is ending: failed or killed if an exception is on its way out.

    A `sys.exit(3)` that nobody catches is over before anything can see it, and counts as finished: only the block
    `with mlver.init():` and `mlver-tui run` know such an exit status. `finish("failed")` says it in so many words.
    """
    error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    if error is None or hasattr(sys, "ps1"):  # an interactive session keeps old errors there
        return "finished", None
    return _judge(error)


def _judge(error: BaseException) -> tuple[str, str]:
    """(status, failure) of a run that `error` ends: a person's ctrl+c kills it, anything else fails it."""
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))[-_KEPT_FAILURE:]
    return "killed" if isinstance(error, KeyboardInterrupt) else "failed", text


def _without_secret(key: str, value: Value) -> tuple[str, float | None, str]:
    """A value as the journal keeps it; what looks like a secret by its name or shape shows as hidden."""
    if value.kind not in ("str", "list", "other"):
        return value.kind, value.number, value.text
    from ..capture.variables import scrub_value

    return value.kind, None, scrub_value(key, value.text)


def _texts(names: Iterable[Any]) -> list[str]:
    for name in names:
        if not isinstance(name, str) or not name:
            raise TypeError(f"a tag must be text, not {name!r}")
    return list(names)
