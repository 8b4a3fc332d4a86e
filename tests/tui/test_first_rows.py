"""What is painted before Textual is loaded is what the app paints a moment later: rows, cells, colours."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from rich.color import ColorSystem
from textual.strip import Strip

from mlver_tui.cli.commands.app import _home
from mlver_tui.home import Home
from mlver_tui.query.runs import count_runs, known_keys, list_runs
from mlver_tui.sanitize import clean
from mlver_tui.store.connection import SCHEMA_VERSION, close, open_writer
from mlver_tui.tui import first_rows, prepaint
from mlver_tui.tui.app import MlverApp
from mlver_tui.tui.backend import Backend
from mlver_tui.tui.first_home import first_home
from mlver_tui.tui.first_inks import INKS
from mlver_tui.tui.first_rows import FirstPage, read_first
from mlver_tui.tui.first_theme import ascii_wanted, first_theme
from mlver_tui.tui.screens.columns import quoted
from mlver_tui.tui.terminal import facts
from mlver_tui.tui.widgets.palette_colours import inks

SIZES = [(80, 24), (80, 17), (100, 34), (110, 30), (120, 40), (200, 50), (79, 10), (40, 6)]
SYSTEMS = {24: ColorSystem.TRUECOLOR, 8: ColorSystem.EIGHT_BIT, 0: ColorSystem.STANDARD}
HEAVY = {"textual", "rich", "asyncio", "argparse", "dataclasses", "typing", "re", "json", "pathlib", "shutil"}
LOOK = """
import sys
import mlver_tui.cli.main
from mlver_tui.tui import prepaint
assert prepaint._drawn(sys.argv[1], prepaint.first_inks("mlver-dark", {"COLORTERM": "truecolor"})) is not None
print(*{name.partition(".")[0] for name in sys.modules})
"""


@pytest.fixture(autouse=True)
def frozen_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real clock: silence is told from the heartbeat."""
    monkeypatch.setenv("MLVER_THEME", "dark")
    monkeypatch.delenv("NO_COLOR", raising=False)


def fill(home: Home, runs: int) -> None:
    """Runs of every kind: running and silent, text params, NaN, missing values, names that want to be obeyed."""
    connection = open_writer(home)
    now_ms = int(time.time() * 1000)
    for n in range(runs):
        name = ("\x1b[31mred", "宽宽宽名字", "a\u202eb", "plain")[n % 4] + f"-{n}"
        status = ("running", "finished", "failed", "killed")[n % 4]
        beat = now_ms - (10_000 if n % 8 else 3_600_000)
        connection.execute(
            """INSERT INTO run (pk, id, name, project, status, start_ms, heartbeat_ms, deleted)
                VALUES (?, ?, ?, 'p', ?, ?, ?, ?)""",
            (n + 1, f"01k6{n:022d}", name, status, now_ms - 86_400_000 * 3 + n // 2, beat, int(n == 5)),
        )
        connection.execute("INSERT INTO param VALUES (?, 'lr', 'float', ?, ?)", (n + 1, 10.0**-n, repr(10.0**-n)))
        connection.execute("INSERT INTO param VALUES (?, 'n.layers', 'int', ?, ?)", (n + 1, n % 3, str(n % 3)))
        connection.execute("INSERT INTO param VALUES (?, 'kind of', 'str', NULL, ?)", (n + 1, f"w\x07{n % 2}"))
        connection.execute("INSERT INTO param VALUES (?, 'same', 'none', NULL, 'None')", (n + 1,))
        if n % 3 != 2:  # the newest has no points: nothing is charted here
            value = None if n % 5 == 0 else n / 7
            connection.execute(
                """INSERT INTO series (run, key, n, nans, first_step, last_step, first, last, last_time)
                    VALUES (?, 'val/loss', 9, 0, 0, 8, 1.0, ?, 0.0)""",
                (n + 1, value),
            )
        connection.execute("INSERT INTO tag VALUES (?, 'base')", (n + 1,))
        connection.execute("INSERT INTO tag VALUES (?, ?)", (n + 1, f"t\x1b{n}"))
    close(connection, home)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("first") / "home")
    fill(home, 90)
    return home


