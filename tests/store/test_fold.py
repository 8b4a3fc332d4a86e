"""Folding: exactly once, in order, whatever was cut, damaged or written twice."""

from __future__ import annotations

import math
import random
import sqlite3
import struct
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mlver_tui import clock
from mlver_tui.home import Home
from mlver_tui.process import current
from mlver_tui.query.series import list_metrics, read_series
from mlver_tui.records import to_json
from mlver_tui.store import journal
from mlver_tui.store.connection import close, open_writer
from mlver_tui.store.fold import fold
from mlver_tui.store.metrics import check_series

Point = tuple[str, int, float]


def write_run(home: Home, points: list[Point], run_id: str | None = None, *, finish: bool = True) -> Path:
    """A journal as a training process leaves it: one POINTS frame per point."""
    run_id = run_id or clock.new_id()
    shapes: dict[str, int] = {}
    frames = [
        event("open", process=to_json(current())),
        event("start", name="a", project="p", process=to_json(current())),
    ]
    for key, step, value in points:
        if key not in shapes:
            shapes[key] = len(shapes)
            frames.append(journal.shape_payload(shapes[key], (key,), "metric"))
        frames.append(journal.points_struct(1).pack(journal.POINTS, shapes[key], step, 1.7e9 + step % 1000, value))
    if finish:
        frames += [event("finish", status="finished"), event("close")]
    path = home.journals / f"{run_id}.1-{random.randbytes(4).hex()}{journal.SUFFIX}"
    path.write_bytes(journal.MAGIC + b"".join(map(journal.frame, frames)))
    return path


def event(kind: str, **fields: object) -> bytes:
    return journal.event_payload({"e": kind, "at": 1_700_000_000_000, **fields})


def stored(connection: sqlite3.Connection) -> dict[str, list[tuple[int, bytes]]]:
    found = {}
    for pk, key in connection.execute("SELECT run, key FROM series"):
        steps, values, _ = read_series(connection, pk, key)
        found[key] = [(step, struct.pack(">d", value)) for step, value in zip(steps, values, strict=True)]
    return found


def expected(points: list[Point]) -> dict[str, list[tuple[int, bytes]]]:
    found: dict[str, list[tuple[int, bytes]]] = {}
    for key, step, value in points:
        found.setdefault(key, []).append((step, struct.pack(">d", value)))
    return found


points_lists = st.lists(
    st.tuples(st.sampled_from(["loss", "acc", "val/loss"]), st.integers(-(1 << 63), (1 << 63) - 1), st.floats()),
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(points_lists, st.data())
def test_every_point_once_in_order_however_the_journal_arrives(points: list[Point], data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder)).create()
        connection = open_writer(home)
        path = write_run(home, points)
        whole = path.read_bytes()
        cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
        for cut in [*cuts, len(whole)]:
            path.write_bytes(whole[:cut]) if cut < len(whole) else path.write_bytes(whole)
            fold(connection, home)
            fold(connection, home)
        assert stored(connection) == expected(points)
        for (series,) in connection.execute("SELECT id FROM series").fetchall():
            assert check_series(connection, series) == []
        close(connection, home)


def test_a_long_series_is_split_into_chunks_and_reads_back(home: Home, connection: sqlite3.Connection) -> None:
    points = [("loss", step, math.sin(step)) for step in range(5000)]
    write_run(home, points)
    assert fold(connection, home)
    assert stored(connection) == expected(points)
    assert connection.execute("SELECT count(*), max(n) FROM chunk").fetchone() == (5, 1024)
    (summary,) = list_metrics(connection, 1)
    values = [value for _, _, value in points]
    assert (summary.count, summary.min, summary.max) == (5000, min(values), max(values))
    assert summary.min_step == values.index(min(values))


def test_a_key_logged_with_changing_companions_keeps_its_order(home: Home, connection: sqlite3.Connection) -> None:
    points = [
        ("loss", 1, 1.0),
        ("acc", 1, 0.5),
        ("loss", 2, 2.0),
        ("val/loss", 2, 9.0),
        ("loss", 2, 3.0),
        ("loss", 0, 4.0),
    ]
    write_run(home, points)
    fold(connection, home)
    assert stored(connection) == expected(points)


def test_a_damaged_frame_is_counted_and_named(home: Home, connection: sqlite3.Connection) -> None:
    points = [("loss", step, float(step)) for step in range(100)]
    path = write_run(home, points)
    data = bytearray(path.read_bytes())
    data[-400] ^= 0xFF
    path.write_bytes(bytes(data))
    fold(connection, home)
    assert len(stored(connection)["loss"]) == 99
    assert connection.execute("SELECT damaged_bytes FROM journal").fetchone()[0] > 0
    assert "could not be read" in connection.execute("SELECT warnings FROM snapshot").fetchone()[0]
    assert path.exists(), "a damaged journal is kept"


def test_a_finished_journal_is_removed_once_it_is_in_the_database(home: Home, connection: sqlite3.Connection) -> None:
    path = write_run(home, [("loss", 0, 1.0)])
    fold(connection, home)
    assert not path.exists()
    assert not fold(connection, home)


def test_a_run_whose_process_is_gone_was_killed(home: Home, connection: sqlite3.Connection) -> None:
    run_id = clock.new_id()
    gone = {**to_json(current()), "pid": 2**22 + 1}
    payloads = [event("open", process=gone), event("start", name="a", project="p", process=gone)]
    (home.journals / f"{run_id}.1-aa{journal.SUFFIX}").write_bytes(
        journal.MAGIC + b"".join(map(journal.frame, payloads)) + b"\x5a\xa5torn"
    )
    assert fold(connection, home)
    assert connection.execute("SELECT status FROM run").fetchone() == ("killed",)


