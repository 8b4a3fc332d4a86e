"""A real store in tmp_path, and runs in it written the way a fold writes them."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlver_tui.home import Home
from mlver_tui.records import Code, Command, Environment, Interpreter, Origin, Package, to_json
from mlver_tui.store.connection import close, open_writer, transaction
from mlver_tui.store.metrics import append_points
from mlver_tui.store.runs import apply_event, ensure_run
from mlver_tui.store.snapshots import apply_snapshot
from mlver_tui.values import encode

ENVIRONMENT = Environment(
    id="e" * 64,
    interpreter=Interpreter("3.11.7", "cpython", "cpython-311", "linux-x86_64"),
    packages=(
        Package("numpy", "2.1.0", Origin("index"), "a" * 64),
        Package("torch", "2.4.0+cu121", Origin("archive", "https://example.org/torch.whl", sha256="b" * 64)),
    ),
)
CODE = Code(root="/src", commit="c" * 40, branch="main", dirty=False, remote="https://example.org/src.git")


@dataclass
class Store:
    """One home with its open database."""

    home: Home
    db: sqlite3.Connection

    def add_run(
        self,
        run_id: str = "01hrun",
        *,
        name: str = "brisk-otter-14",
        params: Mapping[str, Any] | None = None,
        metrics: Mapping[str, Sequence[float]] | None = None,
        summary: Mapping[str, Any] | None = None,
        environment: Environment | None = ENVIRONMENT,
        code: Code | None = CODE,
        status: str | None = "finished",
    ) -> str:
        """Write a run as a fold would; status None leaves it running. Returns its id."""
        with transaction(self.db, self.home):
            self.event(run_id, e="start", at=1_700_000_000_000, name=name, project="digits")
            chosen = {"lr": 0.01, "layers": 3} if params is None else params
            self.event(run_id, e="params", values=typed(chosen))
            self.event(run_id, e="summary", values=typed({} if summary is None else summary))
            pk = ensure_run(self.db, run_id)
            snapshot: dict[str, Any] = {"command": to_json(Command(("python", "train.py"), "/src"))}
            if code:
                snapshot["code"] = to_json(code)
            if environment:
                snapshot["environment"] = to_json(environment)
            apply_snapshot(self.db, pk, snapshot)
            for key, values in ({"loss": [0.9, 0.5, 0.25]} if metrics is None else metrics).items():
                self.log(run_id, key, values)
            if status:
                self.event(run_id, e="finish", at=1_700_000_060_000, status=status, exit_code=0)
        return run_id

    def event(self, run_id: str, **event: Any) -> None:
        """Apply one journal event; the caller has a transaction open."""
        apply_event(self.db, run_id, event)

    def log(self, run_id: str, key: str, values: Sequence[float], first_step: int = 0) -> None:
        """Append points of a metric, one a second; the caller has a transaction open."""
        steps = array("q", range(first_step, first_step + len(values)))
        times = array("d", [1_700_000_000.0 + step for step in steps])
        append_points(self.db, ensure_run(self.db, run_id), key, steps, array("d", values), times, "metric")

    def force(self, *statements: str) -> None:
        """Edit the tables behind everybody's back, with the triggers gone and put back if they were there."""
        triggers = self.db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            self.db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            self.db.execute(statement)
        for _, sql in triggers:
            self.db.execute(sql)


def typed(values: Mapping[str, Any]) -> dict[str, tuple[str, float | None, str]]:
    """Values as a journal carries them: {key: (kind, number, text)}."""
    encoded = {key: encode(value) for key, value in values.items()}
    return {key: (value.kind, value.number, value.text) for key, value in encoded.items()}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    home = Home(tmp_path / "home")
    db = open_writer(home)
    yield Store(home, db)
    close(db, home)
