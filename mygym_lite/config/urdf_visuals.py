"""Visual shapes of a URDF: meshes and primitives with their colours, link by link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from mygym_lite.config.collada import read_collada
from mygym_lite.config.rotation import Vector
from mygym_lite.config.urdf_elements import parse_numbers, read_name, read_number, read_vector
from mygym_lite.config.urdf_files import find_mesh
from mygym_lite.errors import suggest
from mygym_lite.schema import Location

Kind = Literal["mesh", "box", "cylinder", "sphere", "capsule"]
_KINDS: tuple[Kind, ...] = ("mesh", "box", "cylinder", "sphere", "capsule")
_WHITE = (1.0, 1.0, 1.0)  # default of PyBullet


@dataclass(frozen=True)
class UrdfVisual:
    """One visual shape, in the frame of its link."""

    kind: Kind
    size: tuple[float, ...]  # m; box: edges; cylinder, capsule: radius, length along z; sphere: radius
    mesh: str
    part: int | None  # of a mesh with several materials; None means all
    scale: Vector
    position: Vector
    rpy: Vector
    color: Vector
    texture: str


def read_urdf_visuals(path: Path) -> dict[str, tuple[UrdfVisual, ...]]:
    """Read the visual shapes of each link that has any, in the order of the file."""
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _read(path: Path, _modified: int) -> dict[str, tuple[UrdfVisual, ...]]:
    """Read a file, cached until it changes, because every episode needs it again."""
    where = Location(path.name)
    root = ElementTree.fromstring(path.read_bytes())
    materials = {m.get("name", ""): m for m in root.iter("material") if len(m)}
    visuals_by_link: dict[str, tuple[UrdfVisual, ...]] = {}
    for link in root.iterfind("link"):
        name = read_name(link, where)
        visuals = [_read_visual(element, materials, path, where.at(name)) for element in link.iterfind("visual")]
        parts = tuple(part for visual in visuals for part in _split_materials(visual))
        if parts:
            visuals_by_link[name] = parts
    return visuals_by_link


def _read_visual(visual: Element, materials: dict[str, Element], path: Path, where: Location) -> UrdfVisual:
    shape = next(visual.iterfind("geometry/*"), None)
    if shape is None or shape.tag not in _KINDS:
        tag = "nothing" if shape is None else shape.tag
        raise where.at("geometry").error(f"{tag} cannot be drawn{suggest(tag, _KINDS)}")
    kind: Kind = next(kind for kind in _KINDS if kind == shape.tag)
    material = visual.find("material")
    if material is not None and not len(material):
        material = materials.get(material.get("name", ""))
    return UrdfVisual(
        kind=kind,
        size=_read_size(visual, kind, where),
        mesh=str(find_mesh(path, shape.get("filename", ""), where)) if kind == "mesh" else "",
        part=None,
        scale=read_vector(visual, "geometry/mesh", "scale", where, (1.0, 1.0, 1.0)),
        position=read_vector(visual, "origin", "xyz", where),
        rpy=read_vector(visual, "origin", "rpy", where),
        color=_read_color(material, where),
        texture=_read_texture(material, path, where),
    )


def _split_materials(visual: UrdfVisual) -> list[UrdfVisual]:
    """Split a COLLADA mesh, for which the URDF gives no colour, into one visual for each of its materials."""
    if not visual.mesh.lower().endswith(".dae") or visual.texture or visual.color != _WHITE:
        return [visual]
    parts = read_collada(Path(visual.mesh))
    return [replace(visual, part=number, color=part.color) for number, part in enumerate(parts)]


def _read_size(visual: Element, kind: Kind, where: Location) -> tuple[float, ...]:
    if kind == "mesh":
        return ()
    if kind == "box":
        return read_vector(visual, "geometry/box", "size", where)
    radius = read_number(visual, f"geometry/{kind}", "radius", where)
    return (radius,) if kind == "sphere" else (radius, read_number(visual, f"geometry/{kind}", "length", where))


def _read_color(material: Element | None, where: Location) -> Vector:
    color = None if material is None else material.find("color")
    if color is None:
        return _WHITE
    red, green, blue, _ = parse_numbers(color.get("rgba", ""), 4, where.at("material", "rgba"))
    return red, green, blue


def _read_texture(material: Element | None, path: Path, where: Location) -> str:
    texture = None if material is None else material.find("texture")
    return "" if texture is None else str(find_mesh(path, texture.get("filename", ""), where))
