"""Fingerprints of the code that decides a result.

They hash the syntax trees of some modules and of all modules that these import, directly or not, at the top or inside
functions. Comments, docstrings and the files that statements stand in do not count.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from mygym_lite import paths
from mygym_lite.fingerprint import DIGITS

EPISODE = "mygym_lite.rollout.rollout"
"""Module that runs an episode; its imports decide a record."""
ENVIRONMENT = "mygym_lite.envs.task_env"
"""Module of the environment."""
EXPERT = "mygym_lite.experts.expert"
"""Module of the scripted expert, whose package decides the results of the expert and of what is made with it alone."""
_WEIGHTS = {"perception", "policies"}  # asset folders that affect a result only if they are what is evaluated
_TYPING = {"__future__", "collections.abc", "numpy.typing", "typing"}  # modules whose names only annotate
_IGNORED_FIELDS = {"ctx", "kind", "returns", "type_comment", "type_params"}  # fields of syntax trees without effect
_DOC = "doc"  # keyword and key of documentation strings
_UNPACKING = ast.Name("**")  # stands for the key of a dictionary that is unpacked into another
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def compute_simulation_fingerprint() -> str:
    """Hash all code and assets that decide the course of an episode and its metrics, whatever the policy."""
    digest = hashlib.sha256(compute_code_fingerprint(EPISODE).encode())
    files = (file for file in paths.get_assets_folder().rglob("*") if file.is_file())
    for file in sorted(file for file in files if not _WEIGHTS.intersection(file.parts)):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:DIGITS]


@cache
def compute_code_fingerprint(*roots: str, beyond: str | None = None) -> str:
    """Hash the code of this package that some modules run.

    Args:
        roots: Names of modules; their imports within the package count, at any depth.
        beyond: Module to leave out, with all that it imports.
    """
    return _load_own_code().fingerprint(roots, () if beyond is None else (beyond,))


@cache
def _load_own_code() -> PackageCode:
    return PackageCode(Path(__file__).resolve().parent, apart=EXPERT.rpartition(".")[0])


class PackageCode:
    """The source code of a package, parsed module by module.

    Args:
        package: Folder of the package.
        apart: Package within it that counts only if a root is one of its modules.
    """

    def __init__(self, package: Path, apart: str = "") -> None:
        root, self._apart = package.parent, apart
        self._name = package.name
        self._files = {
            ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file
            for file in package.rglob("*.py")
        }
        # Neither the public names, which import nothing until they are used, nor fingerprints decide a result.
        self._excluded = {self._name, f"{self._name}.fingerprint", f"{self._name}.code_fingerprint"}
        self._parse = cache(lambda name: _ModuleCode(name, self._files))

    def fingerprint(self, roots: Sequence[str], beyond: Sequence[str] = ()) -> str:
        """Hash all statements that are reachable from `roots`, and not from the modules in `beyond`."""
        modules = [self._parse(name) for name in self.reachable(*roots) - self.reachable(*beyond)]
        imports = {line for module in modules for line in module.imports}
        digest = hashlib.sha256("\n".join(sorted(imports)).encode())
        for statement in sorted(statement for module in modules for statement in module.statements):
            digest.update(statement)
        return digest.hexdigest()[:DIGITS]

    def reachable(self, *roots: str) -> set[str]:
        """Return some modules and all modules that they import, at any depth."""
        reached: set[str] = set()
        queue = list(roots)
        has_apart = any(map(self._is_apart, roots))
        while queue:
            name = queue.pop()
            if name not in self._files:
                raise ValueError(f"{name}: no such module of {self._name}")
            if name in reached or name in self._excluded or (not has_apart and self._is_apart(name)):
                continue
            reached.add(name)
            queue += self._parse(name).needs
            queue += {name.rpartition(".")[0]} & self._files.keys()  # a package runs before its modules
        return reached

    def _is_apart(self, module: str) -> bool:
        return bool(self._apart) and f"{module}.".startswith(f"{self._apart}.")


class _ModuleCode:
    """Digests of the statements of one module.

    Args:
        name: Name of the module.
        files: Files of all modules of the package, by name.
    """

    def __init__(self, name: str, files: Mapping[str, Path]) -> None:
        self._files, self._is_package = files, files[name].name == "__init__.py"
        self._name = name
        self.needs: set[str] = set()
        self.imports: set[str] = set()
        self.statements: list[bytes] = []
        self._modules: set[str] = set()  # local names of other modules of the package
        tree = ast.parse(files[name].read_bytes())
        for node in _find_imports(tree):
            self._add_needs(node)
        for statement in _skip_docstrings(tree.body):
            match statement:
                case ast.Import() | ast.ImportFrom():
                    self.imports.update(self._describe_import(statement))
                case ast.Assign([ast.Name("__all__"), *_]):
                    pass
                case _:
                    words: list[str] = []
                    self._describe(statement, words.append, False)
                    self.statements.append(hashlib.sha256("\0".join(words).encode()).digest())

    def _add_needs(self, node: ast.Import | ast.ImportFrom) -> None:
        """Record the modules of this package that a statement imports."""
        for origin, alias in self._resolve_names(node):
            module = f"{origin}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
            if module in self._files:
                self.needs.add(module)
                self._modules.add(alias.asname or alias.name)
            elif origin in self._files:
                self.needs.add(origin)

    def _describe_import(self, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        """Yield a line for each name that an import binds; the module within this package does not count."""
        package = self._name.partition(".")[0]
        for origin, alias in self._resolve_names(node):
            if origin.partition(".")[0] != package:
                if origin not in _TYPING:
                    yield f"{type(node).__name__} {origin} {alias.name} {alias.asname or ''}"
            elif alias.asname and f"{origin}.{alias.name}" not in self._files and isinstance(node, ast.ImportFrom):
                yield f"own {alias.name} {alias.asname}"

    def _resolve_names(self, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, ast.alias]]:
        """Pair each imported name with the absolute name of its module."""
        for alias in node.names:
            if isinstance(node, ast.Import):
                yield alias.name, alias
            else:
                parts = self._name.split(".")
                parents = parts[: len(parts) - node.level + self._is_package] if node.level else []
                yield ".".join([*parents, *filter(None, [node.module])]), alias

    def _describe(self, node: Any, write: Callable[[str], None], in_function: bool) -> None:
        """Write a syntax tree as words, independent of the version of Python."""
        kind = node.__class__
        if kind is ast.Name:
            write("." + node.id)
        elif kind is ast.Constant:
            is_module = node.value.__class__ is str and node.value in self._files
            write("module" if is_module else f"{node.value.__class__.__name__} {node.value!r}")
        elif kind is ast.Attribute:
            if node.value.__class__ is ast.Name and node.value.id in self._modules:
                write("." + node.attr)
            else:
                write("attribute " + node.attr)
                self._describe(node.value, write, in_function)
        elif kind is ast.Import or kind is ast.ImportFrom:
            for line in self._describe_import(node):
                write(line)
        elif kind is ast.Dict:
            write("(Dict")
            for key, value in zip(node.keys, node.values, strict=True):
                if not (key.__class__ is ast.Constant and key.value == _DOC):
                    self._describe(key or _UNPACKING, write, in_function)
                    self._describe(value, write, in_function)
            write(")")
        elif in_function and kind is ast.AnnAssign:  # the annotation of a local variable has no effect
            if node.value is not None:
                self._describe(ast.Assign([node.target], node.value), write, in_function)
        else:
            self._describe_fields(node, write, in_function)

    def _describe_fields(self, node: Any, write: Callable[[str], None], in_function: bool) -> None:
        """Write the fields of a node as words, recursively."""
        kind = node.__class__
        write("(" + kind.__name__)
        inner = kind in _FUNCTIONS or (in_function and kind is not ast.ClassDef)
        for field in _list_fields(kind):
            value = getattr(node, field, None)
            if value is None or value == []:
                continue
            write(field)
            for item in _filter_items(kind, value) if value.__class__ is list else (value,):
                if isinstance(item, ast.AST):
                    self._describe(item, write, inner)
                else:
                    write(repr(item))
        write(")")


@cache
def _list_fields(kind: Any) -> tuple[str, ...]:
    return tuple(field for field in kind._fields if field not in _IGNORED_FIELDS)


def _filter_items(kind: Any, items: list[Any]) -> Iterable[Any]:
    """Leave out the items of a list that have no effect."""
    if isinstance(items[0], ast.stmt):
        return _skip_docstrings(items)
    if kind is ast.Call:
        return [item for item in items if not (item.__class__ is ast.keyword and item.arg == _DOC)]
    if kind is ast.JoinedStr:  # Python 3.12.0 and 3.12.1 end some with an empty string
        return [item for item in items if not (item.__class__ is ast.Constant and item.value == "")]
    return items


def _skip_docstrings(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Skip docstrings, and imports for type checkers."""
    for statement in statements:
        match statement:
            case ast.Expr(ast.Constant(str())):
                continue
            case ast.If(ast.Name("TYPE_CHECKING")):
                yield from _skip_docstrings(statement.orelse)
            case _:
                yield statement


def _find_imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Find every import that may run, including those inside functions."""
    queue = [node]
    while queue:
        node = queue.pop()
        match node:
            case ast.Import() | ast.ImportFrom():
                yield node
            case ast.If(ast.Name("TYPE_CHECKING")):
                queue += node.orelse
            case _:
                for field in ("body", "orelse", "handlers", "finalbody", "cases"):
                    children = getattr(node, field, None)
                    if children.__class__ is list:
                        queue += children
