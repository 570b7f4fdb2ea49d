"""Fingerprints: of plain data, of files, of policies made in Python, and of the code that decides a result.

The fingerprint of code is taken from the syntax trees of every module that the named ones import, directly or not, at
the top or inside functions. Comments, docstrings and the files that statements stand in do not count.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from mygym_lite import paths
from mygym_lite.errors import UsageError

EPISODE = "mygym_lite.rollout.rollout"
"""The module that runs an episode: what it imports decides a record."""
ENVIRONMENT = "mygym_lite.envs.task_env"
"""The module that holds the environment."""
_DIGITS = 32  # of a fingerprint, hexadecimal
_WEIGHTS = {"perception", "policies"}  # folders of assets that decide nothing unless they are what is evaluated
_TYPING = {"__future__", "collections.abc", "numpy.typing", "typing"}  # modules whose names only annotate
_UNREAD = {"ctx", "kind", "returns", "type_comment", "type_params"}  # fields of a syntax tree that decide nothing
_DOC = "doc"  # keyword and key of sentences for readers
Table = Mapping[str, Any]


# --- plain data


def to_plain_data(value: Any) -> Any:
    """Convert to what JSON and TOML hold, without absent values."""
    if isinstance(value, dict):
        return {key: to_plain_data(item) for key, item in value.items() if item is not None}
    return [to_plain_data(item) for item in value] if isinstance(value, list | tuple) else value


def compute_fingerprint(value: Any) -> str:
    """Hash plain data."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:_DIGITS]


def find_differences(before: Table, now: Table, identity_keys: Iterable[str] | None = None) -> list[str]:
    """List what differs between two manifests, a line each: ``tasks.grasp.fields.episode.seconds was 8, is 4``.

    Args:
        before: One manifest.
        now: The other.
        identity_keys: The keys that are compared; all of them if left out.
    """
    keys = {**before, **now} if identity_keys is None else identity_keys
    return [line for key in keys for line in _differences(before.get(key), now.get(key), key)]


def _differences(before: Any, now: Any, at: str) -> Iterator[str]:
    if before == now:
        return
    if isinstance(before, dict) and isinstance(now, dict):
        inner = [
            line
            for key in sorted({*before, *now})
            if key not in ("text", "digest")
            for line in _differences(before.get(key), now.get(key), f"{at}.{key}")
        ]
        yield from inner or [f"{at} has another content (digest {before.get('digest')}, now {now.get('digest')})"]
    else:
        yield f"{at} was {_shown(before)}, is {_shown(now)}"


def _shown(value: Any) -> str:
    text = "absent" if value is None else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# --- files and policies


def fingerprint_parts(parts: Iterable[bytes]) -> str:
    """Hash several byte strings in their order."""
    lengths_and_parts = ((str(len(part)).encode() + b":", part) for part in parts)
    return hashlib.sha256(b"".join(piece for pair in lengths_and_parts for piece in pair)).hexdigest()


def fingerprint_files(files: Iterable[Path]) -> str:
    """Hash the contents of files."""
    return fingerprint_parts(file.read_bytes() for file in files)


def fingerprint_by_name(name: str) -> str:
    """Hash the source of the module in ``module:function``, and the name of the function."""
    module, _, attribute = name.partition(":")
    found = _spec_of(module)
    source = Path(found.origin) if found is not None and found.origin else None
    return fingerprint_parts([attribute.encode(), source.read_bytes() if source and source.is_file() else b""])


def _spec_of(module: str) -> ModuleSpec | None:
    """Find a module without importing the packages that it is in, whose code may do anything."""
    first, *others = module.split(".")
    try:
        found = importlib.util.find_spec(first)
        for name in others:
            inside = found and found.submodule_search_locations
            found = PathFinder.find_spec(name, inside) if inside else None
    except (ImportError, ValueError):
        return None
    return found


def fingerprint_object(policy: Any) -> str:
    """Hash a policy or function that was made in Python: its source, and what it holds."""
    if isinstance(policy, FunctionType):
        return fingerprint_parts([_source(policy), *_function(policy)])
    _, made_of, *state = policy.__reduce_ex__(2)
    return fingerprint_parts(
        [_source(type(policy)), type(policy).__qualname__.encode(), pickle_object(state or made_of)]
    )


def pickle_object(value: Any) -> bytes:
    """Pickle an object for another process, functions without a name included."""
    import cloudpickle  # type: ignore[import-untyped]

    try:
        data: bytes = cloudpickle.dumps(value)
    except Exception as error:  # whatever the classes of someone's objects raise
        raise UsageError(
            f"policy {type(value).__name__}: cannot be sent to other processes ({type(error).__name__}: {error}); "
            "name it as module:function instead"
        ) from error
    return data


