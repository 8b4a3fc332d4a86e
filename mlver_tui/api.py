"""The read side for scripts and notebooks: `mlver.open()`. Folds, then hands out views; lower floors load lazily."""

from __future__ import annotations

import os
import sqlite3
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .errors import HomeError, UsageError
from .home import Home, find_home

if TYPE_CHECKING:
    from .query.series import Points
    from .query.views import Overview, RunView, VersionView


class Store:
    """An open store. Use as a context manager, or call `close`."""

    def __init__(self, home: Home) -> None:
        from .store.connection import open_reader, open_writer

        self.home = home.check()
        try:
            self._connection: sqlite3.Connection = open_writer(home)
            self._may_fold = True
        except HomeError:
            self._connection = open_reader(home)
            self._may_fold = False
        self.refresh()

    def refresh(self) -> bool:
        """Take in what runs have logged since; True if anything changed."""
        from .store.fold import fold

        return self._may_fold and fold(self._connection, self.home)

    def runs(self, filter: str = "", sort: str = "-started", limit: int | None = None) -> list[RunView]:  # noqa: A002
        """Runs that fit a filter, newest first unless sorted otherwise. Raises FilterError."""
        from .query.runs import list_runs, read_run

        rows = list_runs(self._connection, filter, sort, limit=limit)
        return [read_run(self._connection, row.pk) for row in rows]

    def run(self, ref: str) -> RunView:
        """One run by name, id, id part or `@-1`. Raises NotFoundError or AmbiguousError."""
        from .query.runs import find_run

        return find_run(self._connection, ref)

    def series(self, run: RunView | str, key: str) -> Points:
        """Every point of a metric as `.step`, `.value`, `.time` arrays; empty if the run does not have it."""
        from .query.series import read_series

        found = self.run(run) if isinstance(run, str) else run
        return read_series(self._connection, found.pk, key)

    def overview(
        self, run: RunView | str, key: str, columns: int, x: tuple[float, float] | None = None
    ) -> Overview | None:
        """A metric over `columns` equal ranges of the steps `x`, with exact extremes; None if the run lacks it."""
        from .query.series import overview

        found = self.run(run) if isinstance(run, str) else run
        return overview(self._connection, found.pk, key, columns, x)

    def versions(self, model: str) -> list[VersionView]:
        """Versions of a model, newest first. Raises NotFoundError."""
        from .query.registry import list_versions

        return list_versions(self._connection, model)

    def to_pandas(self, filter: str = "") -> Any:  # noqa: A002
        """One row per run with `params.*` and last metric values as columns. Raises UsageError without pandas."""
        try:
            import pandas  # type: ignore[import-not-found, import-untyped, unused-ignore]
        except ImportError:
            raise UsageError("pandas is not installed", "pip install pandas") from None
        return pandas.DataFrame([_flat(run) for run in self.runs(filter)])

    def close(self) -> None:
        """Close the database."""
        from .store.connection import close

        close(self._connection, self.home)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open(home: str | os.PathLike[str] | None = None) -> Store:  # noqa: A001 the product's word for it
    """Open the store at `home`, or where `init` would log to. Raises HomeError or StoreError."""
    return Store(find_home(home))


def _flat(run: RunView) -> dict[str, Any]:
    from .values import decode

    facts = {"id": run.id, "name": run.name, "project": run.project, "group": run.group, "status": run.status}
    params = {f"params.{key}": decode(value) for key, value in run.params.items()}
    return {
        **facts,
        "start_ms": run.start_ms,
        "end_ms": run.end_ms,
        **params,
        **{k: m.last for k, m in run.metrics.items()},
    }
