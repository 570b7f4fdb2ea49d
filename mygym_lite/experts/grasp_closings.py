"""Closings of the hand on an object: the declared grasps of its model, or grasps across its body as it lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mygym_lite.config.objects import Grasp, ObjectModel
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import Pose
from mygym_lite.experts.body_grasps import iterate_closing_directions, list_body_grasps
from mygym_lite.experts.inputs import Array

_ROUND_YAWS = tuple(math.radians(a) for a in (15, 35, 0, 55, -20, 75))
_MIN_UPRIGHTNESS = math.cos(0.7)  # cosine of the largest tilt at which the declared grasps serve


@dataclass(frozen=True)
class Closing:
    """Closing of the hand on an object."""

    at: Array
    """Place in the object frame, m."""
    width: float
    """Width of the object there, m."""
    headings: Sequence[float]
    """Directions from thumb to fingers to choose from, rad."""


def list_closings(model: ObjectModel, size: float, pose: Pose, opening: float) -> list[Closing]:
    """List the declared grasps or, for an object that lies on another side, those across its body from above.

    The declared ones are also the last resort for a body that no grasp across fits, such as a large ball.

    Args:
        model: Object.
        size: Scale of the object.
        pose: Pose of the object.
        opening: Opening of the hand, m.
    """
    rotation = rotation_from_quaternion(pose.rotation)
    declared = [Closing(size * np.array(g.at), size * g.width, _list_headings(g, rotation)) for g in model.grasps]
    if rotation[2, 2] > _MIN_UPRIGHTNESS:
        return declared
    across = [
        Closing(grasp.shift(-grasp.centre), grasp.width, _list_both_headings(direction))
        for direction in iterate_closing_directions(model, rotation)
        for grasp in list_body_grasps(model, size, rotation.T @ direction, opening)
    ]
    return across or declared


def _list_headings(grasp: Grasp, rotation: Array) -> Sequence[float]:
    """List headings of the palm along the closing direction of a declared grasp, rad."""
    if grasp.close == "any":
        return _ROUND_YAWS
    return _list_both_headings(rotation[:, 0] if grasp.close == "x" else rotation[:, 1])


def _list_both_headings(direction: Array) -> Sequence[float]:
    heading = math.atan2(direction[1], direction[0])
    return heading, heading + math.pi if heading <= 0 else heading - math.pi
