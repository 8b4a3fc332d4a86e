"""The walls of the house, read from the source: who may import whom, and what nobody may do.

Every import counts, also one inside a function or under TYPE_CHECKING: a deferred import is still a dependency.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PACKAGE = "mlver_tui"
ROOT = Path(__file__).resolve().parents[1] / PACKAGE
LONGEST_FILE = 400

# The top-level modules, which know nobody above them.
_PLAIN = {"clock", "digest", "errors", "names", "packing", "records", "sanitize", "units", "values"}
_OF_THE_MACHINE = {"config", "home", "process"}
GROUND = frozenset(_PLAIN | _OF_THE_MACHINE)

# Room -> what it may import besides itself. A name covers all inside it; the longest name that fits a module counts.
WALLS: dict[str, frozenset[str]] = {
    "": frozenset({"shim", "api"}),
    "__main__": frozenset({"cli"}),
    **dict.fromkeys(GROUND, GROUND),
    "api": GROUND | {"store", "query"},
    "store": GROUND,
    "capture": GROUND,
    "query": GROUND,
    "shim": GROUND | {"capture", "store.journal"},
    "registry": GROUND | {"store", "query"},
    "restore": GROUND | {"store", "query", "capture"},
    "interop": GROUND | {"store", "query"},
    "demo": frozenset({""}),
    "tui": frozenset({"tui", "query.views", "units", "sanitize", "errors"}),
    "tui.start": frozenset({"tui", "home", "errors"}),
    "tui.backend": GROUND | {"tui", "query", "registry", "restore", "interop", "store.runs"},
    "tui.database": GROUND | {"tui", "store.connection", "store.fold"},
    "cli": frozenset({"", "api", "store", "query", "registry", "restore", "interop", "demo", "tui", "shim", "capture"})
    | GROUND,
}

# What a room may import inside a function only: to resume a run means to read the store.
DEFERRED: dict[str, frozenset[str]] = {"shim": frozenset({"api"})}

# Module from outside -> the rooms that may import it. A module that is not named here is anybody's.
# Nothing speaks to a network: what a person runs stays on the box.
_LOWER = frozenset({"store", "query", "registry", "restore", "interop"})
OUTSIDE: dict[str, frozenset[str]] = {
    "sqlite_utils": frozenset({"store.migrations"}),
    "sqlite3": _LOWER | {"api", "cli", "tui.backend", "tui.database", "tui.first_rows"},
    "textual": frozenset({"tui"}),
    "rich": frozenset({"tui"}),
    "psutil": frozenset({"capture", "shim", "process"}),
    "yaml": frozenset({"config"}),
    **dict.fromkeys(("pickle", "cPickle", "marshal", "shelve", "dill", "joblib", "imp"), frozenset()),
    **dict.fromkeys(("numpy", "torch", "tensorflow", "jax"), frozenset()),
    "pandas": frozenset({"api"}),
    **dict.fromkeys(("urllib.request", "http", "ftplib", "smtplib", "xmlrpc", "requests", "httpx"), frozenset()),
}

BANNED_CALLS = frozenset(
    {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "subprocess.getoutput"}
    | {f"yaml.{name}" for name in ("load", "load_all", "unsafe_load", "full_load")}
)
BANNED_FILES = frozenset(("utils", "util", "common", "helpers", "helper", "misc", "manager", "data", "info", "handle"))


@dataclass(frozen=True)
class Module:
    """One source file: `name` is dotted and relative to the package, "" for the face."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def folder(self) -> str:
        """What `from . import x` means here."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]


@cache
def house() -> dict[str, Module]:
    modules = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules[name] = Module(name, path, ast.parse(path.read_text(encoding="utf-8"), str(path)))
    return modules


def inside(name: str, room: str) -> bool:
    return name == room or (room != "" and name.startswith(f"{room}."))


def room_of(name: str) -> str | None:
    rooms = [room for room in WALLS if inside(name, room)]
    return max(rooms, key=len) if rooms else None


def imported(module: Module, node: ast.AST) -> Iterator[str]:
    """Absolute dotted names that an import statement brings in, submodules told from attributes."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = module.folder.split(".") if module.folder else []
            above = above[: len(above) - node.level + 1]
            base = ".".join([PACKAGE, *above, *([node.module] if node.module else [])])
        for alias in node.names:
            deeper = f"{base}.{alias.name}"
            yield deeper if own_name(deeper) in house() else base


def own_name(dotted: str) -> str | None:
    """`mlver_tui.store.runs` as `store.runs`; None for what is not ours."""
    if dotted == PACKAGE:
        return ""
    return dotted.removeprefix(f"{PACKAGE}.") if dotted.startswith(f"{PACKAGE}.") else None


def imports_of(module: Module, *, deferred: bool = True) -> Iterator[tuple[int, str]]:
    """Line and absolute name of each import; without `deferred` only those that run when the module is loaded."""
    todo: list[ast.AST] = [module.tree]
    while todo:
        node = todo.pop()
        for name in imported(module, node):
            yield getattr(node, "lineno", 0), name
        if deferred or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.If):
            todo += ast.iter_child_nodes(node)


