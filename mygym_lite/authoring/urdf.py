"""Robot model of links and joints, its mirror image, and its URDF text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mygym_lite.authoring.frame import ORIGIN, Frame
from mygym_lite.authoring.solid import Box, PlacedSolid, compute_mass_properties

Axis = tuple[float, float, float]
Color = tuple[float, float, float]

RIGHT, LEFT = "right_", "left_"


def swap_side(name: str) -> str:
    """Swap the side prefix of a name; names without a side are unchanged."""
    if name.startswith(RIGHT):
        return LEFT + name.removeprefix(RIGHT)
    return RIGHT + name.removeprefix(LEFT) if name.startswith(LEFT) else name


@dataclass(frozen=True)
class Visual:
    """A mesh of the meshes folder with a material, both by name, in its link frame."""

    mesh: str
    material: str
    frame: Frame = ORIGIN

    def mirror(self) -> Visual:
        """Return the visual of the other side; only meshes named after a side have a mirrored mesh."""
        return Visual(swap_side(self.mesh), self.material, self.frame.mirror())


@dataclass(frozen=True)
class Link:
    """A rigid link: its mass, kg, is distributed uniformly over `bulk`; `collisions` are its collision shapes.

    `rotor` is the reflected inertia of motor and gear about the joint axis, kg m^2. It is a thin disc with half as much
    about the other axes, because Bullet zeroes inertia tensors that no solid can have.
    """

    name: str
    mass: float
    bulk: tuple[PlacedSolid, ...]
    collisions: tuple[PlacedSolid, ...] = ()
    visuals: tuple[Visual, ...] = ()
    rotor: float = 0.0
    grip: bool = False

    def mirror(self) -> Link:
        """Return the link of the other side of the body."""
        return replace(
            self,
            name=swap_side(self.name),
            bulk=tuple(part.mirror() for part in self.bulk),
            collisions=tuple(part.mirror() for part in self.collisions),
            visuals=tuple(visual.mirror() for visual in self.visuals),
        )

    def transform(self, frame: Frame) -> Link:
        """Return the link with its contents expressed in the parent of a frame."""
        return replace(
            self,
            bulk=tuple(PlacedSolid(part.solid, frame @ part.frame) for part in self.bulk),
            collisions=tuple(PlacedSolid(part.solid, frame @ part.frame) for part in self.collisions),
            visuals=tuple(replace(visual, frame=frame @ visual.frame) for visual in self.visuals),
        )


@dataclass(frozen=True)
class Drive:
    """Limits of a revolute joint in rad, N m and rad/s, damping in N m s/rad, dry friction in N m."""

    lower: float
    upper: float
    effort: float
    velocity: float
    damping: float
    friction: float


@dataclass(frozen=True)
class Joint:
    """A revolute joint about a unit axis or, without a drive, a fixed joint."""

    name: str
    parent: str
    child: str
    frame: Frame
    axis: Axis = (0, 0, 1)
    drive: Drive | None = None

    def mirror(self) -> Joint:
        """Return the joint whose equal angle gives the mirrored pose: an axis is a pseudovector."""
        x, y, z = self.axis
        return replace(
            self,
            name=swap_side(self.name),
            parent=swap_side(self.parent),
            child=swap_side(self.child),
            frame=self.frame.mirror(),
            axis=(-x + 0.0, y, -z + 0.0),
        )


@dataclass(frozen=True)
class Tree:
    """Links and joints, parents before children."""

    links: tuple[Link, ...]
    joints: tuple[Joint, ...]

    def mirror(self) -> Tree:
        """Return the tree of the other side of the body."""
        return Tree(tuple(link.mirror() for link in self.links), tuple(joint.mirror() for joint in self.joints))

    def __add__(self, other: Tree) -> Tree:
        """Join two trees; the second is attached to a link of the first."""
        return Tree(self.links + other.links, self.joints + other.joints)

    def compute_frames(self, pose: Mapping[str, float], base: str) -> dict[str, Frame]:
        """Compute the frame of every link in the base link for joint angles by name (default 0)."""
        frames = {base: ORIGIN}
        for joint in self.joints:
            mount = frames[joint.parent] @ joint.frame
            frames[joint.child] = mount.rotate(joint.axis, pose.get(joint.name, 0.0))
        return frames


def merge_frozen_limb(link: Link, limb: Tree, pose: Mapping[str, float]) -> Link:
    """Merge a limb in a fixed pose into a link, so that a resting arm needs no joints."""
    frames = limb.compute_frames(pose, link.name)
    parts = [part.transform(frames[part.name]) for part in limb.links]
    return replace(
        link,
        mass=link.mass + sum(part.mass for part in parts),
        bulk=link.bulk + tuple(solid for part in parts for solid in part.bulk),
        collisions=link.collisions + tuple(solid for part in parts for solid in part.collisions),
        visuals=link.visuals + tuple(visual for part in parts for visual in part.visuals),
    )


def format_urdf(name: str, tree: Tree, materials: Mapping[str, Color]) -> str:
    """Format the robot as URDF text, one element per line."""
    lines = ['<?xml version="1.0"?>', f'<robot name="{name}">']
    for material, (r, g, b) in materials.items():
        lines += [
            f'  <material name="{material}">',
            f'    <color rgba="{_format_numbers((r, g, b, 1.0))}"/>',
            "  </material>",
        ]
    axes = {joint.child: joint.axis for joint in tree.joints}
    for link in tree.links:
        lines += _format_link(link, axes.get(link.name, (0, 0, 1)))
    for joint in tree.joints:
        lines += _format_joint(joint)
    return "\n".join([*lines, "</robot>"]) + "\n"


def _format_number(value: float) -> str:
    """Format up to six decimals without negative zero, so that files are byte-reproducible."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _format_numbers(values: Sequence[float]) -> str:
    return " ".join(_format_number(float(value)) for value in values)


