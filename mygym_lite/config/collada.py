"""COLLADA meshes (.dae): the triangles of a scene with the diffuse colour of each material, in metres.

The axes are those of the URDF link that carries the mesh: `up_axis` is ignored, as in PyBullet and other URDF readers.
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
_GREY = (0.8, 0.8, 0.8)  # default diffuse colour; textures of a .dae are ignored
_POLYGONS = ("triangles", "polylist", "polygons")
_UNSUPPORTED = ("trifans", "tristrips")
_CORNERS = {"VERTEX": 3, "NORMAL": 3, "TEXCOORD": 2}


@dataclass(frozen=True, eq=False)
class ColladaPart:
    """Triangles of one material, by corner."""

    color: Vector
    points: Array  # (n, 3, 3), m
    normals: Array | None  # (n, 3, 3)
    uvs: Array | None  # (n, 3, 2)


def read_collada(path: Path) -> tuple[ColladaPart, ...]:
    """Read the scene of a file; the result is cached until the file changes."""
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=128)
def _read(path: Path, _modified: int) -> tuple[ColladaPart, ...]:
    try:
        parts = _Document(ElementTree.fromstring(path.read_bytes())).read_parts()
    except (ElementTree.ParseError, ValueError, KeyError, IndexError) as error:
        raise ConfigError(f"{path}: not a readable COLLADA file, {error}; export it again") from None
    if not parts:
        raise ConfigError(f"{path}: its scene holds no triangles; export it again")
    return parts


class _Document:
    """An XML document whose elements refer to each other by id."""

    def __init__(self, root: Element) -> None:
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        self._root = root
        self._by_id = {element.get("id"): element for element in root.iter() if element.get("id")}

    def read_parts(self) -> tuple[ColladaPart, ...]:
        """Read all meshes of the scene."""
        unit = self._root.find("asset/unit")
        metres = float(unit.get("meter", "1")) if unit is not None else 1.0
        to_link = np.diag([metres, metres, metres, 1.0])
        scene = self._root.find("scene/instance_visual_scene")
        nodes = self._resolve(scene, "url") if scene is not None else self._root.find(".//visual_scene")
        if nodes is None:
            return ()
        return tuple(part for node in nodes.iterfind("node") for part in self._read_node(node, to_link))

    def _resolve(self, element: Element, attribute: str) -> Element:
        return self._by_id[element.get(attribute, "").removeprefix("#")]

    def _read_node(self, node: Element, parent_frame: Array) -> Iterator[ColladaPart]:
        """Yield the meshes of a node and of its descendants."""
        frame = parent_frame
        for element in node:
            frame = frame @ _read_transform(element)
        for child in node:
            if child.tag == "node":
                yield from self._read_node(child, frame)
            elif child.tag == "instance_node":
                yield from self._read_node(self._resolve(child, "url"), frame)
            elif child.tag == "instance_geometry":
                yield from self._read_geometry(child, frame)

    def _read_geometry(self, instance: Element, frame: Array) -> Iterator[ColladaPart]:
        materials = {bound.get("symbol"): bound for bound in instance.iter("instance_material")}
        for shape in self._resolve(instance, "url").iterfind("mesh/*"):
            if shape.tag in _UNSUPPORTED:
                raise ValueError(f"it holds {shape.tag}, and only {', '.join(_POLYGONS)} are read")
            corners = self._read_corners(shape) if shape.tag in _POLYGONS else {}
            if len(corners.get("VERTEX", ())):
                color = self._read_color(materials.get(shape.get("material")))
                yield _transform_part(color, corners, frame)

    def _read_corners(self, shape: Element) -> dict[str, Array]:
        """Read the points, normals and texture coordinates of the corners of each triangle."""
        inputs = [(entry, int(entry.get("offset", "0"))) for entry in shape.iterfind("input")]
        width = 1 + max(offset for _, offset in inputs)
        numbers = [np.array((p.text or "").split(), dtype=np.int64).reshape(-1, width) for p in shape.iterfind("p")]
        rows = _triangulate(shape, numbers)
        values: dict[str, Array] = {}
        for entry, offset in inputs:
            arrays = self._read_input(entry).items()
            values |= {name: array[rows[:, :, offset]] for name, array in arrays if name not in values}
        return values

    def _read_input(self, entry: Element) -> dict[str, Array]:
        """Read the arrays that an input refers to; those of vertices may include normals."""
        source = self._resolve(entry, "source")
        if source.tag == "vertices":
            inner = {each.get("semantic"): self._resolve(each, "source") for each in source.iterfind("input")}
            sources = {"VERTEX": inner["POSITION"], **{name: inner[name] for name in _CORNERS if name in inner}}
        else:
            sources = {entry.get("semantic", ""): source}
        return {name: self._read_array(data, _CORNERS[name]) for name, data in sources.items() if name in _CORNERS}

    def _read_array(self, source: Element, count: int) -> Array:
        accessor = source.find("technique_common/accessor")
        if accessor is None:
            raise ValueError(f"source '{source.get('id')}' has no accessor")
        stride, first = int(accessor.get("stride", "1")), int(accessor.get("offset", "0"))
        if stride < count:
            raise ValueError(f"source '{source.get('id')}' has a stride of {stride}")
        numbers = np.array((self._resolve(accessor, "source").text or "").split(), dtype=np.float64)
        rows = int(accessor.get("count", "0"))
        return numbers[first : first + rows * stride].reshape(rows, stride)[:, :count]

    def _read_color(self, bound: Element | None) -> Vector:
        """Read the diffuse colour of a material."""
        if bound is None:
            return _GREY
        effect = self._resolve(bound, "target").find("instance_effect")
        color = None if effect is None else self._resolve(effect, "url").find(".//diffuse/color")
        if color is None:
            return _GREY
        red, green, blue, *_ = (min(1.0, max(0.0, float(word))) for word in (color.text or "").split())
        return red, green, blue


def _read_transform(element: Element) -> Array:
    """Read the 4 x 4 transform of a child of a node; the identity for other elements."""
    transform = np.eye(4)
    if element.tag not in ("matrix", "translate", "rotate", "scale"):
        return transform
    numbers = np.array((element.text or "").split(), dtype=np.float64)
    if element.tag == "matrix":
        transform = numbers.reshape(4, 4)
    elif element.tag == "translate":
        transform[:3, 3] = numbers
    elif element.tag == "scale":
        transform[:3, :3] = np.diag(numbers)
    else:
        transform[:3, :3] = _compute_rotation(numbers[:3], math.radians(numbers[3]))
    return transform


def _compute_rotation(axis: Array, angle: float) -> Array:
    """Compute the rotation about an axis by Rodrigues' formula."""
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    rotation: Array = np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross
    return rotation


