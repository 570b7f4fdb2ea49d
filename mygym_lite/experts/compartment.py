"""Destinations below boards: the open part of a compartment, which the hand reaches from above."""

from __future__ import annotations

import math
from typing import NamedTuple

from mygym_lite.config.objects import load_object
from mygym_lite.config.region import RegionShape
from mygym_lite.config.robot import load_robot
from mygym_lite.config.rotation import compose_poses, rotate_vector
from mygym_lite.config.state import Pose, State, Vec3
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.experts.arm_controller import is_gripper
from mygym_lite.experts.inputs import ExpertInputs
from mygym_lite.terms import relations, vectors

_HEADROOM = 0.03  # m above the floor of a region; higher parts of its object cover it
_EDGE = 0.004  # m from the object to the open edge
_IN_HAND = 0.06  # m from palm to object in which it is in the hand
_GAP = 0.012  # m above the floor at which a hand lets an object go
_GRIPPER_GAP = 0.03  # m; the wrist of a gripper is wide, and lower it would touch the boards


class Rectangle(NamedTuple):
    """Rectangle in the frame of a region, m."""

    low: tuple[float, float]
    high: tuple[float, float]

    @property
    def centre(self) -> tuple[float, float]:
        """Centre, m."""
        return 0.5 * (self.low[0] + self.high[0]), 0.5 * (self.low[1] + self.high[1])

    @property
    def edges(self) -> tuple[float, float]:
        """Edge lengths, m; negative if it is empty."""
        return self.high[0] - self.low[0], self.high[1] - self.low[1]


class CompartmentDestination:
    """Middle of the open part of a region that belongs to an object with boards above it."""

    tolerance = 0.012

    def __init__(self, inputs: ExpertInputs, region: str, of: str) -> None:
        self._inputs, self._region, self.support = inputs, region, of
        arm = next(iter(load_robot(inputs.task.robot.model).arms.values()))
        self._gap = _GRIPPER_GAP if is_gripper(arm) else _GAP

    def compute_position(self, state: State, thing: str) -> Vec3:
        """Compute the place near the open edge of the floor, at which the palm is in the middle of that edge."""
        frame = state.frames[self._region]
        rectangle, outward = self._find_rectangle(state), self.compute_outward(state)
        x, y = rectangle.centre
        place = rotate_vector(frame.rotation, (x, y, relations.compute_half_height(state, thing) + self._gap))
        radius = 0.5 * math.hypot(*state.object_shapes[thing].extents[:2])
        out = max(0.0, 0.5 * min(rectangle.edges) - radius - _EDGE)
        aside = self._compute_offset_in_hand(state, thing, outward + 0.5 * math.pi)
        px, py, pz = frame.position
        cos, sin = math.cos(outward), math.sin(outward)
        return px + place[0] + out * cos - aside * sin, py + place[1] + out * sin + aside * cos, pz + place[2]

    def _compute_offset_in_hand(self, state: State, thing: str, axis: float) -> float:
        """Compute the offset of a held object from the palm along an axis, m; fingers leave it some play."""
        x, y, z = vectors.subtract(state.position(thing), state.position("palm"))
        return 0.0 if math.hypot(x, y, z) > _IN_HAND else x * math.cos(axis) + y * math.sin(axis)

    def compute_outward(self, state: State) -> float:
        """Compute the horizontal direction from the covered to the open part, rad."""
        x, y = self._find_rectangle(state).centre
        return vectors.compute_yaw(state.frames[self._region].rotation) + math.atan2(y, x)

    def _find_rectangle(self, state: State) -> Rectangle:
        support = self._inputs.episode_task().objects[self.support]
        shape, frames = state.regions[self._region], state.frames
        return find_open_rectangle(shape, frames[self._region], support, frames[self.support])


def find_open_rectangle(shape: RegionShape, pose: Pose, support: ObjectConfig, support_pose: Pose) -> Rectangle:
    """Find the largest rectangle of a box region that no board of its object covers."""
    x, y = shape.half_edges or (shape.radius or 0.0,) * 2
    area = Rectangle((-x, -y), (x, y))
    for part in load_object(support.model).shapes:
        if part.kind != "box":
            continue
        px, py, pz = (support.size * value for value in part.position)
        centre = compose_poses(support_pose, Pose((px, py, pz), (0.0, 0.0, 0.0, 1.0))).position
        local = vectors.rotate_inverse(pose.rotation, vectors.subtract(centre, pose.position))
        half = [0.5 * support.size * edge for edge in part.size]
        if local[2] - half[2] > _HEADROOM:
            board = Rectangle((local[0] - half[0], local[1] - half[1]), (local[0] + half[0], local[1] + half[1]))
            area = _cut(area, board)
    return area


def _cut(area: Rectangle, board: Rectangle) -> Rectangle:
    """Return the largest rectangle of an area beside a board, or all of it if they do not overlap."""
    (x0, y0), (x1, y1) = area
    (bx0, by0), (bx1, by1) = board
    if bx0 >= x1 or bx1 <= x0 or by0 >= y1 or by1 <= y0:
        return area
    sides = [
        Rectangle((x0, y0), (bx0, y1)),
        Rectangle((bx1, y0), (x1, y1)),
        Rectangle((x0, y0), (x1, by0)),
        Rectangle((x0, by1), (x1, y1)),
    ]
    return max(sides, key=lambda side: min(side.edges))
