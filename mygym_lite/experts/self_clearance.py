"""Clearance between the links of the first arm and the body that carries it."""

from __future__ import annotations

import math
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np

from mygym_lite.config.robot import RobotModel
from mygym_lite.config.rotation import rotation_from_quaternion, rotation_from_rpy
from mygym_lite.config.urdf_elements import read_name, read_number, read_vector
from mygym_lite.experts.inputs import Array
from mygym_lite.schema import Location
from mygym_lite.sim.link_poses import LinkPoses

_SAMPLES = np.linspace(-0.5, 0.5, 9)[:, None]  # points along the axis of a capsule, as shares of its length


class _Box(NamedTuple):
    """Box with its center, m, its rotation and half of its edges, m."""

    position: Array
    rotation: Array
    half: Array

    def compute_distances(self, points: Array) -> Array:
        """Compute the distances of points (..., 3) to the surface, m; negative inside."""
        outside = np.abs((points - self.position) @ self.rotation) - self.half
        distances: Array = np.linalg.norm(np.maximum(outside, 0.0), axis=-1) + np.minimum(outside.max(axis=-1), 0.0)
        return distances


class _Capsule(NamedTuple):
    """Capsule with points along its axis, (n, 3), and its radius, m."""

    points: Array
    radius: float


class _Shapes(NamedTuple):
    """Boxes and capsules of each link, in its frame."""

    boxes: dict[str, list[_Box]]
    capsules: dict[str, list[_Capsule]]


class SelfClearance:
    """Clearance of a robot's first arm, from the boxes of its body and the capsules of its links.

    Only the pairs in ``self_collision`` of the robot count; a robot without such shapes is always clear.
    """

    def __init__(self, robot: RobotModel) -> None:
        arm = next(iter(robot.arms.values()))
        links, shapes = list(robot.tree.links), _read_shapes(robot)
        moving = {link for link in links if any(j.name in arm.joints for j in robot.tree.list_joints_to(link))}
        rigid = {link for link in links if all(joint.kind == "fixed" for joint in robot.tree.list_joints_to(link))}
        pairs = [(body, link) for pair in robot.self_collision for body, link in (pair, pair[::-1])]
        self._poses, self._values = LinkPoses(robot, list(arm.joints)), np.empty((len(links), 7))
        self._poses.fill(np.zeros(len(arm.joints)), self._values)
        capsules: list[tuple[int, _Capsule]] = []
        self._boxes: list[tuple[_Box, list[int]]] = []
        for body in sorted({body for body, _ in pairs} & rigid):
            near = [link for other, link in pairs if other == body and link in moving]
            rows = [(links.index(link), capsule) for link in near for capsule in shapes.capsules.get(link, [])]
            numbers = list(range(len(capsules), len(capsules) + len(rows)))
            capsules += rows
            self._boxes += [(self._place(links.index(body), box), numbers) for box in shapes.boxes.get(body, [])]
        self._links = [link for link, _ in capsules]
        self._points = np.array([capsule.points for _, capsule in capsules])
        self._radii = np.array([capsule.radius for _, capsule in capsules])

    def _place(self, body: int, box: _Box) -> _Box:
        """Transform a box from its link to the world: the body does not move."""
        rotation = rotation_from_quaternion(tuple(self._values[body, 3:]))
        return _Box(self._values[body, :3] + rotation @ box.position, rotation @ box.rotation, box.half)

    def compute(self, joints: Array) -> float:
        """Compute the smallest clearance at joint positions of the arm, m; negative where links overlap."""
        if not self._links:
            return math.inf
        self._poses.fill(joints, self._values)
        rotations = np.array([rotation_from_quaternion(tuple(self._values[link, 3:])) for link in self._links])
        points = self._points @ rotations.transpose(0, 2, 1) + self._values[self._links, None, :3]
        return min(
            float((box.compute_distances(points[numbers]).min(axis=1) - self._radii[numbers]).min())
            for box, numbers in self._boxes
        )


def _read_shapes(robot: RobotModel) -> _Shapes:
    """Read the collision shapes of all links."""
    where, shapes = Location(robot.urdf.name), _Shapes({}, {})
    for link in ElementTree.fromstring(robot.urdf.read_bytes()).iterfind("link"):
        for collision in link.iterfind("collision"):
            _add_shape(shapes, read_name(link, where), collision, where)
    return shapes


def _add_shape(shapes: _Shapes, link: str, collision: Element, where: Location) -> None:
    position = np.array(read_vector(collision, "origin", "xyz", where))
    rotation = rotation_from_rpy(read_vector(collision, "origin", "rpy", where))
    if collision.find("geometry/box") is not None:
        half = 0.5 * np.array(read_vector(collision, "geometry/box", "size", where))
        shapes.boxes.setdefault(link, []).append(_Box(position, rotation, half))
    elif collision.find("geometry/capsule") is not None:
        length = read_number(collision, "geometry/capsule", "length", where)
        radius = read_number(collision, "geometry/capsule", "radius", where)
        points = position + _SAMPLES * length * rotation[:, 2]
        shapes.capsules.setdefault(link, []).append(_Capsule(points, radius))
