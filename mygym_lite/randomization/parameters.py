"""Parameters of tasks: the path, unit, nominal value, bounds and meaning of each field."""

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
    """A field of a task; ``*`` in its path stands for the names of objects, cameras and pushes."""

    path: str
    unit: str | None
    nominal: Any  # None if each task, or the model, declares it
    low: float | None
    high: float | None
    about: str


def list_parameters() -> tuple[Parameter, ...]:
    """List all parameters, in the order of the tree."""
    return tuple(_walk(Task, ""))


def _walk(kind: Any, path: str) -> Iterator[Parameter]:
    if get_origin(kind) is dict:
        yield from _walk(find_nested_type(get_args(kind)[1]), f"{path}*.")
        return
    defaults = {f.name: f.default for f in dataclasses.fields(kind)}
    for name, annotation in get_parameter_fields(kind).items():
        nested = find_nested_type(annotation)
        if nested is not None:
            yield from _walk(nested, f"{path}{name}.")
        else:
            yield _make_parameter(path + name, defaults[name], get_fields(kind)[name][1])


def _make_parameter(path: str, default: Any, metadata: Mapping[str, Any]) -> Parameter:
    bounds = {bound: metadata.get(bound, math.inf) for bound in ("low", "high")}
    return Parameter(
        path=path,
        unit=metadata.get("unit") or None,
        nominal=None if default is dataclasses.MISSING else default,
        low=bounds["low"] if math.isfinite(bounds["low"]) else None,
        high=bounds["high"] if math.isfinite(bounds["high"]) else None,
        about=metadata.get("doc", ""),
    )
