"""Numbers, vectors and names out of the XML of a URDF; what is not one is refused where it stands."""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element

from mygym_lite.spec.rotation import Vector
from mygym_lite.strict import Where


def name_of(element: Element, where: Where) -> str:
    """The name that an element must have."""
    name = element.get("name")
    if not name:
        raise where.error(f"a {element.tag} without a name; name it")
    return name


def number(element: Element, path: str, attribute: str, where: Where, default: float = 0.0) -> float:
    """One number in an attribute of the element at a path, or the default where it is not written."""
    found = element.find(path)
    text = found.get(attribute) if found is not None else None
    return default if text is None else numbers(text, 1, where.at(*path.split("/"), attribute))[0]


def vector(element: Element, path: str, attribute: str, where: Where, default: Vector = (0.0, 0.0, 0.0)) -> Vector:
    """Three numbers in an attribute of the element at a path, or the default where they are not written."""
    found = element.find(path)
    text = found.get(attribute) if found is not None else None
    if text is None:
        return default
    x, y, z = numbers(text, 3, where.at(*path.split("/"), attribute))
    return x, y, z


def numbers(text: str, count: int, where: Where) -> list[float]:
    """So many finite numbers with spaces between them."""
    try:
        found = [float(word) for word in text.split()]
    except ValueError:
        found = []
    if len(found) != count or not all(map(math.isfinite, found)):
        raise where.error(f"'{text}' is not {count} number{'s' * (count > 1)}; write {' '.join(['0.5'] * count)}")
    return found
