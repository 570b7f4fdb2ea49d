"""Kinds of parameters of terms: names of the scene, and numbers with unit and bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from inspect import Parameter, signature
from typing import Annotated, Any, NewType, get_args, get_origin, get_type_hints

Frame = NewType("Frame", str)
"""A parameter that names a frame: ``palm``, ``goal``, an object or a region."""
Group = NewType("Group", str)
"""A parameter that names a contact group: ``hand``, ``table``, an object, ..."""
Thing = NewType("Thing", str)
"""A parameter that names an object."""
Movable = NewType("Movable", str)
"""A parameter that names an object that is not fixed."""
Graspable = NewType("Graspable", str)
"""A parameter that names an object to be held between thumb and fingers."""
RegionName = NewType("RegionName", str)
"""A parameter that names a region."""
ENV_ARGUMENTS = ("before", "action", "after")
"""Parameters that the environment provides."""


@dataclass(frozen=True)
class Bounds:
    """Unit and bounds of a number, for ``Annotated[float, Bounds(unit="m", above=0.0)]``."""

    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    above: float = -math.inf
    """Lower bound that is not itself allowed."""


Metres = Annotated[float, Bounds("m")]
"""A length that may be negative."""
Distance = Annotated[float, Bounds("m", above=0.0)]
"""A length above 0."""
Angle = Annotated[float, Bounds("rad", above=0.0, high=round(math.pi, 4))]
"""An angle between two directions."""
Share = Annotated[float, Bounds(above=0.0, high=1.0)]
"""A share above 0, up to 1."""
Count = Annotated[int, Bounds(low=1)]
"""A number of things."""


def read_parameters(function: Callable[..., Any]) -> dict[str, tuple[Any, Parameter]]:
    """Read the parameters of a term that a task file gives: name -> (annotation, parameter), in order.

    Raises:
        NameError, TypeError, ValueError: The signature cannot be read.
    """
    hints, parameters = get_type_hints(function, include_extras=True), signature(function).parameters
    return {name: (hints.get(name, object), p) for name, p in parameters.items() if name not in ENV_ARGUMENTS}


def split_bounds(annotation: Any) -> tuple[Any, Mapping[str, Any]]:
    """Split an annotation into its type, and the unit and bounds as metadata of a field."""
    if get_origin(annotation) is not Annotated:
        return annotation, {}
    kind, *extras = get_args(annotation)
    return kind, next((asdict(extra) for extra in extras if isinstance(extra, Bounds)), {})
