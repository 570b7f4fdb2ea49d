"""Reading of the attributes of URDF elements."""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element

from mygym_lite.config.rotation import Vector
from mygym_lite.schema import Location


def read_name(element: Element, location: Location) -> str:
    """Return the required name of an element."""
    name = element.get("name")
    if not name:
        raise location.error(f"a {element.tag} without a name; name it")
    return name


def read_number(element: Element, path: str, attribute: str, location: Location, default: float = 0.0) -> float:
    """Read one number from an attribute of the element at a path, or return the default."""
    child = element.find(path)
    text = child.get(attribute) if child is not None else None
    return default if text is None else parse_numbers(text, 1, location.at(*path.split("/"), attribute))[0]


def read_vector(
    element: Element, path: str, attribute: str, location: Location, default: Vector = (0.0, 0.0, 0.0)
) -> Vector:
    """Read three numbers from an attribute of the element at a path, or return the default."""
    child = element.find(path)
    text = child.get(attribute) if child is not None else None
    if text is None:
        return default
    x, y, z = parse_numbers(text, 3, location.at(*path.split("/"), attribute))
    return x, y, z


def parse_numbers(text: str, count: int, location: Location) -> list[float]:
    """Parse `count` finite numbers separated by spaces."""
    try:
        numbers = [float(word) for word in text.split()]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise location.error(f"'{text}' is not {count} number{'s' * (count > 1)}; write {' '.join(['0.5'] * count)}")
    return numbers