def _format_origin(frame: Frame) -> str:
    return f'<origin xyz="{_format_numbers(frame.position.tolist())}" rpy="{_format_numbers(frame.rpy)}"/>'


def _format_geometry(part: PlacedSolid) -> str:
    if isinstance(part.solid, Box):
        return f'<geometry><box size="{_format_numbers(part.solid.size)}"/></geometry>'
    if part.solid.length == 0.0:
        return f'<geometry><sphere radius="{_format_number(part.solid.radius)}"/></geometry>'
    size = f'radius="{_format_number(part.solid.radius)}" length="{_format_number(part.solid.length)}"'
    return f"<geometry><capsule {size}/></geometry>"


def _format_inertial(link: Link, axis: Axis) -> list[str]:
    centre, tensor = compute_mass_properties(link.bulk, link.mass)
    i = tensor + 0.5 * link.rotor * (np.eye(3) + np.outer(axis, axis))
    entries = {"ixx": i[0, 0], "ixy": i[0, 1], "ixz": i[0, 2], "iyy": i[1, 1], "iyz": i[1, 2], "izz": i[2, 2]}
    attributes = " ".join(f'{key}="{round(float(value), 10) + 0.0:.6e}"' for key, value in entries.items())
    return [
        "    <inertial>",
        f'      <origin xyz="{_format_numbers(centre.tolist())}" rpy="0 0 0"/>',
        f'      <mass value="{_format_number(link.mass)}"/>',
        f"      <inertia {attributes}/>",
        "    </inertial>",
    ]


def _format_link(link: Link, axis: Axis) -> list[str]:
    lines = [f'  <link name="{link.name}">']
    if link.grip:
        lines += ["    <contact>", '      <lateral_friction value="1.5"/>', '      <spinning_friction value="0.01"/>']
        lines += ["    </contact>"]
    lines += _format_inertial(link, axis)
    for visual in link.visuals:
        mesh = f'<geometry><mesh filename="meshes/{visual.mesh}.obj"/></geometry>'
        lines += ["    <visual>", f"      {_format_origin(visual.frame)}", f"      {mesh}"]
        lines += [f'      <material name="{visual.material}"/>', "    </visual>"]
    for part in link.collisions:
        lines += [
            "    <collision>",
            f"      {_format_origin(part.frame)}",
            f"      {_format_geometry(part)}",
            "    </collision>",
        ]
    return [*lines, "  </link>"]


def _format_joint(joint: Joint) -> list[str]:
    kind = "revolute" if joint.drive else "fixed"
    lines = [f'  <joint name="{joint.name}" type="{kind}">', f"    {_format_origin(joint.frame)}"]
    lines += [f'    <parent link="{joint.parent}"/>', f'    <child link="{joint.child}"/>']
    if joint.drive:
        lines += [f'    <axis xyz="{_format_numbers(joint.axis)}"/>', *_format_drive(joint.drive)]
    return [*lines, "  </joint>"]


def _format_drive(drive: Drive) -> list[str]:
    limits = f'lower="{_format_number(drive.lower)}" upper="{_format_number(drive.upper)}"'
    strength = f'effort="{_format_number(drive.effort)}" velocity="{_format_number(drive.velocity)}"'
    losses = f'damping="{_format_number(drive.damping)}" friction="{_format_number(drive.friction)}"'
    return [f"    <limit {limits} {strength}/>", f"    <dynamics {losses}/>"]
