"""The bottom line that asks: a label, an input, a hint or an objection above it. It returns text and judges nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input
from textual.widgets.input import Selection

from .cells import Part, fit, length
from .glyphs import GLYPHS
from .surface import Surface

Check = Callable[[str], "str | None"]
_WORD = re.compile(r"[^\s()<>=!~,]*\Z")
"""What is being typed: the run of letters before the cursor that no operator or blank ends."""


class PromptRemark(Surface):
    """The line above the input."""

    DEFAULT_CSS = "PromptRemark { height: 1; width: 1fr; display: none; }"

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Part] = []

    def put(self, parts: list[Part]) -> None:
        """Say something; an empty list takes the line away."""
        self._parts = parts
        self.display = bool(parts)
        self.repaint()

    def draw_line(self, y: int, width: int) -> list[Part]:
        return self._parts


class PromptLabel(Surface):
    """The words before the input."""

    DEFAULT_CSS = "PromptLabel { height: 1; width: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def put(self, text: str) -> None:
        """Words and a blank after them."""
        self.text = text
        self.styles.width = length(text)
        self.refresh()

    def draw_line(self, y: int, width: int) -> list[Part]:
        return [(fit(self.text, width), "accent")]


class PromptInput(Input):
    """An input without box or blinking, which leaves tab and esc to the prompt."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False, priority=True),
        Binding("tab", "complete(1)", show=False, priority=True),
        Binding("shift+tab", "complete(-1)", show=False, priority=True),
    ]

    def action_leave(self) -> None:
        """Answer with nothing."""
        self._prompt.answer(None)

    def action_complete(self, step: int) -> None:
        """Put the next choice in the place of the word at the cursor."""
        self._prompt.complete(step)

    @property
    def _prompt(self) -> Prompt:
        return next(node for node in self.ancestors if isinstance(node, Prompt))


class Prompt(Widget):
    """Hidden until it asks. Await it in a worker: a message handler that waits would keep the screen from painting."""

    DEFAULT_CSS = """
    Prompt { height: auto; width: 1fr; display: none; layout: vertical; }
    Prompt > Horizontal { height: 1; width: 1fr; }
    Prompt PromptInput, Prompt PromptInput:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: transparent; background-tint: transparent 0%;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._answer: asyncio.Future[str | None] | None = None
        self._check: Check | None = None
        self._live: Callable[[str], None] | None = None
        self._choices: tuple[str, ...] = ()
        self._hint = ""
        self._cycle: tuple[str, str, int] | None = None
        self._completed = ""

    def compose(self) -> ComposeResult:
        yield PromptRemark()
        with Horizontal():
            yield PromptLabel()
            line = PromptInput(compact=True, select_on_focus=False)
            line.cursor_blink = False
            yield line

    @property
    def asking(self) -> bool:
        """True while a question stands on the line."""
        return self._answer is not None and not self._answer.done()

    async def ask(
        self,
        label: str,
        value: str = "",
        *,
        hint: str = "",
        check: Check | None = None,
        live: Callable[[str], None] | None = None,
        choices: Sequence[str] = (),
        edit: bool = False,
    ) -> str | None:
        """The text that was entered; None on esc, or when another question takes the line.

        `check` returns an objection or None and is asked at enter; `live` gets the text at each change; tab completes
        the word at the cursor from `choices`. What is typed first replaces `value`, unless `edit`.
        """
        self.answer(None)
        future: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._answer, self._check, self._hint = future, check, hint
        self._live, self._choices, self._cycle = None, tuple(choices), None
        before = self.screen.focused
        self._open(label, value, edit)
        self._live = live
        try:
            return await future
        finally:
            if self._answer is future:
                self._close(before)

    async def confirm(self, question: str, *, expected: str = "y") -> bool:
        """True only if the expected word was typed; enter alone is no."""
        typed = await self.ask(question, hint=f"type {expected} and enter to go on; anything else leaves it")
        return typed is not None and typed.strip() == expected

    def answer(self, text: str | None) -> None:
        """End the question that stands."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(text)

    def objection(self, text: str, at: int | None = None) -> None:
        """Say above the input what is wrong, with a pointer at column `at` of the text; "" takes it back."""
        self.query_one(PromptRemark).put(self._objection_parts(text, at) if text else self._hint_parts())

    def _objection_parts(self, text: str, at: int | None) -> list[Part]:
        indent = 0 if at is None else length(self._label_text) + at
        if at is None or indent + length(text) + 3 > self.size.width:
            return [(f" {GLYPHS['error']} {text}", "bad")]
        return [(" " * indent, ""), (f"{GLYPHS['caret']} {text}", "bad")]

    def _hint_parts(self) -> list[Part]:
        return [(f" {self._hint}", "dim")] if self._hint else []

    @property
    def _label_text(self) -> str:
        return self.query_one(PromptLabel).text

    def _open(self, label: str, value: str, edit: bool) -> None:
        self.query_one(PromptLabel).put(f" {label} ")
        self.query_one(PromptRemark).put(self._hint_parts())
        line = self.query_one(PromptInput)
        with line.prevent(Input.Changed):
            line.value = value
        line.selection = Selection.cursor(len(value)) if edit else Selection(0, len(value))
        self.display = True
        self.screen.set_focus(line)  # at once, not after the keys that are waiting

    def _close(self, before: Widget | None) -> None:
        self.display = False
        self._live = None
        if before is not None and before.is_attached:
            self.screen.set_focus(before)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._completed:
            self._cycle = None
        self.objection("")
        if self._live is not None:
            self._live(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        objection = self._check(event.value) if self._check else None
        if objection:
            self.objection(objection)
        else:
            self.answer(event.value)

    # completing

    def complete(self, step: int) -> None:
        """The next of the choices that begin with the word before the cursor."""
        line = self.query_one(PromptInput)
        if self._cycle is None:
            before = line.value[: line.cursor_position]
            found = _WORD.search(before)
            word = found.group() if found else ""
            self._cycle = (before[: len(before) - len(word)], word, -1 if step > 0 else 0)
        head, word, place = self._cycle
        fitting = fitting_choices(self._choices, word)
        if not fitting:
            self._cycle = None
            return
        place = (place + step) % len(fitting)
        self._cycle = (head, word, place)
        self._completed = head + fitting[place]
        line.value = self._completed
        line.cursor_position = len(self._completed)
        self.call_after_refresh(self._show_choices, fitting, place)

    def _show_choices(self, fitting: Sequence[str], place: int) -> None:
        """The choices in a line, the present one first, as many as fit."""
        if not self.asking or len(fitting) < 2:
            return
        ring = [*fitting[place:], *fitting[:place]]
        parts: list[Part] = [(" ", "")]
        for index, choice in enumerate(ring[:20]):
            parts.append((f"{choice}  ", "bold" if index == 0 else "dim"))
        self.query_one(PromptRemark).put(parts)


def fitting_choices(choices: Sequence[str], word: str) -> list[str]:
    """Choices that begin with `word`, then those that hold it, in any case of letters."""
    low = word.lower()
    starting = [choice for choice in choices if choice.lower().startswith(low)]
    return starting + [choice for choice in choices if low in choice.lower() and choice not in starting]