@pytest.fixture
def drawn(filled: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], list[str]]:
    """The lines painted first, on a terminal of that size."""

    def draw(columns: int, rows: int) -> list[str]:
        monkeypatch.setattr(facts, "size", lambda: (columns, rows))
        monkeypatch.setattr(facts, "encoding", lambda: "utf-8")
        page = prepaint._drawn(str(filled.root), INKS["mlver-dark", 24])
        assert page is not None
        return ["".join(letters) for letters in page.grid._letters]

    return draw


def ageless(line: str) -> str:
    """A line without ages: one may tick between the two looks."""
    return re.sub(r"\s+(\d{1,2}[smhdwy]|now)(?=\s|$)", " AGE", line).rstrip()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_app_shows_the_same(
    filled: Home,
    drawn: Callable[[int, int], list[str]],
    make_app: Callable[..., MlverApp],
    play: Callable[..., Awaitable[None]],
    grid_of: Callable[[MlverApp], str],
    size: tuple[int, int],
) -> None:
    columns, rows = size
    first = drawn(columns, rows)
    backend = Backend(filled)
    app = make_app(backend)
    async with app.run_test(size=size) as pilot:
        await play(pilot, [])
        table = app.screen.query_one("RunTable").region
        assert prepaint.table_size(columns, rows) == (table.width, table.height)
        shown = grid_of(app).splitlines()
    await backend.close()
    from rich.cells import set_cell_size

    whole = {0, 1, rows - 1}
    for y in [*sorted(whole), *range(2, 2 + table.height)]:
        width = columns if y in whole else table.width
        painted, drawn_later = (ageless(set_cell_size(lines[y], width)) for lines in (first, shown))
        assert painted == drawn_later, f"line {y}"


def test_the_rows_are_those_of_the_query_floor(filled: Home) -> None:
    connection = open_writer(filled)
    params, metrics = known_keys(connection)
    wanted = [f"metrics.{quoted(key)}" for key in metrics] + [f"params.{quoted(key)}" for key in params]
    expected = list_runs(connection, columns=wanted, limit=64)
    total = count_runs(connection)
    close(connection, filled)

    def ask(page: FirstPage) -> Any:
        rows = page.rows(64)
        keys = page.keys()
        page.fill(rows, params=keys[0], metrics=keys[1])
        return keys, page.count(), rows

    found = read_first(str(filled.database), ask)
    assert found is not None
    keys, count, rows = found
    assert (keys, count) == ((params, metrics), total)
    fields = ("pk", "id", "name", "status", "stalled", "start_ms", "tags")
    for row, other in zip(rows, expected, strict=True):
        assert [getattr(row, name) for name in fields] == [getattr(other, name) for name in fields]
        assert repr(row.values) == repr(other.values)  # NaN too


def test_the_schema_is_the_one_of_the_store() -> None:
    assert first_rows.SCHEMA_VERSION == SCHEMA_VERSION


def test_what_is_no_store_is_left_to_the_app(tmp_path: Path) -> None:
    other = tmp_path / "runs.db"
    assert read_first(str(other), lambda page: 1) is None
    other.write_bytes(b"nothing of ours" * 100)
    assert read_first(str(other), lambda page: 1) is None
    assert not (tmp_path / "runs.db-wal").exists()


def test_a_newer_store_is_left_to_the_app(tmp_path: Path) -> None:
    home = Home(tmp_path)
    connection = open_writer(home)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    close(connection, home)
    assert read_first(str(home.database), lambda page: page.count()) is None


def test_odd_folders_are_found(tmp_path: Path) -> None:
    home = Home(tmp_path / "50% of? #1 ünï")
    fill(home, 2)
    assert read_first(str(home.database), lambda page: page.count()) == 2


