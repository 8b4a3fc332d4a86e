"""What can be done to a run from any screen: release, restore, tags, note, copy.

Prompts on the bottom line, no dialogs. Rules live below the backend; here is only the conversation.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable

from ...query.views import ReleasePlan, RunView
from ..backend import Bump
from ..clipboard import copy
from .base import FrameScreen

BUMPS: dict[str, Bump] = {"patch": "patch", "minor": "minor", "major": "major"}
Check = Callable[[str], "str | None"]


async def release_run(screen: FrameScreen, run_id: str) -> None:
    """Ask for model, bump and message; show the plan; do it."""
    backend = screen.desk.backend
    run = await backend.read_run(run_id)
    models = {model.name: model for model in await backend.list_models()}
    name = await screen.ask(
        f"release {run.name} as model", next(iter(models), run.project), choices=sorted(models), check=_needed("a name")
    )
    if name is None:
        return
    known = models.get(name.strip())
    bump: Bump | None = None
    if known:
        word = await screen.ask(
            f"bump {known.name} {known.latest}", "patch", choices=list(BUMPS), hint="patch, minor or major", check=_bump
        )
        if word is None:
            return
        bump = BUMPS[word.strip()]
    message = await screen.ask(
        "message", hint="what is new, for those who read the history", check=_needed("a message")
    )
    if message is None:
        return
    plan = await backend.plan_release(run_id, name.strip(), bump, message.strip())
    await _carry_out(screen, plan)


async def _carry_out(screen: FrameScreen, plan: ReleasePlan) -> None:
    screen.say(_plan_line(plan))
    if not await screen.confirm(f"release {plan.model}:{plan.semver} (v{plan.seq}) of {plan.run_name}?"):
        screen.say("nothing was released")
        return
    version = await screen.desk.backend.release(plan)
    screen.say(f"tagged {version.ref} · {version.digest[:12]} · it cannot be changed any more")
    await screen.reload()


def _plan_line(plan: ReleasePlan) -> str:
    before = f"after {plan.previous}" if plan.previous else "the first release"
    return " · ".join([*plan.warnings, before, f"digest {plan.digest[:12]}"])


def _needed(what: str) -> Check:
    return lambda text: None if text.strip() else f"{what} is needed"


def _bump(text: str) -> str | None:
    return None if text.strip() in BUMPS else "write patch, minor or major"


async def edit_tags(screen: FrameScreen, run_id: str) -> None:
    """Add words as tags; a word with - before it is taken away."""
    run = await screen.desk.backend.read_run(run_id)
    has = ", ".join(run.tags) or "none yet"
    text = await screen.ask(f"tags of {run.name}", hint=f"now: {has}. words add, -word takes away")
    if not text or not text.strip():
        return
    words = text.replace(",", " ").split()
    add = [word for word in words if not word.startswith("-")]
    remove = [word[1:] for word in words if len(word) > 1 and word.startswith("-")]
    await screen.desk.backend.set_tags(run.pk, add, remove)
    screen.say(" ".join([f"{run.name}:", *(f"+{tag}" for tag in add), *(f"-{tag}" for tag in remove)]))
    await screen.reload()


async def edit_note(screen: FrameScreen, run_id: str) -> None:
    """Replace the note of a run."""
    run = await screen.desk.backend.read_run(run_id)
    if "\n" in run.notes:
        screen.say(f"this note has more lines than one: mlver-tui note {run.short_id} TEXT replaces it", "warning")
        return
    text = await screen.ask(f"note on {run.name}", run.notes, edit=True)
    if text is None or text == run.notes:
        return
    await screen.desk.backend.set_notes(run.pk, text)
    screen.say(f"note on {run.name} kept")
    await screen.reload()


async def restore_run(screen: FrameScreen, run_id: str) -> None:
    """Ask for a folder, then show the plan on a screen of its own."""
    from .restore import RestoreScreen

    backend = screen.desk.backend
    run = await backend.read_run(run_id)
    target = await screen.ask(
        f"restore {run.name} into", default_target(run), hint="a new folder", check=_needed("a folder")
    )
    if target is None:
        return
    plan = await backend.plan_restore(run_id, target.strip())
    screen.app.push_screen(RestoreScreen(screen.desk, plan))


def default_target(run: RunView) -> str:
    """`./restored-<name>`, with only letters that are safe in a path."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in run.name)[:60]
    return f"./restored-{safe.strip('.-') or run.short_id}"


async def copy_from_run(screen: FrameScreen, run_id: str) -> None:
    """Ask what to copy of a run; then copy and show it."""
    run = await screen.desk.backend.read_run(run_id)
    offers = copies_of(run)
    word = await screen.ask("copy", "id", choices=list(offers), hint=", ".join(offers), check=_one_of(offers))
    if word is None:
        return
    text = offers[word.strip()]
    screen.say(f"{await copy(screen.app, text)}: {text}")


def copies_of(run: RunView) -> dict[str, str]:
    """What `y` offers: word to text. The command is quoted for a shell."""
    offers = {"id": run.id, "name": run.name, "show": f"mlver-tui show {run.id}"}
    if run.command:
        offers["command"] = shlex.join(run.command.argv)
    if run.code and run.code.commit:
        offers["commit"] = run.code.commit
    return offers


def _one_of(offers: dict[str, str]) -> Check:
    return lambda text: None if text.strip() in offers else "one of: " + ", ".join(offers)
