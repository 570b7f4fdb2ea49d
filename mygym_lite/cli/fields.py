"""The fields of every kind of file that people write, from their declarations."""

from __future__ import annotations

import dataclasses
import inspect
import math
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from mygym_lite.schema import get_fields

_WORDS = {float: "number", int: "integer", bool: "true or false", str: "text", object: "value", type(None): "absent"}
REQUIRED = "required"


@dataclass(frozen=True)
class Field:
    """One key of a table."""

    name: str
    type_text: str
    unit: str
    bounds: str
    default: str
    about: str


@dataclass(frozen=True)
class Table:
    """One table of a file: its heading in TOML, empty for the top of the file, and its keys."""

    heading: str
    about: str
    fields: tuple[Field, ...]


def get_declarations() -> dict[str, type]:
    """The kinds of files, and what declares each."""
    from mygym_lite.config.objects import ObjectModel
    from mygym_lite.config.robot import _RobotTable
    from mygym_lite.config.task import Task
    from mygym_lite.config.workspace import Workspace
    from mygym_lite.policies.remote.mapping import RemoteMapping
    from mygym_lite.randomization.preset import _PresetTable
    from mygym_lite.randomization.suite import _SuiteTable

    return {
        "task": Task, "robot": _RobotTable, "object": ObjectModel, "workspace": Workspace, "suite": _SuiteTable,
        "preset": _PresetTable, "mapping": RemoteMapping,
    }  # fmt: skip


def iterate_tables(declared: type, path: str = "", heading: str = "", about: str = "") -> Iterator[Table]:
    """A table and those below it, in the order of the file."""
    defaults = {field.name: field for field in dataclasses.fields(declared)}
    found, below = [], []
    for name, (annotation, meta) in get_fields(declared).items():
        inner = _table_in(annotation)
        meaning = meta.get("doc") or (_first_line(inner) if inner else "")
        default = _default(defaults[name], annotation)
        found.append(Field(name, _form(annotation), meta.get("unit") or "", _bounds(meta), default, meaning))
        if inner is not None:
            here = f"{path}{name}"
            inside = f"{here}.NAME" if get_origin(annotation) is dict else here
            title = f"[[{here}]]" if get_origin(annotation) is tuple else f"[{inside}]"
            below.append((inner, f"{inside}.", title, meaning))
    yield Table(heading, _first_line(declared) or about, tuple(found))
    for table in below:
        yield from iterate_tables(*table)


def _table_in(annotation: Any) -> type | None:
    """The dataclass that declares the tables of a field, if it holds some."""
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _table_in(inner))), None)


def _first_line(declared: type) -> str:
    text = (inspect.getdoc(declared) or "").partition("\n")[0]
    return "" if text.startswith(f"{declared.__name__}(") else text  # what dataclasses write where nobody did


def _form(annotation: Any) -> str:
    """Format a value."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f'"{choice}"' for choice in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(_form(kind) for kind in inner if kind is not type(None))
    if origin is tuple:
        kinds = [_form(kind) for kind in inner if kind is not Ellipsis]
        return f"[{', '.join([*kinds, '...'] if Ellipsis in inner else kinds)}]"
    if origin is dict or dataclasses.is_dataclass(annotation):
        return "tables" if origin is dict and _table_in(annotation) else "table"
    return _WORDS[annotation]


def _bounds(meta: Any) -> str:
    low, high = meta.get("low", -math.inf), meta.get("high", math.inf)
    if math.isfinite(low) and math.isfinite(high):
        return f"{low:g} to {high:g}"
    return f"{low:g} or more" if math.isfinite(low) else f"{high:g} or less" if math.isfinite(high) else ""


def _default(field: dataclasses.Field[Any], annotation: Any) -> str:
    if field.default is dataclasses.MISSING:
        return REQUIRED if field.default_factory is dataclasses.MISSING else "none"
    if _table_in(annotation):
        return "none"
    return "absent" if field.default is None else _toml(field.default)


def _toml(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"