def test_names_are_cleaned(drawn: Callable[[int, int], list[str]]) -> None:
    text = "\n".join(drawn(120, 40))
    assert clean("\x1b[31mred-88") in text
    assert not {letter for letter in text if letter != "\n" and (ord(letter) < 32 or letter in "\u202e\x7f")}


async def test_the_colours_are_those_of_the_themes(fake: Any, make_app: Callable[..., Any]) -> None:
    app = make_app(fake)
    async with app.run_test() as pilot:
        for (theme, bits), told in INKS.items():
            app.theme = theme
            await pilot.pause()
            styles = inks(app, app.screen.query_one("RunTable").visual_style.rich_style)
            assert told == {name: Strip.render_ansi(styles[name], SYSTEMS[bits]) for name in told}, (theme, bits)


def test_every_ink_of_the_first_page_is_written_down(drawn: Callable[[int, int], list[str]]) -> None:
    assert all(len(lines) == 50 for lines in [drawn(200, 50)])  # a missing one would have raised KeyError


def test_little_is_loaded_before_the_rows(filled: Home) -> None:
    root = Path(prepaint.__file__).parents[2]
    variables = {**os.environ, "PYTHONPATH": str(root), "PYTHONUTF8": "1", "COLUMNS": "80", "LINES": "24"}
    result = subprocess.run(
        [sys.executable, "-c", LOOK, str(filled.root)], env=variables, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
    loaded = set(result.stdout.split())
    # Rich is asked about wide letters only, and the cleaner about what is not plain: this store has both
    assert not loaded & (HEAVY - {"rich", "re", "typing", "json"})


def test_a_plain_store_loads_nothing_heavy(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    connection = open_writer(home)
    connection.execute(
        "INSERT INTO run (id, name, project, status, start_ms) VALUES ('a', 'brisk-otter-14', 'p', 'finished', 1)"
    )
    close(connection, home)
    root = Path(prepaint.__file__).parents[2]
    variables = {**os.environ, "PYTHONPATH": str(root), "PYTHONUTF8": "1"}
    result = subprocess.run(
        [sys.executable, "-c", LOOK, str(home.root)], env=variables, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert not set(result.stdout.split()) & HEAVY


@pytest.mark.parametrize("words", [[], ["."], ["--home", "h"], ["--home=h"], ["./h"], ["./above"], ["./empty"]])
@pytest.mark.parametrize("variable", ["", "h", "nowhere"])
def test_the_home_is_the_one_of_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], variable: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("h", "above/.mlver", "xdg/mlver"):
        Home(tmp_path / folder).create().database.write_bytes(b"")
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("MLVER_HOME", variable)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    found = first_home(words)
    named = (words[-1].partition("=")[2] or words[-1]) if words else None
    try:
        meant = _home(named)
    except Exception:
        assert found is None
    else:
        assert found == (str(meant.root) if meant.database.exists() else None)


@pytest.mark.parametrize(
    "words", [["runs"], ["-q"], ["--help"], ["--home"], ["a/b", "c"], ["--no-color", "."], ["--", "."]]
)
def test_other_words_are_not_for_the_app(words: list[str]) -> None:
    assert first_home(words) is None


def test_the_first_theme_follows_the_terminal() -> None:
    assert first_theme({}) == "mlver-dark"
    assert first_theme({"NO_COLOR": "1"}) == "ansi-dark"
    assert first_theme({"MLVER_THEME": "light", "TERM": "xterm-256color"}) == "mlver-light"
    assert first_theme({"COLORFGBG": "0;15", "COLORTERM": "truecolor"}) == "mlver-light"
    assert first_theme({"TERM": "linux"}) == "ansi-dark"


def test_ascii_where_it_is_asked_for_or_nothing_else_can_be_written() -> None:
    assert ascii_wanted("utf-8", {}) is False
    assert ascii_wanted("utf-8", {"MLVER_ASCII": "1"}) is True
    assert ascii_wanted("utf-8", {"MLVER_ASCII": "0"}) is False
    assert ascii_wanted("ANSI_X3.4-1968", {}) is True
    assert ascii_wanted(None, {}) is True
