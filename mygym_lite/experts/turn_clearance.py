"""Clearance between the table and a hand that grasps an object for a turn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np

from mygym_lite.config.objects import ObjectModel
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import Pose
from mygym_lite.experts.body_grasps import BodyGrasp
from mygym_lite.experts.inputs import Array
from mygym_lite.experts.turns import Turn

_SHIFTS = (0.0, 0.008, 0.016, 0.03)  # m up and towards the later top
_HALF_WIDTH, _TIP_RADIUS, _TIP_REACH = 0.0265, 0.012, 0.011  # m: the outer fingertips, from the palm frame
_WRIST_RADIUS, _WRIST_DISTANCE = 0.07, 0.12  # m: behind the palm frame
_TABLE_MARGIN = 0.003  # m between the hand and the table


@dataclass(frozen=True)
class TableObject:
    """Object on the table."""

    model: ObjectModel
    size: float
    """Scale of the object."""
    surface: float
    """Height of the table, m."""

    def compute_standing_height(self, turn: Turn) -> float:
        """Compute the height of the origin of the object above the table after a turn, m."""
        return 0.5 * self.size * float(np.abs(turn.standing[2]) @ np.array(self.model.extents))


def choose_point(thing: TableObject, grasp: BodyGrasp, turn: Turn, pose: Pose, lean: float) -> tuple[Array, float]:
    """Choose the point nearest to the middle at which the fingers clear the table before and after the turn.

    Args:
        thing: Object to grasp.
        grasp: Grasp across it.
        turn: Turn after the grasp.
        pose: Present pose of the object.
        lean: Angle of the approach from the vertical before the turn, rad.

    Returns:
        The point in the object frame, m, and the clearance that is missing there, m.
    """
    rotation = rotation_from_quaternion(pose.rotation)
    options = []
    for later, now in product(_SHIFTS, _SHIFTS):
        offset = later * turn.standing[2] + now * rotation[2]  # rows: the vertical in the object frame
        point = grasp.shift(offset - grasp.centre)
        before = pose.position[2] - thing.surface + rotation[2] @ point - _compute_depth(lean)
        after = thing.compute_standing_height(turn) + turn.standing[2] @ point
        shortage = max(0.0, -before, _compute_depth(lean + turn.angle) - after)
        options.append((shortage + 0.1 * float(np.linalg.norm(point)), shortage, point))
    _, shortage, point = min(options, key=lambda option: option[0])
    return point, float(shortage)


def _compute_depth(lean: float) -> float:
    """Compute how far fingertips and wrist reach below the palm frame if the approach leans along the hand, m."""
    ahead, aside = math.cos(lean), abs(math.sin(lean))
    fingers = max(0.0, ahead) * _TIP_REACH + aside * _HALF_WIDTH + _TIP_RADIUS
    wrist = aside * _WRIST_RADIUS - ahead * _WRIST_DISTANCE
    return max(fingers, wrist) + _TABLE_MARGIN
