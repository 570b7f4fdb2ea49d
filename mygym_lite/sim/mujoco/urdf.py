"""Preparation of a URDF for MuJoCo: resolved mesh files, the defaults of PyBullet, and surfaces of links."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from mygym_lite.config.urdf_elements import read_name, read_number
from mygym_lite.config.urdf_files import find_mesh
from mygym_lite.schema import Location

_MESH_FORMATS = (".obj", ".stl")
_COMPILER = {"fusestatic": "false", "discardvisual": "true", "strippath": "false", "balanceinertia": "false"}


@dataclass(frozen=True)
class Surface:
    """Surface of a link: friction coefficients, multiplied by those of the other body."""

    friction: float
    rolling_friction: float  # m
    spinning_friction: float  # m


def read_surfaces(path: Path) -> dict[str, Surface]:
    """Read the surface of each link of a URDF, with the defaults of PyBullet."""
    return _read_surfaces(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _read_surfaces(path: Path, _modified: int) -> dict[str, Surface]:
    where = Location(path.name)
    root = ElementTree.fromstring(path.read_bytes())
    return {
        read_name(link, where): Surface(
            read_number(link, "contact/lateral_friction", "value", where, 0.5),
            read_number(link, "contact/rolling_friction", "value", where),
            read_number(link, "contact/spinning_friction", "value", where),
        )
        for link in root.iterfind("link")
    }


def prepare_urdf(path: Path) -> str:
    """Return the text of a URDF that MuJoCo loads as PyBullet would."""
    return _prepare_urdf(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _prepare_urdf(path: Path, _modified: int) -> str:
    where = Location(path.name)
    root = ElementTree.fromstring(path.read_bytes())
    for link in root.iterfind("link"):
        _prepare_link(link, path, where.at(link.get("name", "")))
    for joint in root.iterfind("joint"):
        for tag in ("safety_controller", "mimic"):  # PyBullet reads neither
            for element in joint.findall(tag):
                joint.remove(element)
    extension = ElementTree.SubElement(root, "mujoco")
    ElementTree.SubElement(extension, "compiler", _COMPILER)
    return ElementTree.tostring(root, encoding="unicode")


def _prepare_link(link: Element, path: Path, where: Location) -> None:
    for visual in link.findall("visual"):
        link.remove(visual)
    if link.find("inertial") is None:  # PyBullet's default
        inertial = ElementTree.SubElement(link, "inertial")
        ElementTree.SubElement(inertial, "mass", {"value": "1"})
        moments = {"ixx": "1", "iyy": "1", "izz": "1", "ixy": "0", "ixz": "0", "iyz": "0"}
        ElementTree.SubElement(inertial, "inertia", moments)
    for mesh in link.iterfind("collision/geometry/mesh"):
        file = find_mesh(path, mesh.get("filename", ""), where.at("collision"))
        if file.suffix.lower() not in _MESH_FORMATS:
            raise where.at("collision").error(
                f"MuJoCo cannot read {file.name}; convert it to .obj or .stl, or use physics.engine=bullet"
            )
        mesh.set("filename", str(file))
