"""Copying text out of the terminal, also over ssh and from inside tmux.

tmux drops OSC 52 in its default setting, but takes a buffer on its standard input under every setting.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import Any

from textual.app import App


async def copy(app: App[Any], text: str) -> str:
    """Put `text` on the clipboard as far as the terminal lets us; says how it was done."""
    tmux = shutil.which("tmux") if os.environ.get("TMUX") else None
    if tmux and await _load_tmux_buffer(tmux, text):
        return "copied through tmux"
    app.copy_to_clipboard(text)
    return "copied"


async def _load_tmux_buffer(tmux: str, text: str) -> bool:
    try:
        process = await asyncio.create_subprocess_exec(
            tmux,
            "load-buffer",
            "-w",
            "-",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await asyncio.wait_for(process.communicate(text.encode()), timeout=2)
    except (OSError, asyncio.TimeoutError):
        return False
    return process.returncode == 0
