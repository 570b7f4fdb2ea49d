"""Reading of URDF files: joints and masses, without a physics engine."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from mygym_lite.config.rotation import Vector
from mygym_lite.config.urdf_elements import read_name, read_number, read_vector
from mygym_lite.errors import suggest
from mygym_lite.schema import Location

_LIMITED = ("revolute", "prismatic")
_MOVABLE = (*_LIMITED, "continuous")
_KINDS = (*_MOVABLE, "fixed", "floating", "planar")
_UNIT_TOLERANCE = 1e-3  # permits axes with four digits


@dataclass(frozen=True)
class Joint:
    """A joint with its pose at zero and its limits; rad, N m and rad/s if revolute, m, N and m/s if prismatic."""

    name: str
    kind: str
    parent: str
    child: str
    position: Vector
    rpy: Vector
    axis: Vector
    lower: float
    upper: float
    effort: float
    velocity: float
    damping: float
    friction: float

    @property
    def movable(self) -> bool:
        """True if the joint has one degree of freedom."""
        return self.kind in _MOVABLE


@dataclass(frozen=True)
class Urdf:
    """Tree of the links (name to mass, kg) and joints of a robot."""

    file: str
    links: dict[str, float]
    joints: dict[str, Joint]

    @functools.cached_property
    def parent_joints(self) -> dict[str, Joint]:
        """Parent joint of each link; the base link has none."""
        return {joint.child: joint for joint in self.joints.values()}

    @property
    def base(self) -> str:
        """Base link, which has no parent joint."""
        return next(link for link in self.links if link not in self.parent_joints)

    def list_joints_to(self, link: str) -> tuple[Joint, ...]:
        """List the joints between the base and a link, base first."""
        joint = self.parent_joints.get(link)
        return (*self.list_joints_to(joint.parent), joint) if joint else ()


def load_urdf(path: Path) -> Urdf:
    """Read a URDF, and check that its links form a tree."""
    where = Location(path.name)
    try:
        root = ElementTree.fromstring(path.read_bytes())
    except (ElementTree.ParseError, OSError, ValueError) as error:
        raise where.error(f"not a readable URDF, {error}; correct it there") from None
    links = {read_name(link, where): _read_mass(link, where) for link in root.iterfind("link")}
    joints: dict[str, Joint] = {}
    for element in root.iterfind("joint"):
        joint = _read_joint(element, where)
        if joint.name in joints:
            raise where.at(joint.name).error("two joints have this name; rename one")
        joints[joint.name] = joint
    _check_tree(links, joints, where)
    return Urdf(path.name, links, joints)


def _read_joint(element: Element, where: Location) -> Joint:
    name = read_name(element, where)
    where = where.at(name)
    kind = element.get("type", "")
    if kind not in _KINDS:
        raise where.error(f"no joint type '{kind}'{suggest(kind, _KINDS)}")
    axis = read_vector(element, "axis", "xyz", where, (1.0, 0.0, 0.0))
    length = math.hypot(*axis)
    if kind in _MOVABLE and abs(length - 1.0) > _UNIT_TOLERANCE:  # PyBullet would scale the motion by it
        raise where.at("axis").error(
            f"has length {length:.4g}, a direction has 1; {_suggest_unit_vector(axis, length)}"
        )
    if kind in _LIMITED and element.find("limit") is None:
        raise where.error(f"{kind} without a <limit>; add one with lower, upper, effort and velocity")
    return Joint(
        name=name,
        kind=kind,
        parent=_read_link(element, "parent", where),
        child=_read_link(element, "child", where),
        position=read_vector(element, "origin", "xyz", where),
        rpy=read_vector(element, "origin", "rpy", where),
        axis=(axis[0] / length, axis[1] / length, axis[2] / length) if length else axis,
        lower=-math.inf if kind == "continuous" else read_number(element, "limit", "lower", where),
        upper=math.inf if kind == "continuous" else read_number(element, "limit", "upper", where),
        effort=read_number(element, "limit", "effort", where),
        velocity=read_number(element, "limit", "velocity", where),
        damping=read_number(element, "dynamics", "damping", where),
        friction=read_number(element, "dynamics", "friction", where),
    )


def _check_tree(links: dict[str, float], joints: dict[str, Joint], where: Location) -> None:
    parents: dict[str, str] = {}
    for joint in joints.values():
        for link in (joint.parent, joint.child):
            if link not in links:
                raise where.at(joint.name).error(f"no link '{link}'{suggest(link, links)}")
        if joint.child in parents:
            other = parents[joint.child]
            raise where.at(joint.name).error(f"'{joint.child}' is already carried by '{other}'; remove one of the two")
        parents[joint.child] = joint.name
    bases = [link for link in links if link not in parents]
    if len(bases) != 1:
        raise where.error(f"{len(bases)} base links ({', '.join(bases)}), 1 is possible; join all links into one tree")
    loose = set(links) - _find_descendants(bases[0], joints)
    if loose:
        raise where.error(f"links in a cycle: {', '.join(sorted(loose))}; join all links into one tree")


def _find_descendants(base: str, joints: dict[str, Joint]) -> set[str]:
    reached, new = {base}, {base}
    while new:
        new = {joint.child for joint in joints.values() if joint.parent in new} - reached
        reached |= new
    return reached


def _read_mass(link: Element, where: Location) -> float:
    """Read the mass of a link, kg; the default of 1 kg is that of PyBullet."""
    return read_number(link, "inertial/mass", "value", where.at(read_name(link, where)), 1.0)


def _suggest_unit_vector(axis: Vector, length: float) -> str:
    return f"write {' '.join(f'{part / length:.6g}' for part in axis)}" if length else "give a direction"


def _read_link(element: Element, end: str, where: Location) -> str:
    child = element.find(end)
    if child is None or not child.get("link"):
        raise where.at(end).error("names no link; name one")
    return child.get("link", "")
