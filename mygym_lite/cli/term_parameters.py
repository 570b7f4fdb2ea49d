"""Parameters of terms as text: type, unit, bounds and default, and calls with their defaults filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Any

from mygym_lite.cli.fields import format_bounds, format_toml, format_type
from mygym_lite.config.checks import LIST_OPERATORS
from mygym_lite.terms.parameters import (
    Frame,
    Graspable,
    Group,
    Movable,
    RegionName,
    Thing,
    read_parameters,
    split_bounds,
)
from mygym_lite.terms.registry import TERMS, Kind

_NAMES = {
    Frame: "frame",
    Group: "contact group",
    Thing: "object",
    Movable: "object, not fixed",
    Graspable: "object",
    RegionName: "region",
    tuple[Thing, ...]: "list of objects",
    tuple[RegionName, ...]: "list of regions",
}


def format_parameters(function: Callable[..., Any], quote: str = "") -> str:
    """Format the parameters of a term, such as ``thing: object; speed: m/s, above 0, default 0.02``.

    Args:
        function: The term.
        quote: Mark around names, such as a backtick for Markdown.
    """
    return "; ".join(
        f"{quote}{name}{quote}: {_format_parameter(annotation, parameter)}"
        for name, (annotation, parameter) in read_parameters(function).items()
    )


def _format_parameter(annotation: Any, parameter: Parameter) -> str:
    kind, bounds = split_bounds(annotation)
    name = _NAMES.get(kind) or format_type(kind)
    default = "" if parameter.default is Parameter.empty else f"default {format_toml(parameter.default)}"
    return ", ".join(filter(None, (name, bounds.get("unit"), format_bounds(bounds), default)))


def fill_in_defaults(kind: Kind, call: Any) -> Any:
    """Fill in the defaults of the parameters that the call of a shipped term leaves out, also inside composites."""
    if not isinstance(call, Mapping):
        return call
    if call.get("term") in TERMS[kind]:
        defaults = _read_defaults(TERMS[kind][str(call["term"])])
        return {**call, **{name: default for name, default in defaults.items() if name not in call}}
    filled = {key: [fill_in_defaults(kind, part) for part in call[key]] for key in LIST_OPERATORS if key in call}
    inner = {"not": fill_in_defaults(kind, call["not"])} if "not" in call else {}
    return {**call, **filled, **inner}


def _read_defaults(function: Callable[..., Any]) -> dict[str, Any]:
    parameters = {name: parameter.default for name, (_, parameter) in read_parameters(function).items()}
    return {name: default for name, default in parameters.items() if default is not Parameter.empty}