def test_a_run_of_another_box_is_not_judged_by_its_pid(home: Home, connection: sqlite3.Connection) -> None:
    elsewhere = {**to_json(current()), "host": "another-box", "pid": 1}
    payload = journal.event_payload(
        {"e": "start", "at": clock.now_ms(), "name": "a", "project": "p", "process": elsewhere}
    )
    (home.journals / f"{clock.new_id()}.1-aa{journal.SUFFIX}").write_bytes(journal.MAGIC + journal.frame(payload))
    fold(connection, home)
    assert connection.execute("SELECT status FROM run").fetchone() == ("running",)


def test_points_without_a_start_are_kept_under_a_recovered_run(home: Home, connection: sqlite3.Connection) -> None:
    frames = [
        journal.shape_payload(0, ("loss",), "metric"),
        journal.points_struct(1).pack(journal.POINTS, 0, 3, 1.7e9, 2.5),
    ]
    (home.journals / f"{clock.new_id()}.1-aa{journal.SUFFIX}").write_bytes(
        journal.MAGIC + b"".join(map(journal.frame, frames))
    )
    fold(connection, home)
    assert connection.execute("SELECT project, status FROM run").fetchone() == ("recovered", "unknown")
    assert len(stored(connection)["loss"]) == 1


def test_two_readers_fold_at_once_without_doubling(home: Home, connection: sqlite3.Connection) -> None:
    other = open_writer(home)
    points = [("loss", step, float(step)) for step in range(500)]
    write_run(home, points, finish=False)
    fold(connection, home)
    fold(other, home)
    assert stored(other) == expected(points)
    close(other, home)


def test_infinities_of_both_signs_have_no_mean(home: Home, connection: sqlite3.Connection) -> None:
    write_run(home, [("loss", 0, math.inf), ("loss", 1, -math.inf), ("loss", 2, 1.0), ("loss", 3, math.nan)])
    fold(connection, home)
    (summary,) = list_metrics(connection, 1)
    assert (summary.min, summary.max, summary.mean, summary.nans) == (-math.inf, math.inf, None, 1)
    assert math.isnan(summary.last)


def test_points_that_come_one_by_one_are_joined_into_whole_chunks(home: Home, connection: sqlite3.Connection) -> None:
    points = [("loss", step, math.sin(step)) for step in range(2100)]
    whole = write_run(home, points).read_bytes()
    (path,) = home.journals.iterdir()
    most, size = 0, 400
    while size < len(whole):
        path.write_bytes(whole[:size])
        fold(connection, home)
        most = max(most, connection.execute("SELECT count(*) FROM chunk").fetchone()[0])
        size += 300
    path.write_bytes(whole)
    fold(connection, home)
    assert most < 60
    assert connection.execute("SELECT seq, n FROM chunk WHERE n = 1024").fetchall() == [(0, 1024), (1024, 1024)]
    assert stored(connection) == expected(points)
    assert check_series(connection, 1) == []


def test_a_run_goes_on_in_its_next_journal_in_order(home: Home, connection: sqlite3.Connection) -> None:
    run_id = clock.new_id()
    first = [("loss", step, float(step)) for step in range(30_000)]  # more than one bite
    write_run(home, first, run_id).rename(home.journals / f"{run_id}.1-aa{journal.SUFFIX}")
    write_run(home, [("loss", 5, 5.0)], run_id, finish=False).rename(home.journals / f"{run_id}.2-bb{journal.SUFFIX}")
    while fold(connection, home):
        continue
    assert stored(connection) == expected([*first, ("loss", 5, 5.0)])
    assert connection.execute("SELECT status FROM run").fetchone() == ("running",), (
        "the later journal has the last word"
    )


def test_a_fold_within_a_budget_goes_on_where_it_stopped(home: Home, connection: sqlite3.Connection) -> None:
    points = [("loss", step, float(step)) for step in range(60_000)]
    write_run(home, points)
    rounds = 0
    while fold(connection, home, budget_s=0.001):
        rounds += 1
    assert rounds > 1
    assert stored(connection) == expected(points)
    assert not list(home.journals.iterdir())


def test_a_torn_end_that_nobody_will_finish_is_counted_and_kept(home: Home, connection: sqlite3.Connection) -> None:
    run_id = clock.new_id()
    gone = {**to_json(current()), "pid": 2**22 + 1}
    payloads = [event("open", process=gone), event("start", name="a", project="p", process=gone)]
    path = home.journals / f"{run_id}.1-aa{journal.SUFFIX}"
    path.write_bytes(journal.MAGIC + b"".join(map(journal.frame, payloads)) + journal.frame(b"a record")[:-3])
    while fold(connection, home):
        continue
    assert connection.execute("SELECT status, damaged_bytes FROM run, journal").fetchone() == ("killed", 15)
    assert path.exists()
    assert not fold(connection, home)


def test_a_run_lives_while_one_of_its_processes_does(home: Home, connection: sqlite3.Connection) -> None:
    run_id = clock.new_id()
    gone = {**to_json(current()), "pid": 2**22 + 1}
    parent = [event("open", process=gone), event("start", name="a", project="p", process=gone)]
    child = [event("open", process=to_json(current()))]
    for number, payloads in enumerate([parent, child]):
        path = home.journals / f"{run_id}.{number}-aa{journal.SUFFIX}"
        path.write_bytes(journal.MAGIC + b"".join(map(journal.frame, payloads)))
    while fold(connection, home):
        continue
    assert connection.execute("SELECT status FROM run").fetchone() == ("running",)