def everywhere(kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> Iterator[tuple[Module, ast.AST]]:
    for module in house().values():
        yield from ((module, node) for node in ast.walk(module.tree) if isinstance(node, kind))


def place(module: Module, line: int) -> str:
    return f"{module.path.relative_to(ROOT.parent)}:{line}"


def refuse(faults: list[str]) -> None:
    assert not faults, "\n" + "\n".join(faults)


def test_every_module_stands_in_a_room() -> None:
    refuse([f"{name}: not in the table WALLS" for name in house() if room_of(name) is None])


def test_no_import_crosses_a_wall() -> None:
    faults = []
    for module in house().values():
        room = room_of(module.name) or ""
        at_load = set(imports_of(module, deferred=False))
        for line, name in imports_of(module):
            target = own_name(name)
            if target is None or (room and inside(target, room)):
                continue
            later = frozenset() if (line, name) in at_load else DEFERRED.get(room, frozenset())
            if not any(inside(target, allowed) for allowed in WALLS[room] | later):
                faults.append(f"{place(module, line)}: {room or 'the face'} may not import {target or 'the face'}")
    refuse(faults)


def test_outside_modules_stay_in_their_rooms() -> None:
    faults = []
    for module in house().values():
        for line, name in imports_of(module):
            rooms = [rooms for outside, rooms in OUTSIDE.items() if inside(name, outside)]
            if rooms and not any(inside(module.name, room) for room in rooms[0]):
                faults.append(f"{place(module, line)}: {module.name or 'the face'} may not import {name}")
    refuse(faults)


def test_no_module_waits_for_itself_while_it_is_loaded() -> None:
    edges = {
        module.name: {own for _, name in imports_of(module, deferred=False) if (own := own_name(name)) is not None}
        for module in house().values()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, "imports run in a circle: " + " -> ".join([*trail[trail.index(name) :], name])
        if name in done:
            return
        for target in sorted(edges.get(name, set()) - {name}):
            visit(target, (*trail, name))
        done.add(name)

    for name in edges:
        visit(name, ())


def test_every_module_says_why_it_is_a_room() -> None:
    silent = [m for m in house().values() if m.tree.body and not ast.get_docstring(m.tree)]
    refuse([f"{place(module, 1)}: no module docstring" for module in silent])


def test_files_stay_readable() -> None:
    lengths = {module: len(module.path.read_text(encoding="utf-8").splitlines()) for module in house().values()}
    refuse([f"{place(m, n)}: {n} lines, more than {LONGEST_FILE}" for m, n in lengths.items() if n > LONGEST_FILE])


def test_names_say_what_a_thing_is() -> None:
    faults = [f"{m.path}: a name that says nothing" for m in house().values() if m.path.stem in BANNED_FILES]
    for module, node in everywhere(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        if any(word in node.name for word in ("Manager", "Helper", "Util")):
            faults.append(f"{place(module, node.lineno)}: class {node.name}")
    refuse(faults)


def test_no_error_is_swallowed() -> None:
    faults = []
    for module, node in everywhere(ast.ExceptHandler):
        assert isinstance(node, ast.ExceptHandler)
        silent = all(isinstance(s, ast.Pass) or (isinstance(s, ast.Expr) and is_dots(s.value)) for s in node.body)
        if silent or node.type is None:
            faults.append(f"{place(module, node.lineno)}: {'silent' if silent else 'bare'} except")
    refuse(faults)


def is_dots(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def test_nothing_recorded_can_become_code() -> None:
    faults = []
    for module, node in everywhere(ast.Call):
        assert isinstance(node, ast.Call)
        if ast.unparse(node.func) in BANNED_CALLS:
            faults.append(f"{place(module, node.lineno)}: {ast.unparse(node.func)}(…)")
        if any(keyword.arg == "shell" and ast.unparse(keyword.value) != "False" for keyword in node.keywords):
            faults.append(f"{place(module, node.lineno)}: a shell")
    refuse(faults)


def test_no_room_is_left_half_built() -> None:
    words = ("TODO", "FIXME", "XXX", "NotImplementedError")
    refuse(
        [
            f"{place(module, number)}: {line.strip()}"
            for module in house().values()
            for number, line in enumerate(module.path.read_text(encoding="utf-8").splitlines(), 1)
            if any(word in line for word in words)
        ]
    )


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from ..query.views import RunRow", ["mlver_tui.query.views"]),
        ("from ..query import views", ["mlver_tui.query.views"]),
        ("from . import journal", ["mlver_tui.store.journal"]),
        ("from .. import records, errors", ["mlver_tui.records", "mlver_tui.errors"]),
        ("def f():\n    import sqlite3", ["sqlite3"]),
        ("import mlver_tui.tui.app as app", ["mlver_tui.tui.app"]),
    ],
)
def test_the_reader_of_imports_resolves_names(source: str, names: list[str]) -> None:
    module = Module("store.runs", ROOT / "store" / "runs.py", ast.parse(source))
    assert [name for _, name in imports_of(module)] == names
