"""A restore plan and its verdict as lines: what will be done, and how the result compares with the record. Pure."""

from __future__ import annotations

from typing import Literal

from ...query.views import PackageVerdict, RestorePlan, RestoreVerdict
from ...units import bytes_, plural
from ..widgets.detail import DetailLine

Style = Literal["", "good", "warn", "bad"]
_STYLES: dict[str, Style] = {
    "exact": "good",
    "same files, other origin": "good",
    "degraded": "warn",
    "missing": "bad",
    "unknown": "warn",
}
WIDEST_VERSIONS = 26
_WORST_FIRST = ("missing", "degraded", "unknown", "same files, other origin", "exact")


def verdict_style(word: str) -> Style:
    """Colour of a verdict word; the word itself is always shown."""
    return _STYLES.get(word, "warn")


def plan_lines(plan: RestorePlan) -> list[DetailLine]:
    """What a restore will do, part by part."""
    lines = [
        DetailLine("plan", "", "head"),
        DetailLine("run", plan.run_name),
        DetailLine("into", plan.target),
        DetailLine("python", plan.python or "none found that fits", "" if plan.python else "bad"),
        DetailLine("installer", plan.installer),
        DetailLine("lockfile", plan.lock_name),
        DetailLine("", plan.lock_reason, "dim"),
        DetailLine("packages", f"{plan.packages:,}"),
    ]
    for part in plan.parts:
        size = f" · {bytes_(part.bytes)}" if part.bytes is not None else ""
        lines += [DetailLine("", ""), DetailLine(part.part, "", "head")]
        lines.append(DetailLine("expect", part.expected, verdict_style(part.expected)))
        lines.append(DetailLine("from", f"{part.source}{size}"))
        if part.detail:
            lines.append(DetailLine("", part.detail, "dim"))
    if plan.problems:
        lines += [DetailLine("", ""), DetailLine("problems", "", "head")]
        lines += [DetailLine("", problem, "warn") for problem in plan.problems]
    return lines


def verdict_lines(verdict: RestoreVerdict) -> list[DetailLine]:
    """The verdict, then every package, the worst first."""
    python = verdict.python_found
    if verdict.python_recorded != verdict.python_found:
        python = f"{verdict.python_found}, recorded was {verdict.python_recorded}"
    lines = [
        DetailLine("verdict", verdict.word, verdict_style(verdict.word)),
        DetailLine("", verdict.summary),
        DetailLine("folder", verdict.target),
        DetailLine("python", python),
        DetailLine("built with", f"{verdict.installer}, {verdict.lock_name}, {verdict.seconds:.1f} s"),
        *(DetailLine("not checked", text, "warn") for text in verdict.unchecked),
        DetailLine("", ""),
        DetailLine(plural(len(verdict.packages), "package"), "", "head"),
    ]
    ordered = sorted(verdict.packages, key=lambda package: (_WORST_FIRST.index(package.word), package.name))
    width = min(max((len(_versions(package)) for package in ordered), default=0), WIDEST_VERSIONS)
    return [*lines, *(_package(package, width) for package in ordered)]


def _package(package: PackageVerdict, width: int) -> DetailLine:
    why = f" · {package.why}" if package.why else ""
    return DetailLine(package.name, f"{_versions(package):{width}}  {package.word}{why}", verdict_style(package.word))


def _versions(package: PackageVerdict) -> str:
    if package.recorded == package.found:
        return package.recorded or "—"
    return f"{package.recorded or 'not recorded'} → {package.found or 'not there'}"
