"""Digests of policies: what a policy would do can only change with them, wherever its files lie."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
from collections.abc import Iterable
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from mygym_lite.errors import UsageError

_HERE = Path(__file__).parent


def digest_of_parts(parts: Iterable[bytes]) -> str:
    """One digest of several things in their order."""
    lengths_and_parts = ((str(len(part)).encode() + b":", part) for part in parts)
    return hashlib.sha256(b"".join(piece for pair in lengths_and_parts for piece in pair)).hexdigest()


def digest_of_files(files: Iterable[Path]) -> str:
    """The contents of some files."""
    return digest_of_parts(file.read_bytes() for file in files)


def digest_of_own(*modules: str) -> str:
    """The sources of some modules of this folder."""
    return digest_of_files(_HERE / f"{name}.py" for name in modules)


def digest_of_name(name: str) -> str:
    """The source of the module in ``module:function``, and which function of it."""
    module, _, attribute = name.partition(":")
    found = _spec_of(module)
    source = Path(found.origin) if found is not None and found.origin else None
    return digest_of_parts([attribute.encode(), source.read_bytes() if source and source.is_file() else b""])


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


def digest_of_actor(actor: Any) -> str:
    """A policy or function that was made in Python: its source, and what it holds."""
    if isinstance(actor, FunctionType):
        return digest_of_parts([_source(actor), *_function(actor)])
    _, made_of, *state = actor.__reduce_ex__(2)
    return digest_of_parts([_source(type(actor)), type(actor).__qualname__.encode(), pickled(state or made_of)])


def pickled(thing: Any) -> bytes:
    """Something that a program made, ready to be sent to another process, functions without a name too."""
    import cloudpickle  # type: ignore[import-untyped]

    try:
        data: bytes = cloudpickle.dumps(thing)
    except Exception as error:  # whatever the classes of someone's objects raise
        raise UsageError(
            f"policy {type(thing).__name__}: cannot be sent to other processes ({type(error).__name__}: {error}); "
            "name it as module:function instead"
        ) from error
    return data


def _source(thing: Any) -> bytes:
    """The file that something was written in; nothing where it was typed in."""
    try:
        file = inspect.getsourcefile(thing)
    except (OSError, TypeError):
        file = None
    return Path(file).read_bytes() if file and Path(file).is_file() else b""


def _function(function: FunctionType) -> list[bytes]:
    """What tells two functions of one file apart: their code, and the values that they were made with."""
    held = [cell.cell_contents for cell in function.__closure__ or ()]
    return [
        function.__qualname__.encode(), *_code(function.__code__),
        pickled((function.__defaults__, function.__kwdefaults__, held)),
    ]  # fmt: skip


def _code(code: CodeType) -> list[bytes]:
    """Instructions, names and constants, but no path."""
    inner = [_code(c) if isinstance(c, CodeType) else [repr(c).encode()] for c in code.co_consts]
    return [code.co_code, repr(code.co_names).encode(), *(part for parts in inner for part in parts)]
