"""The verdict on a rebuilt environment in words for a person. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..query.views import PackageVerdict, RestorePlan, RestoreVerdict, VerdictWord
from ..records import Environment, Interpreter
from .environment import Locked, Rebuilt
from .verify import WORDS, compare, worst

_NOT_YET = (
    "code: the source is not stored with the run",
    "data: the files that the run read are not stored with it",
    "whether installed files were edited by hand before the run was recorded",
)


def verdict_of(
    plan: RestorePlan, recorded: Environment, locked: Locked, rebuilt: Rebuilt, installer: str, seconds: float
) -> RestoreVerdict:
    """Compare a record with what was rebuilt for it. The word is the worst of packages and interpreter."""
    packages = tuple(compare(recorded, rebuilt.environment, rebuilt.left_out, rebuilt.files.damages))
    interpreter = _interpreter_word(recorded.interpreter, rebuilt.environment.interpreter)
    return RestoreVerdict(
        run_id=plan.run_id,
        run_name=plan.run_name,
        target=plan.target,
        word=worst([interpreter, *(package.word for package in packages)]),
        summary=_summary(packages, recorded.interpreter, rebuilt.environment.interpreter),
        lock_name=locked.lock.name,
        installer=installer,
        python_recorded=recorded.interpreter.version,
        python_found=rebuilt.environment.interpreter.version,
        packages=packages,
        seconds=seconds,
        unchecked=tuple(_unchecked(recorded, rebuilt)),
    )


def lock_only_verdict(plan: RestorePlan, recorded: Environment, locked: Locked, seconds: float) -> RestoreVerdict:
    """The answer when only a lockfile was asked for: nothing was installed, so nothing is proven."""
    lock = locked.lock
    return RestoreVerdict(
        run_id=plan.run_id,
        run_name=plan.run_name,
        target=plan.target,
        word="unknown",
        summary=f"wrote {lock.name} with {lock.packages} of {len(recorded.packages)} packages: {lock.reason}",
        lock_name=lock.name,
        installer=plan.installer,
        python_recorded=recorded.interpreter.version,
        python_found="",
        packages=(),
        seconds=seconds,
        unchecked=("nothing was installed, so nothing was compared", *lock.problems, *_NOT_YET),
    )


def _interpreter_word(recorded: Interpreter, found: Interpreter) -> VerdictWord:
    same = (recorded.version, recorded.implementation) == (found.version, found.implementation)
    return "exact" if same else "degraded"


def _summary(packages: Sequence[PackageVerdict], recorded: Interpreter, found: Interpreter) -> str:
    count = Counter(package.word for package in packages)
    said = f"{count['exact']} of {len(packages)} packages are exactly as recorded"
    if count["exact"] == len(packages):
        said = f"all {len(packages)} packages are exactly as recorded: versions, file digests, origins and files"
    for word in reversed(WORDS[1:]):
        names = [package.name for package in packages if package.word == word]
        if names:
            more = f" and {len(names) - 4} more" if len(names) > 4 else ""
            said += f"; {word}: {', '.join(names[:4])}{more}"
    if recorded.version != found.version:
        said += f"; Python {found.version} instead of {recorded.version}"
    return said


def _unchecked(recorded: Environment, rebuilt: Rebuilt) -> list[str]:
    said = list(_NOT_YET)
    if by_size := rebuilt.files.files - rebuilt.files.hashed - len(rebuilt.files.damages):
        said.append(f"the content of {by_size} of {rebuilt.files.files} files: compared by size only")
    before, after = recorded.interpreter.libc, rebuilt.environment.interpreter.libc
    if before != after:
        said.append(f"the C library: recorded {before or 'none'}, here {after or 'none'}")
    said += [f"recorded problem: {problem}" for problem in recorded.problems]
    said += [f"problem here: {problem}" for problem in rebuilt.environment.problems]
    return said
