"""Mode 4: models and their versions, each with the manifest that its digest stands for."""

from __future__ import annotations

import json
from typing import Any

from textual.app import ComposeResult
from textual.containers import Container

from ...query.views import Finding, ModelRow, VersionView
from ...units import plural
from ..keys import bindings_for
from ..messages import Desk
from ..widgets.detail import Detail, DetailLine
from ..widgets.grid import Grid, GridCell
from ..widgets.heading import Heading
from .details import clock_text
from .run_verbs import RunVerbs

EMPTY = [
    "No release yet.",
    "",
    "Put the cursor on a finished run in 1 Runs and press t,",
    'or:  mlver-tui release RUN MODEL -m "what is new"',
]
HEADER = ["version", "seq", "run", "released", "message"]
Line = VersionView | ModelRow


class RegistryScreen(RunVerbs, inherit_bindings=False):
    """Versions under their models; the one under the cursor in full beside them."""

    BINDINGS = bindings_for("registry")
    SCREEN = "registry"
    MODE = "registry"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.lines: list[Line] = []
        self.findings: list[Finding] = []

    def compose_body(self) -> ComposeResult:
        yield Heading()
        with Container(id="split"):
            yield Grid()
            yield Detail()

    def on_mount(self) -> None:
        self.grid.set_empty(EMPTY)
        self.grid.focus()

    @property
    def grid(self) -> Grid:
        return self.query_one(Grid)

    @property
    def version(self) -> VersionView | None:
        """The version under the cursor."""
        cursor = self.grid.cursor
        line = self.lines[cursor] if 0 <= cursor < len(self.lines) else None
        return line if isinstance(line, VersionView) else None

    @property
    def pointed(self) -> str | None:
        return self.version.run_id if self.version else None

    async def reload(self) -> None:
        lines: list[Line] = []
        models = await self.desk.backend.list_models()
        for model in models:
            lines.append(model)
            versions = await self.desk.backend.list_versions(model.name)
            versions.sort(key=lambda version: version.seq, reverse=True)
            lines += versions
        self.lines = lines
        self.grid.set_rows(HEADER if lines else [], [_cells(line) for line in lines], None, frozen=1)
        if self.version is None and len(lines) > 1:
            self.grid.goto(1)
        versions_total = plural(len(lines) - len(models), "version")
        self.query_one(Heading).show([(plural(len(models), "model"), "bold"), (f"   {versions_total}", "dim")])
        self._show_detail()

    def _show_detail(self) -> None:
        version = self.version
        self.query_one(Detail).set_lines(version_lines(version, self.findings) if version else [])

    def on_grid_moved(self, event: Grid.Moved) -> None:
        self.findings = []
        self._show_detail()

    def on_grid_opened(self, event: Grid.Opened) -> None:
        self.perform("open")

    def blocked(self, name: str) -> str | None:
        if name == "verify" and self.version is None:
            return "put the cursor on a version first"
        return super().blocked(name)

    async def do_verify(self) -> None:
        version = self.version
        if version is None:
            return
        self.findings = await self.desk.backend.verify_version(version.ref)
        self._show_detail()
        wrong = [finding for finding in self.findings if not finding.ok]
        if wrong:
            self.say(f"{version.ref} differs from the record: {wrong[0].subject}: {wrong[0].detail}", "error")
        else:
            self.say(f"{version.ref} is what was recorded ({plural(len(self.findings), 'check')})")

    def do_next(self, count: int) -> None:
        self.grid.select_next(self._is_newest, 1)

    def do_previous(self, count: int) -> None:
        self.grid.select_next(self._is_newest, -1)

    def _is_newest(self, index: int) -> bool:
        return index > 0 and isinstance(self.lines[index - 1], ModelRow)

    def do_zoom(self) -> None:
        self.toggle_class("-zoom-detail" if isinstance(self.focused, Detail) else "-zoom-grid")


def _cells(line: Line) -> list[GridCell]:
    if isinstance(line, ModelRow):
        return [GridCell(line.name, "head")]
    return [
        GridCell(line.semver),
        GridCell(f"v{line.seq}", "dim"),
        GridCell(line.run_name),
        GridCell(clock_text(line.created_ms)[:16], "dim"),
        GridCell(line.message),
    ]


def version_lines(version: VersionView, findings: list[Finding]) -> list[DetailLine]:
    """What a version is, what was checked of it, and its manifest."""
    lines = [
        DetailLine(version.ref, "", "head"),
        DetailLine("digest", version.digest),
        DetailLine("run", version.run_name),
        DetailLine("by", f"{version.author}, {clock_text(version.created_ms)}"),
        DetailLine("message", version.message),
    ]
    if findings:
        lines += [DetailLine("", ""), DetailLine("verified", "", "head")]
        lines += [_finding(finding) for finding in findings]
    return [*lines, *_manifest(version.manifest)]


def _finding(finding: Finding) -> DetailLine:
    word = "ok" if finding.ok else "differs"
    return DetailLine(finding.subject, f"{word}: {finding.detail}", "good" if finding.ok else "bad")


def _manifest(manifest: dict[str, Any]) -> list[DetailLine]:
    lines: list[DetailLine] = []
    for section, content in manifest.items():
        lines += [DetailLine("", ""), DetailLine(section, "" if isinstance(content, dict) else _text(content), "head")]
        if isinstance(content, dict):
            lines += [DetailLine(key, _text(item)) for key, item in content.items()]
    return lines


def _text(item: Any) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) for part in item):
        return str(item[1])  # a typed leaf: kind, text
    return json.dumps(item, ensure_ascii=False)
