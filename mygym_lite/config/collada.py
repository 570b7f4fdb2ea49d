"""COLLADA files (.dae): the triangles of a scene with the diffuse colour of each material, in metres.

The axes are those of the link that a URDF puts the mesh on: `up_axis` is not looked at, as the engine and other readers
of URDF do not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.rotation import Vector
from mygym_lite.errors import ConfigError

Array = NDArray[np.float64]
_GREY = (0.8, 0.8, 0.8)  # of a material without a diffuse colour; textures of a .dae are not read
_POLYGONS = ("triangles", "polylist", "polygons")
_UNREAD = ("trifans", "tristrips")
_CORNERS = {"VERTEX": 3, "NORMAL": 3, "TEXCOORD": 2}


@dataclass(frozen=True, eq=False)
class ColladaPart:
    """The triangles of one material, corner by corner."""

    color: Vector
    points: Array  # (n, 3, 3), m
    normals: Array | None  # (n, 3, 3)
    uvs: Array | None  # (n, 3, 2)


def read_collada(path: Path) -> tuple[ColladaPart, ...]:
    """Read the scene of a file once for as long as it does not change."""
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=128)
def _read(path: Path, changed: int) -> tuple[ColladaPart, ...]:
    try:
        parts = _Document(ElementTree.fromstring(path.read_bytes())).parts()
    except (ElementTree.ParseError, ValueError, KeyError, IndexError) as error:
        raise ConfigError(f"{path}: not a readable COLLADA file, {error}; export it again") from None
    if not parts:
        raise ConfigError(f"{path}: its scene holds no triangles; export it again")
    return parts


class _Document:
    """One file, whose elements refer to each other by their ids."""

    def __init__(self, root: Element) -> None:
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        self._root = root
        self._by_id = {element.get("id"): element for element in root.iter() if element.get("id")}

    def parts(self) -> tuple[ColladaPart, ...]:
        """Everything in the scene."""
        unit = self._root.find("asset/unit")
        metres = float(unit.get("meter", "1")) if unit is not None else 1.0
        to_link = np.diag([metres, metres, metres, 1.0])
        scene = self._root.find("scene/instance_visual_scene")
        nodes = self._referred(scene, "url") if scene is not None else self._root.find(".//visual_scene")
        if nodes is None:
            return ()
        return tuple(part for node in nodes.iterfind("node") for part in self._node(node, to_link))

    def _referred(self, element: Element, attribute: str) -> Element:
        return self._by_id[element.get(attribute, "").removeprefix("#")]

    def _node(self, node: Element, outer: Array) -> Iterator[ColladaPart]:
        """Meshes of a node and of the nodes in it."""
        frame = outer
        for element in node:
            frame = frame @ _transform(element)
        for child in node:
            if child.tag == "node":
                yield from self._node(child, frame)
            elif child.tag == "instance_node":
                yield from self._node(self._referred(child, "url"), frame)
            elif child.tag == "instance_geometry":
                yield from self._geometry(child, frame)

    def _geometry(self, instance: Element, frame: Array) -> Iterator[ColladaPart]:
        materials = {bound.get("symbol"): bound for bound in instance.iter("instance_material")}
        for shape in self._referred(instance, "url").iterfind("mesh/*"):
            if shape.tag in _UNREAD:
                raise ValueError(f"it holds {shape.tag}, and only {', '.join(_POLYGONS)} are read")
            corners = self._corners(shape) if shape.tag in _POLYGONS else {}
            if len(corners.get("VERTEX", ())):
                color = self._color(materials.get(shape.get("material")))
                yield _moved(color, corners, frame)

    def _corners(self, shape: Element) -> dict[str, Array]:
        """Points, normals and texture coordinates of the corners of each triangle."""
        inputs = [(entry, int(entry.get("offset", "0"))) for entry in shape.iterfind("input")]
        width = 1 + max(offset for _, offset in inputs)
        numbers = [np.array((p.text or "").split(), dtype=np.int64).reshape(-1, width) for p in shape.iterfind("p")]
        rows = _triangles(shape, numbers)
        values: dict[str, Array] = {}
        for entry, offset in inputs:
            values |= {name: data[rows[:, :, offset]] for name, data in self._data(entry).items() if name not in values}
        return values

    def _data(self, entry: Element) -> dict[str, Array]:
        """The values that an input refers to; those of a vertex may include its normal."""
        source = self._referred(entry, "source")
        if source.tag == "vertices":
            inner = {each.get("semantic"): self._referred(each, "source") for each in source.iterfind("input")}
            named = {"VERTEX": inner["POSITION"], **{name: inner[name] for name in _CORNERS if name in inner}}
        else:
            named = {entry.get("semantic", ""): source}
        return {name: self._values(data, _CORNERS[name]) for name, data in named.items() if name in _CORNERS}

    def _values(self, source: Element, count: int) -> Array:
        accessor = source.find("technique_common/accessor")
        if accessor is None:
            raise ValueError(f"source '{source.get('id')}' has no accessor")
        stride, first = int(accessor.get("stride", "1")), int(accessor.get("offset", "0"))
        if stride < count:
            raise ValueError(f"source '{source.get('id')}' has a stride of {stride}")
        numbers = np.array((self._referred(accessor, "source").text or "").split(), dtype=np.float64)
        rows = int(accessor.get("count", "0"))
        return numbers[first : first + rows * stride].reshape(rows, stride)[:, :count]

    def _color(self, bound: Element | None) -> Vector:
        """The diffuse colour of a material."""
        if bound is None:
            return _GREY
        effect = self._referred(bound, "target").find("instance_effect")
        color = None if effect is None else self._referred(effect, "url").find(".//diffuse/color")
        if color is None:
            return _GREY
        red, green, blue, *_ = (min(1.0, max(0.0, float(word))) for word in (color.text or "").split())
        return red, green, blue


def _transform(element: Element) -> Array:
    """The step that an element of a node makes, 4 x 4; none for those that are no transform."""
    step = np.eye(4)
    if element.tag not in ("matrix", "translate", "rotate", "scale"):
        return step
    numbers = np.array((element.text or "").split(), dtype=np.float64)
    if element.tag == "matrix":
        step = numbers.reshape(4, 4)
    elif element.tag == "translate":
        step[:3, 3] = numbers
    elif element.tag == "scale":
        step[:3, :3] = np.diag(numbers)
    else:
        step[:3, :3] = _turn(numbers[:3], math.radians(numbers[3]))
    return step


def _turn(axis: Array, angle: float) -> Array:
    """Rotation about an axis, by Rodrigues' formula."""
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    turn: Array = np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross
    return turn


def _triangles(shape: Element, numbers: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The corners of polygons as those of triangles, (n, 3, width)."""
    if shape.tag == "triangles":
        return np.concatenate(numbers).reshape(-1, 3, numbers[0].shape[1])
    if shape.tag == "polylist":
        ends = np.cumsum([int(word) for word in shape.findtext("vcount", "").split()])
        numbers = np.split(numbers[0], ends[:-1])
    fans = [polygon[[0, k, k + 1]] for polygon in numbers for k in range(1, len(polygon) - 1)]
    return np.stack(fans) if fans else np.empty((0, 3, 1), np.int64)


def _moved(color: Vector, corners: dict[str, Array], frame: Array) -> ColladaPart:
    """Triangles in the frame of the file; one that mirrors turns their corners round."""
    linear = frame[:3, :3]
    way = 1 if np.linalg.det(linear) > 0 else -1
    points = corners["VERTEX"] @ linear.T + frame[:3, 3]
    normals = corners["NORMAL"] @ np.linalg.inv(linear) if "NORMAL" in corners else None
    uvs = corners.get("TEXCOORD")
    return ColladaPart(
        color, points[:, ::way], None if normals is None else normals[:, ::way], None if uvs is None else uvs[:, ::way]
    )
