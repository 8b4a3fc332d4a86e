"""A store full of text that wants to be obeyed: markup, escapes, bidi, paths. The app shows it, and obeys none."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mlver_tui.home import Home
from mlver_tui.store.connection import close, open_writer
from mlver_tui.tui.app import MlverApp
from mlver_tui.tui.backend import Backend

Make = Callable[..., MlverApp]
Play = Callable[..., Awaitable[None]]
EVIL = (
    "[red]x[/]",
    "[@click=app.boom]go[/]",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b[2J\x1b[H",
    "\x9b31m",
    "a\u202eb\u200bc",
    "[/nope]",
    "'; DROP TABLE run; --",
    "../../etc/passwd",
    "x" * 5000,
    "line\none\ttwo",
    "\x00\x7f",
)


def fill(connection: sqlite3.Connection) -> None:
    for n, text in enumerate(EVIL):
        connection.execute(
            """INSERT INTO run (pk, id, name, project, grp, status, start_ms, end_ms, notes)
                VALUES (?, ?, ?, ?, ?, 'failed', ?, ?, ?)""",
            (
                n + 1,
                f"01k6zq3v8c2m5n7p9r1s4t6w{n:02d}",
                text,
                text,
                text,
                1000 + n,
                2000 + n,
                text,
            ),
        )
        connection.execute(
            "INSERT INTO snapshot (run, command, failure) VALUES (?, ?, ?)",
            (n + 1, json.dumps({"argv": [text], "cwd": text, "executable": text}), text),
        )
        connection.execute("INSERT INTO param VALUES (?, ?, 'str', NULL, ?)", (n + 1, text, text))
        connection.execute("INSERT INTO param VALUES (?, 'lr', 'str', NULL, ?)", (n + 1, text))
        connection.execute("INSERT INTO tag VALUES (?, ?)", (n + 1, text))
        connection.execute("INSERT INTO final VALUES (?, ?, 'str', NULL, ?)", (n + 1, text, text))


@pytest.fixture
def store(tmp_path: Path) -> Backend:
    home = Home(tmp_path / "home")
    connection = open_writer(home)
    fill(connection)
    close(connection, home)
    return Backend(home)


def written(app: MlverApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "".join(segment.text for strip in strips for segment in strip)


JOURNEYS: dict[str, list[str]] = {
    "runs": [],
    "wide": [],
    "marked": ["asterisk"],
    "charts": ["asterisk", "2"],
    "compare": ["asterisk", "c", "equals_sign", "right_square_bracket"],
    "run": ["j", "j", "enter"],
    "tags": ["j", "j", "T"],
    "note": ["e"],
    "release": ["t"],
    "restore": ["j", "j", "r"],
    "copy": ["y"],
    "palette": ["colon"],
}


@pytest.mark.parametrize("journey", JOURNEYS)
async def test_nothing_is_obeyed(store: Backend, make_app: Make, play: Play, journey: str) -> None:
    app = make_app(store)
    obeyed: list[Any] = []
    app.action_boom = lambda: obeyed.append(1)  # type: ignore[attr-defined]
    async with app.run_test(size=(160, 40) if journey == "wide" else (80, 24)) as pilot:
        await play(pilot, JOURNEYS[journey])
        text = written(app)
        assert not {letter for letter in text if ord(letter) < 32 or 127 <= ord(letter) < 160}
        assert not set(text) & set("\u202e\u200b\ufeff")
        assert app.is_running
    assert obeyed == []
    await store.close()


async def test_markup_is_shown_as_it_was_written(store: Backend, make_app: Make, play: Play) -> None:
    app = make_app(store)
    async with app.run_test(size=(120, 40)) as pilot:
        await play(pilot, [])
        text = written(app)
        assert "[red]x[/]" in text
        assert "[@click=app.boom]" in text
    await store.close()
