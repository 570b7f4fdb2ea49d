"""Fingerprints of plain data, of files, and of policies defined in Python; see `code_fingerprint` for those of code."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from mygym_lite.errors import UsageError

DIGITS = 32
"""Length of a fingerprint, hexadecimal."""
Table = Mapping[str, Any]


# --- plain data


def to_plain_data(value: Any) -> Any:
    """Convert to what JSON and TOML can represent, and drop absent values."""
    if isinstance(value, dict):
        return {key: to_plain_data(item) for key, item in value.items() if item is not None}
    return [to_plain_data(item) for item in value] if isinstance(value, list | tuple) else value


def compute_fingerprint(value: Any) -> str:
    """Hash plain data."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:DIGITS]


def find_differences(before: Table, now: Table, identity_keys: Iterable[str] | None = None) -> list[str]:
    """List the differences of two manifests, one per line: ``tasks.grasp.fields.episode.seconds was 8, is 4``.

    Args:
        before: Old manifest.
        now: New manifest.
        identity_keys: Keys to compare; all of them by default.
    """
    keys = {**before, **now} if identity_keys is None else identity_keys
    return [line for key in keys for line in _compare(before.get(key), now.get(key), key)]


def _compare(before: Any, now: Any, path: str) -> Iterator[str]:
    if before == now:
        return
    if isinstance(before, dict) and isinstance(now, dict):
        lines = [
            line
            for key in sorted({*before, *now})
            if key not in ("text", "digest")
            for line in _compare(before.get(key), now.get(key), f"{path}.{key}")
        ]
        yield from lines or [f"{path} has another content (digest {before.get('digest')}, now {now.get('digest')})"]
    else:
        yield f"{path} was {_abbreviate(before)}, is {_abbreviate(now)}"


def _abbreviate(value: Any) -> str:
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
    spec = _find_spec(module)
    source = Path(spec.origin) if spec is not None and spec.origin else None
    return fingerprint_parts([attribute.encode(), source.read_bytes() if source and source.is_file() else b""])


def _find_spec(module: str) -> ModuleSpec | None:
    """Find a module without importing its parent packages, whose code may have side effects."""
    first, *others = module.split(".")
    try:
        spec = importlib.util.find_spec(first)
        for name in others:
            locations = spec and spec.submodule_search_locations
            spec = PathFinder.find_spec(name, locations) if locations else None
    except (ImportError, ValueError):
        return None
    return spec


def fingerprint_object(policy: Any) -> str:
    """Hash the source and the state of a policy or function that is defined in Python."""
    if isinstance(policy, FunctionType):
        return fingerprint_parts([_read_source(policy), *_describe_function(policy)])
    _, arguments, *state = policy.__reduce_ex__(2)
    return fingerprint_parts(
        [_read_source(type(policy)), type(policy).__qualname__.encode(), pickle_object(state or arguments)]
    )


def pickle_object(value: Any) -> bytes:
    """Pickle an object for another process, including lambdas and local functions."""
    import cloudpickle  # type: ignore[import-untyped]

    try:
        data: bytes = cloudpickle.dumps(value)
    except Exception as error:  # user classes may raise anything
        raise UsageError(
            f"policy {type(value).__name__}: cannot be sent to other processes ({type(error).__name__}: {error}); "
            "name it as module:function instead"
        ) from error
    return data


def _read_source(code: Any) -> bytes:
    """Read the source file of a class or function; empty for interactive code."""
    try:
        file = inspect.getsourcefile(code)
    except (OSError, TypeError):
        file = None
    return Path(file).read_bytes() if file and Path(file).is_file() else b""


def _describe_function(function: FunctionType) -> list[bytes]:
    """List what distinguishes two functions of one file: their code, defaults and closures."""
    closure = [cell.cell_contents for cell in function.__closure__ or ()]
    values = pickle_object((function.__defaults__, function.__kwdefaults__, closure))
    return [function.__qualname__.encode(), *_describe_code(function.__code__), values]


def _describe_code(code: CodeType) -> list[bytes]:
    """List instructions, names and constants, but no path."""
    inner = [_describe_code(c) if isinstance(c, CodeType) else [repr(c).encode()] for c in code.co_consts]
    return [code.co_code, repr(code.co_names).encode(), *(part for parts in inner for part in parts)]
