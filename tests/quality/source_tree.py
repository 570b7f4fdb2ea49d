"""Read the modules of the package as syntax trees, and the imports between them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "mygym_lite"
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


@cache
def read(module: str) -> str:
    """Return the source text of a module."""
    return FILES[module].read_text(encoding="utf-8")


@cache
def parse(module: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(read(module))


def get_row(module: str) -> str:
    """Return the part directly under the package: "sim" of mygym_lite.sim.world."""
    return [*module.split("."), "__init__"][1]


def resolve_imports(module: str, node: ast.AST) -> Iterator[str]:
    """Yield the modules that one statement imports; a name that is no module stands for the module that holds it."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        package = module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]
        parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        source = ".".join([*parents, *filter(None, [node.module])])
        for alias in node.names:
            yield f"{source}.{alias.name}" if f"{source}.{alias.name}" in FILES else source


@cache
def find_imports(module: str) -> frozenset[str]:
    """Return everything a module imports, inside functions too."""
    return frozenset(name for node in ast.walk(parse(module)) for name in resolve_imports(module, node))


def keep_own(names: Set[str]) -> set[str]:
    """Return the names that belong to the package."""
    return {name for name in names if name.split(".")[0] == PACKAGE.name}


def find_functions(module: str) -> Iterator[ast.FunctionDef]:
    """Yield the functions and methods of a module, without properties and magic methods."""
    for node in ast.walk(parse(module)):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("__") and not _is_property(node):
            yield node


def find_docstrings(module: str) -> Iterator[tuple[int, str]]:
    """Yield the line and text of every docstring of a module."""
    for node in ast.walk(parse(module)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
            yield (node.body[0].lineno, text)


def _is_property(node: ast.FunctionDef) -> bool:
    names = [ast.unparse(decorator) for decorator in node.decorator_list]
    return any("property" in name or name.endswith((".setter", ".deleter")) for name in names)
