"""Draw the README's pictures from the demo's data: `python tests/draw_screenshots.py [--out screenshots] [--home DIR]`.

Trains the demo's runs unless a home that has them is given, plays each scene on the real app, and writes SVG files.
Names of this machine, its folders and its user do not get into the pictures.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).parent.parent))

from mlver_tui.demo.sweep import run_demo
from mlver_tui.home import Home
from mlver_tui.tui.app import MlverApp
from mlver_tui.tui.backend import Backend
from mlver_tui.tui.clean_views import TextWalk
from tests.scenes import SCENES, SIZES, Scene

T = TypeVar("T")
PATIENCE_S = 60.0
STEP_S = 0.03


class PictureBackend(Backend):
    """The real backend, with the names of this machine taken out of what it says."""

    def _clean(self, view: T) -> T:
        return Masked().walk(super()._clean(view))  # type: ignore[no-any-return]


class Masked(TextWalk):
    """Every text of a view with machine and folders under common names."""

    def text(self, raw: str) -> str:
        for name, common in masks():
            raw = re.sub(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", common, raw)
        return raw


def masks() -> list[tuple[str, str]]:
    """What must not be seen, longest first, and what stands for it."""
    repository = str(Path(__file__).parent.parent)
    names = {
        sys.executable: "python",
        os.path.realpath(sys.executable): "python",
        str(Path.cwd()): "~",
        repository: "~/penguins",
        sys.prefix: "~/.venv",
        str(Path.home()): "~",
        socket.gethostname(): "trainbox",
    }
    return sorted(((name, common) for name, common in names.items() if len(name) > 1), key=lambda pair: -len(pair[0]))


def shown(app: MlverApp) -> str:
    """The screen as one text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def rest(pilot: Any, app: MlverApp) -> None:
    """Wait until the screen has stayed the same for a while."""
    before, same = "", 0
    while same < 4:
        await pilot.pause(STEP_S)
        now = shown(app)
        same = same + 1 if now == before else 0
        before = now


async def arrive(pilot: Any, app: MlverApp, text: str) -> None:
    """Wait for a text to be on the screen."""
    for _ in range(int(PATIENCE_S / STEP_S)):
        if text in shown(app):
            return
        await pilot.pause(STEP_S)
    raise SystemExit(f"{text!r} never came:\n{shown(app)}")


async def press(pilot: Any, app: MlverApp, key: str) -> None:
    """One key, or one wait."""
    if key[0] == "~":
        await arrive(pilot, app, key[1:])
    else:
        await pilot.press(key)
    await rest(pilot, app)


def presses(keys: tuple[str, ...]) -> list[str]:
    """Keys one by one; `=words` spelt out."""
    return [key for word in keys for key in (spelt(word[1:]) if word[0] == "=" and len(word) > 1 else [word])]


def spelt(text: str) -> list[str]:
    return ["space" if letter == " " else letter for letter in text]


async def draw(scene: Scene, size: tuple[int, int], home: Home, out: Path) -> Path:
    """Play one scene on a terminal of that size, and write its picture."""
    backend = PictureBackend(home)
    app = MlverApp(backend, tick_s=0)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        async with app.run_test(size=size) as pilot:
            await rest(pilot, app)
            for key in presses(scene.keys):
                await press(pilot, app, key)
            await arrive(pilot, app, scene.arrives)
            await rest(pilot, app)
            path = out / f"{scene.name}-{size[0]}x{size[1]}.svg"
            path.write_text(app.export_screenshot(title="mlver-tui"), encoding="utf-8")
        os.chdir("/")
    await backend.close()
    return path


async def draw_all(home: Home, out: Path, wanted: list[str]) -> None:
    """All scenes at all sizes, or those that were named."""
    for scene in SCENES:
        for size in SIZES:
            if not wanted or scene.name in wanted:
                print(await draw(scene, size, home, out))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("screenshots"))
    parser.add_argument("--home", type=Path, help="a home that the demo has filled")
    parser.add_argument("scenes", nargs="*", help="only these")
    arguments = parser.parse_args()
    out = arguments.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    os.environ["MLVER_THEME"] = "dark"
    with tempfile.TemporaryDirectory() as folder:
        home = (arguments.home or Path(folder) / "demo").absolute()
        if not home.exists():
            run_demo(home, lambda *progress: print(*progress, file=sys.stderr))
        asyncio.run(draw_all(Home(home), out, arguments.scenes))


if __name__ == "__main__":
    main()
