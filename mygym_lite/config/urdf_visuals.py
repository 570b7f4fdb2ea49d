"""What a URDF says about looks: meshes and simple shapes with their colours, link by link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from mygym_lite.config.collada import read_collada
from mygym_lite.config.rotation import Vector
from mygym_lite.config.urdf import parse_numbers, read_name, read_number, read_vector
from mygym_lite.errors import suggest
from mygym_lite.schema import Location

Kind = Literal["mesh", "box", "cylinder", "sphere", "capsule"]
_KINDS: tuple[Kind, ...] = ("mesh", "box", "cylinder", "sphere", "capsule")
_WHITE = (1.0, 1.0, 1.0)  # what the engine takes where no colour is given
_SCHEMES = ("package://", "model://", "file://")


@dataclass(frozen=True)
class UrdfVisual:
    """One visual of a link, in the frame of the link."""

    kind: Kind
    size: tuple[float, ...]  # m; box: edges; cylinder, capsule: radius, length along z; sphere: radius
    mesh: str
    part: int | None  # of a mesh with several materials; None is all of them
    scale: Vector
    position: Vector
    rpy: Vector
    color: Vector
    texture: str


def read_urdf_visuals(path: Path) -> dict[str, tuple[UrdfVisual, ...]]:
    """The visuals of each link that has any, in the order of the file."""
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _read(path: Path, changed: int) -> dict[str, tuple[UrdfVisual, ...]]:
    """Read a file once for as long as it does not change: every episode asks for its looks again."""
    where = Location(path.name)
    root = ElementTree.fromstring(path.read_bytes())
    materials = {m.get("name", ""): m for m in root.iter("material") if len(m)}
    looks: dict[str, tuple[UrdfVisual, ...]] = {}
    for link in root.iterfind("link"):
        name = read_name(link, where)
        visuals = [_look(visual, materials, path, where.at(name)) for visual in link.iterfind("visual")]
        found = tuple(look for visual in visuals for look in _in_own_colors(visual))
        if found:
            looks[name] = found
    return looks


def _look(visual: Element, materials: dict[str, Element], path: Path, where: Location) -> UrdfVisual:
    shape = next(iter(visual.find("geometry") or ()), None)
    if shape is None or shape.tag not in _KINDS:
        written = "nothing" if shape is None else shape.tag
        raise where.at("geometry").error(f"{written} cannot be drawn{suggest(written, _KINDS)}")
    kind: Kind = next(kind for kind in _KINDS if kind == shape.tag)
    material = visual.find("material")
    if material is not None and not len(material):
        material = materials.get(material.get("name", ""))
    return UrdfVisual(
        kind=kind,
        size=_size(visual, kind, where),
        mesh=str(_beside(path, shape.get("filename", ""), where)) if kind == "mesh" else "",
        part=None,
        scale=read_vector(visual, "geometry/mesh", "scale", where, (1.0, 1.0, 1.0)),
        position=read_vector(visual, "origin", "xyz", where),
        rpy=read_vector(visual, "origin", "rpy", where),
        color=_color(material, where),
        texture=_texture(material, path, where),
    )


def _in_own_colors(look: UrdfVisual) -> list[UrdfVisual]:
    """A look; a mesh with colours of its own, where the URDF gives none, as one for each of them."""
    if not look.mesh.lower().endswith(".dae") or look.texture or look.color != _WHITE:
        return [look]
    parts = read_collada(Path(look.mesh))
    return [replace(look, part=number, color=part.color) for number, part in enumerate(parts)]


def _size(visual: Element, kind: Kind, where: Location) -> tuple[float, ...]:
    if kind == "mesh":
        return ()
    if kind == "box":
        return read_vector(visual, "geometry/box", "size", where)
    radius = read_number(visual, f"geometry/{kind}", "radius", where)
    return (radius,) if kind == "sphere" else (radius, read_number(visual, f"geometry/{kind}", "length", where))


def _color(material: Element | None, where: Location) -> Vector:
    color = None if material is None else material.find("color")
    if color is None:
        return _WHITE
    red, green, blue, _ = parse_numbers(color.get("rgba", ""), 4, where.at("material", "rgba"))
    return red, green, blue


def _texture(material: Element | None, path: Path, where: Location) -> str:
    texture = None if material is None else material.find("texture")
    return "" if texture is None else str(_beside(path, texture.get("filename", ""), where))


def _beside(urdf: Path, written: str, where: Location) -> Path:
    """The file that a URDF names, sought as the engine does: in its folder, then in those around it."""
    name = written
    for scheme in _SCHEMES:
        name = name.removeprefix(scheme)
    for folder in urdf.parents:
        if name and (folder / name).is_file():
            return folder / name
    raise where.error(f"no such file as '{written}' beside {urdf.name}; put it there, or name another")
