"""Reading of URDF files: joints, masses and kinematic chains, without a physics engine."""

from __future__ import annotations

import functools
import importlib.util
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.rotation import Quaternion, Vector, rotation_from_quaternion, rotation_from_rpy
from mygym_lite.errors import suggest
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


Array = NDArray[np.float64]
_LIMITED = ("revolute", "prismatic")
_MOVABLE = (*_LIMITED, "continuous")
_KINDS = (*_MOVABLE, "fixed", "floating", "planar")
_DISTRIBUTION = {"pybullet_data": "pybullet", "jvrc_description": "'mygym_lite[robots]'"}
_UNIT_TOLERANCE = 1e-3  # permits axes with four digits
_SCHEMES = ("package://", "model://", "file://")
_IN_PACKAGE = re.compile(r"([^\W\d]\w+):(.+)")  # two letters or more, since C: is a drive


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


@dataclass(frozen=True, eq=False)
class Chain:
    """Arrays for forward kinematics: joint i is at `origins[i]`, `rotations[i]` in the frame moved by joint i - 1.

    A revolute joint then rotates by q about `axes[i]`, a prismatic one translates by q along it; the tip comes last.
    """

    origins: Array  # (n, 3), m
    rotations: Array  # (n, 3, 3)
    axes: Array  # (n, 3), unit length, in the frame of the joint
    sliding: NDArray[np.bool_]  # (n,)
    tip_position: Array  # (3,), m, in the frame moved by the last joint
    tip_rotation: Array  # (3, 3)
    reach: float  # m, upper bound of the distance from the first joint to the tip


_NO_URDF = "there is no .urdf there either; put the file there, or correct the path"


def locate_urdf(urdf: str, base_folder: Path, location: Location) -> Path:
    """Find a URDF file beside another file, or in an installed package: `pybullet_data:franka_panda/panda.urdf`."""
    name, folder = urdf, base_folder
    if packaged := _IN_PACKAGE.fullmatch(urdf):
        package, name = packaged.groups()
        spec = importlib.util.find_spec(package)  # avoids importing it
        if spec is None or not spec.submodule_search_locations:
            raise location.error(
                f"'{urdf}' needs the package {package}; pip install {_DISTRIBUTION.get(package, package)}"
            )
        folder = Path(spec.submodule_search_locations[0])
    path = folder / name
    if not path.is_file():
        others = (file.name for file in path.parent.glob("*.urdf"))
        raise location.error(f"no such file as '{urdf}' in {folder}{suggest(path.name, others, _NO_URDF)}")
    return path


def find_mesh(urdf: Path, reference: str, where: Location) -> Path:
    """Find a mesh or texture that a URDF refers to, as PyBullet does: in its folder, then in the parent folders."""
    name = reference
    for scheme in _SCHEMES:
        name = name.removeprefix(scheme)
    for folder in urdf.parents:
        if name and (folder / name).is_file():
            return folder / name
    raise where.error(f"no such file as '{reference}' beside {urdf.name}; put it there, or name another")


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


def build_chain(
    urdf: Urdf,
    joints: Sequence[str],
    tip: str,
    position: Vector = (0.0, 0.0, 0.0),
    rotation: Quaternion = (0.0, 0.0, 0.0, 1.0),
) -> Chain:
    """Build the chain from the base link to a frame in the tip link; joints not in `joints` stay at zero."""
    driven: list[tuple[Array, Joint]] = []
    gap = np.eye(4)
    for joint in urdf.list_joints_to(tip):
        gap = gap @ _build_transform(joint.position, rotation_from_rpy(joint.rpy))
        if joint.name in joints:
            driven.append((gap, joint))
            gap = np.eye(4)
    gap = gap @ _build_transform(position, rotation_from_quaternion(rotation))
    poses = np.array([pose for pose, _ in driven])
    lengths = [float(np.linalg.norm(pose[:3, 3])) for pose in (*poses[1:], gap)]
    travel = [max(abs(joint.lower), abs(joint.upper)) for _, joint in driven if joint.kind == "prismatic"]
    return Chain(
        origins=poses[:, :3, 3].copy(),
        rotations=poses[:, :3, :3].copy(),
        axes=np.array([joint.axis for _, joint in driven]),
        sliding=np.array([joint.kind == "prismatic" for _, joint in driven]),
        tip_position=gap[:3, 3].copy(),
        tip_rotation=gap[:3, :3].copy(),
        reach=math.fsum([*lengths, *travel]),
    )


def _build_transform(position: Vector, rotation: Array) -> Array:
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, position
    return pose


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
