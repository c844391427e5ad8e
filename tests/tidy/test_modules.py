"""Style that fails: what a reader of the product may count on."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from .product import FOLDERS, ROOT, modules, name_of_path

LINES_MAX = 250
NAMES_TO_AVOID = {"utils", "util", "common", "helpers", "helper", "models", "manager", "base", "misc"}
MODULES = modules()
EVERY_MODULE = [*MODULES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "src/slackwater").glob("*.py"))]


def test_there_are_modules() -> None:
    """A moved folder must not make the rules below pass over nothing."""
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(FOLDERS)


@pytest.mark.parametrize("path", MODULES, ids=name_of_path)
def test_length(path: Path) -> None:
    """A module has one noun and at most 250 lines."""
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= LINES_MAX, f"{name_of_path(path)} has {lines} lines: it says more than one thing"


def test_names_say_something() -> None:
    """No module and no folder is named for holding whatever came to mind."""
    named = {path: {path.stem, *path.relative_to(ROOT).parent.parts} & NAMES_TO_AVOID for path in MODULES}
    assert not {name_of_path(path): sorted(found) for path, found in named.items() if found}


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, node.module or ""


@pytest.mark.parametrize("path", EVERY_MODULE, ids=name_of_path)
def test_root_folders_are_no_packages(path: Path) -> None:
    """`import core` works by accident and gives a second copy of every class: only `slackwater.core` is imported."""
    found = [(line, name) for line, name in _imports(ast.parse(path.read_text("utf-8"))) if name.split(".")[0] in FOLDERS]
    assert not found


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent.name != "versions"], ids=name_of_path)
def test_a_folder_imports_its_own_relatively(path: Path) -> None:
    """Inside a folder imports are relative, so that type checkers pointed at the file itself see one module, not two.

    Alembic loads revisions by their path, outside any package, so they cannot.
    """
    own = f"slackwater.{path.relative_to(ROOT).parts[0]}"
    found = [
        (line, name)
        for line, name in _imports(ast.parse(path.read_text("utf-8")))
        if name == own or name.startswith(f"{own}.")
    ]
    assert not found


def _public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Public classes and functions of a module, and the public methods of its public classes."""
    queue: list[ast.AST] = list(tree.body)
    while queue:
        node = queue.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                queue.extend(node.body)


def _needs_no_words(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """A property's setter or an overload says nothing new."""
    parts = [getattr(part, "attr", getattr(part, "id", "")) for part in node.decorator_list]
    return bool({"setter", "overload", "override"}.intersection(parts))


@pytest.mark.parametrize("path", MODULES, ids=name_of_path)
def test_docstrings(path: Path) -> None:
    """Every module, public class, function and method says what it is for."""
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), f"{name_of_path(path)} has no docstring"
    silent = [
        f"{name_of_path(path)}:{node.lineno} {node.name}"
        for node in _public(tree)
        if not ast.get_docstring(node) and not _needs_no_words(node)
    ]
    assert not silent