def _triangulate(shape: Element, numbers: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Convert the corners of polygons to those of triangles, (n, 3, width)."""
    if shape.tag == "triangles":
        return np.concatenate(numbers).reshape(-1, 3, numbers[0].shape[1])
    if shape.tag == "polylist":
        ends = np.cumsum([int(word) for word in shape.findtext("vcount", "").split()])
        numbers = np.split(numbers[0], ends[:-1])
    fans = [polygon[[0, k, k + 1]] for polygon in numbers for k in range(1, len(polygon) - 1)]
    return np.stack(fans) if fans else np.empty((0, 3, 1), np.int64)


def _transform_part(color: Vector, corners: dict[str, Array], frame: Array) -> ColladaPart:
    """Transform triangles to the frame of the file; a mirroring transform reverses their winding."""
    linear = frame[:3, :3]
    step = 1 if np.linalg.det(linear) > 0 else -1
    points = corners["VERTEX"] @ linear.T + frame[:3, 3]
    normals = corners["NORMAL"] @ np.linalg.inv(linear) if "NORMAL" in corners else None
    uvs = corners.get("TEXCOORD")
    return ColladaPart(
        color=color,
        points=points[:, ::step],
        normals=None if normals is None else normals[:, ::step],
        uvs=None if uvs is None else uvs[:, ::step],
    )
