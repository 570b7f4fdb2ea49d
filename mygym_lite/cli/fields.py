"""Fields of every kind of configuration file, collected from their declarations."""

from __future__ import annotations

import dataclasses
import inspect
import math
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from mygym_lite.schema import get_fields

_TYPE_NAMES = {
    float: "number",
    int: "integer",
    bool: "true or false",
    str: "text",
    object: "value",
    type(None): "absent",
}
REQUIRED = "required"


@dataclass(frozen=True)
class Field:
    """Key of a table."""

    name: str
    type_text: str
    unit: str
    bounds: str
    default: str
    about: str


@dataclass(frozen=True)
class Table:
    """Table of a file: its TOML heading, empty for the top level, and its keys."""

    heading: str
    about: str
    fields: tuple[Field, ...]


def get_declarations() -> dict[str, type]:
    """Return the dataclass that declares each kind of file."""
    from mygym_lite.config.objects import ObjectModel
    from mygym_lite.config.robot_tables import RobotTable
    from mygym_lite.config.task import Task
    from mygym_lite.config.workspace import Workspace
    from mygym_lite.policies.remote.mapping import RemoteMapping
    from mygym_lite.randomization.preset import _PresetTable
    from mygym_lite.randomization.suite_file import _SuiteTable

    return {
        "task": Task,
        "robot": RobotTable,
        "object": ObjectModel,
        "workspace": Workspace,
        "suite": _SuiteTable,
        "preset": _PresetTable,
        "mapping": RemoteMapping,
    }


def iterate_tables(declared: type, path: str = "", heading: str = "", about: str = "") -> Iterator[Table]:
    """Iterate over a table and its subtables, in the order of the file."""
    defaults = {field.name: field for field in dataclasses.fields(declared)}
    keys, subtables = [], []
    for name, (annotation, meta) in get_fields(declared).items():
        inner = _find_table(annotation)
        meaning = meta.get("doc") or (_read_summary(inner) if inner else "")
        default = _format_default(defaults[name], annotation)
        unit, bounds = meta.get("unit") or "", format_bounds(meta)
        keys.append(Field(name, format_type(annotation), unit, bounds, default=default, about=meaning))
        if inner is not None:
            here = f"{path}{name}"
            inside = f"{here}.NAME" if get_origin(annotation) is dict else here
            title = f"[[{here}]]" if get_origin(annotation) is tuple else f"[{inside}]"
            subtables.append((inner, f"{inside}.", title, meaning))
    yield Table(heading, _read_summary(declared) or about, tuple(keys))
    for subtable in subtables:
        yield from iterate_tables(*subtable)


def _find_table(annotation: Any) -> type | None:
    """Return the dataclass that declares the tables of a field, or None."""
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return annotation
    return next((table for inner in get_args(annotation) if (table := _find_table(inner))), None)


def _read_summary(declared: type) -> str:
    text = (inspect.getdoc(declared) or "").partition("\n")[0]
    return "" if text.startswith(f"{declared.__name__}(") else text  # the docstring that dataclass generates


def format_type(annotation: Any) -> str:
    """Format a type as users of TOML know it."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f'"{choice}"' for choice in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(format_type(kind) for kind in inner if kind is not type(None))
    if origin is tuple:
        kinds = [format_type(kind) for kind in inner if kind is not Ellipsis]
        return f"[{', '.join([*kinds, '...'] if Ellipsis in inner else kinds)}]"
    if origin is dict or dataclasses.is_dataclass(annotation):
        return "tables" if origin is dict and _find_table(annotation) else "table"
    return _TYPE_NAMES[annotation]


def format_bounds(meta: Any) -> str:
    """Format the bounds of a number; empty if it has none."""
    low, high, above = meta.get("low", -math.inf), meta.get("high", math.inf), meta.get("above", -math.inf)
    if math.isfinite(above):
        return f"above {above:g}, up to {high:g}" if math.isfinite(high) else f"above {above:g}"
    if math.isfinite(low) and math.isfinite(high):
        return f"{low:g} to {high:g}"
    return f"{low:g} or more" if math.isfinite(low) else f"{high:g} or less" if math.isfinite(high) else ""


def _format_default(field: dataclasses.Field[Any], annotation: Any) -> str:
    if field.default is dataclasses.MISSING:
        return REQUIRED if field.default_factory is dataclasses.MISSING else "none"
    if _find_table(annotation):
        return "none"
    return "absent" if field.default is None else format_toml(field.default)


def format_toml(value: Any) -> str:
    """Format a value as TOML."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(format_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"
