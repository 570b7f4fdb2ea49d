"""Every parameter that a task can have: path, unit, nominal value, bounds and what it does."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from mygym_lite.config.field_path import find_nested_type, get_parameter_fields
from mygym_lite.config.task import Task
from mygym_lite.schema import get_fields


@dataclass(frozen=True)
class Parameter:
    """One field of the tree; ``*`` stands for the names that a task gives to its objects, cameras and pushes."""

    path: str
    unit: str | None
    nominal: Any  # None where every task says it, or the model does
    low: float | None
    high: float | None
    about: str


def list_parameters() -> tuple[Parameter, ...]:
    """All of them, in the order of the tree."""
    return tuple(_below(Task, ""))


def _below(kind: Any, path: str) -> Iterator[Parameter]:
    if get_origin(kind) is dict:
        yield from _below(find_nested_type(get_args(kind)[1]), f"{path}*.")
        return
    defaults = {f.name: f.default for f in dataclasses.fields(kind)}
    for name, annotation in get_parameter_fields(kind).items():
        further = find_nested_type(annotation)
        if further is not None:
            yield from _below(further, f"{path}{name}.")
        else:
            yield _parameter(path + name, defaults[name], get_fields(kind)[name][1])


def _parameter(path: str, default: Any, declared: Mapping[str, Any]) -> Parameter:
    nominal = None if default is dataclasses.MISSING else default
    low, high = (_finite(declared.get(bound)) for bound in ("low", "high"))
    return Parameter(path, declared.get("unit") or None, nominal, low, high, declared.get("doc", ""))


def _finite(bound: float | None) -> float | None:
    return bound if bound is not None and math.isfinite(bound) else None