def _source(thing: Any) -> bytes:
    """Read the file that something was written in; nothing where it was typed in."""
    try:
        file = inspect.getsourcefile(thing)
    except (OSError, TypeError):
        file = None
    return Path(file).read_bytes() if file and Path(file).is_file() else b""


def _function(function: FunctionType) -> list[bytes]:
    """List what tells two functions of one file apart: their code, and the values that they were made with."""
    held = [cell.cell_contents for cell in function.__closure__ or ()]
    return [
        function.__qualname__.encode(), *_code(function.__code__),
        pickle_object((function.__defaults__, function.__kwdefaults__, held)),
    ]  # fmt: skip


def _code(code: CodeType) -> list[bytes]:
    """List instructions, names and constants, but no path."""
    inner = [_code(c) if isinstance(c, CodeType) else [repr(c).encode()] for c in code.co_consts]
    return [code.co_code, repr(code.co_names).encode(), *(part for parts in inner for part in parts)]


# --- code


@cache
def compute_simulation_fingerprint() -> str:
    """Hash all code and assets that decide what an episode is and what is measured of it."""
    whole = hashlib.sha256(code_fingerprint(EPISODE).encode())
    assets = (
        file
        for file in paths.get_assets_folder().rglob("*")
        if file.is_file() and not _WEIGHTS.intersection(file.parts)
    )
    for file in sorted(assets):
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()[:_DIGITS]


@cache
def code_fingerprint(*roots: str, beyond: str | None = None) -> str:
    """Hash the code of this package that some modules run.

    Args:
        roots: Names of modules; everything in the package that they import counts, at any depth.
        beyond: Module whose own code, and all that it imports, is left out.
    """
    return _own_code().fingerprint(roots, () if beyond is None else (beyond,))


@cache
def _own_code() -> PackageCode:
    return PackageCode(Path(__file__).resolve().parent)


class PackageCode:
    """The source code of a package, read module by module.

    Args:
        package: Its folder.
    """

    def __init__(self, package: Path) -> None:
        root = package.parent
        self._name = package.name
        self._files = {
            ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file
            for file in package.rglob("*.py")
        }
        # Neither the public names, which import nothing until they are used, nor fingerprints decide a result.
        self._left_out = {self._name, f"{self._name}.{__name__.rpartition('.')[2]}"}
        self._read: dict[str, _ModuleCode] = {}

    @property
    def modules(self) -> tuple[str, ...]:
        """The names of all modules."""
        return tuple(sorted(self._files))

    def fingerprint(self, roots: Sequence[str], beyond: Sequence[str] = ()) -> str:
        """Hash all statements that are reachable from the roots, and not from the modules beyond."""
        modules = [self._module(name) for name in self.reachable(*roots) - self.reachable(*beyond)]
        imports = {line for module in modules for line in module.imports}
        statements = sorted(statement for module in modules for statement in module.statements)
        whole = hashlib.sha256("\n".join(sorted(imports)).encode())
        for statement in statements:
            whole.update(statement)
        return whole.hexdigest()[:_DIGITS]

    def reachable(self, *roots: str) -> set[str]:
        """List the modules that some modules import at any depth, and these."""
        found: set[str] = set()
        left = list(roots)
        while left:
            name = left.pop()
            if name not in self._files:
                raise ValueError(f"{name}: no such module of {self._name}")
            if name in found or name in self._left_out:
                continue
            found.add(name)
            left += self._module(name).needs
            left += {name.rpartition(".")[0]} & self._files.keys()  # a package runs before what is in it
        return found

    def _module(self, name: str) -> _ModuleCode:
        if name not in self._read:
            self._read[name] = _ModuleCode(name, self._files)
        return self._read[name]


class _ModuleCode:
    """Digests of the statements of one module.

    Args:
        name: Its name.
        files: The files of all modules of the package.
    """

    def __init__(self, name: str, files: Mapping[str, Path]) -> None:
        self._files, self._is_package = files, files[name].name == "__init__.py"
        self._name = name
        self.needs: set[str] = set()
        self.imports: set[str] = set()
        self.statements: list[bytes] = []
        self._modules: set[str] = set()  # names by which other modules of the package are called here
        tree = ast.parse(files[name].read_bytes())
        for node in _imports(tree):
            self._follow(node)
        for statement in _body(tree.body):
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self.imports.update(self._lines(statement))
            elif not _is_list_of_names(statement):
                words: list[str] = []
                self._describe(statement, words.append, False)
                self.statements.append(hashlib.sha256("\0".join(words).encode()).digest())

    def _follow(self, node: ast.Import | ast.ImportFrom) -> None:
        """Note the modules of this package that a statement imports."""
        for origin, alias in self._origins(node):
            whole = f"{origin}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
            if whole in self._files:
                self.needs.add(whole)
                self._modules.add(alias.asname or alias.name)
            elif origin in self._files:
                self.needs.add(origin)

    def _lines(self, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        """List what a statement at the top binds, a line for each name; not where in this package it comes from."""
        for origin, alias in self._origins(node):
            if not self._is_own(origin):
                if origin not in _TYPING:
                    yield f"{type(node).__name__} {origin} {alias.name} {alias.asname or ''}"
            elif alias.asname and f"{origin}.{alias.name}" not in self._files and isinstance(node, ast.ImportFrom):
                yield f"own {alias.name} {alias.asname}"

    def _origins(self, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, ast.alias]]:
        """Pair each imported name with the absolute name of the module that it comes from."""
        for alias in node.names:
            if isinstance(node, ast.Import):
                yield alias.name, alias
            else:
                parts = self._name.split(".")
                above = parts[: len(parts) - node.level + self._is_package] if node.level else []
                yield ".".join([*above, *filter(None, [node.module])]), alias

    def _is_own(self, origin: str) -> bool:
        return origin.partition(".")[0] == self._name.partition(".")[0]

    def _describe(self, node: Any, out: Callable[[str], None], in_function: bool) -> None:
        """Write a syntax tree as words, the same for every version of Python."""
        kind = node.__class__
        if kind is ast.Name:
            out("." + node.id)
            return
        if kind is ast.Constant:
            value = node.value
            is_module = value.__class__ is str and value in self._files
            out("module" if is_module else f"{value.__class__.__name__} {value!r}")
            return
        if kind is ast.Attribute:
            value, name = node.value, node.attr
            if value.__class__ is ast.Name and value.id in self._modules:
                out("." + name)
            else:
                out("attribute " + name)
                self._describe(value, out, in_function)
            return
        if kind is ast.Import or kind is ast.ImportFrom:
            for line in self._lines(node):
                out(line)
            return
        if kind is ast.Dict:
            out("(Dict")
            for key, value in zip(node.keys, node.values, strict=True):
                if key.__class__ is ast.Constant and key.value == _DOC:
                    continue
                self._describe(key or _UNPACKED, out, in_function)
                self._describe(value, out, in_function)
            out(")")
            return
        if in_function and kind is ast.AnnAssign:  # the type of a local variable is never read
            if node.value is None:
                return
            node = ast.Assign([node.target], node.value)
        self._describe_fields(node, out, in_function)

    def _describe_fields(self, node: Any, out: Callable[[str], None], in_function: bool) -> None:
        """Write the parts of a syntax tree, and those of each part, as words."""
        kind = node.__class__
        out("(" + kind.__name__)
        inner = kind in _FUNCTIONS or (in_function and kind is not ast.ClassDef)
        for field in _fields(kind):
            value = getattr(node, field, None)
            if value is None or value == []:
                continue
            out(field)
            for item in _items(kind, value) if value.__class__ is list else (value,):
                if isinstance(item, ast.AST):
                    self._describe(item, out, inner)
                else:
                    out(repr(item))
        out(")")


_UNPACKED = ast.Name("**")  # in place of a key, before a dictionary that is unpacked into another
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    """Name the parts of a syntax tree that decide what the program does."""
    return tuple(field for field in kind._fields if field not in _UNREAD)


def _items(kind: Any, items: list[Any]) -> Iterable[Any]:
    """Leave out items of a list that decide nothing."""
    if isinstance(items[0], ast.stmt):
        return _body(items)
    if kind is ast.Call:
        return [item for item in items if not (item.__class__ is ast.keyword and item.arg == _DOC)]
    if kind is ast.JoinedStr:  # Python 3.12.0 and 3.12.1 end some with an empty string
        return [item for item in items if not (item.__class__ is ast.Constant and item.value == "")]
    return items


def _body(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Pass over docstrings, and imports that only type checkers read."""
    for statement in statements:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            if isinstance(statement.value.value, str):
                continue
        elif isinstance(statement, ast.If) and _is_type_checking(statement):
            yield from _body(statement.orelse)
            continue
        yield statement


def _imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Find every import that may run, inside functions too."""
    left = [node]
    while left:
        node = left.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and _is_type_checking(node):
            left += node.orelse
        else:
            for field in ("body", "orelse", "handlers", "finalbody", "cases"):
                children = getattr(node, field, None)
                if children.__class__ is list:
                    left += children


def _is_type_checking(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _is_list_of_names(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__"
