"""Costs of poses in which an object is grasped for a turn, or put down after it."""

from __future__ import annotations

import math

import numpy as np

from mygym_lite.config.state import State
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.inputs import Array

GOOD_COST = 0.35  # cost at which no other posture or place is tried
MAX_COST = 2.0  # cost above which other places and turns are tried
_FOREARM, _BODY_RADIUS = 0.25, 0.24  # m behind the palm, and m that this point keeps from the axis of the robot
_BODY_COST = 20.0  # per m that is missing
_LIMIT_COST, _LIMIT_MARGIN = 0.3, 0.15  # per joint at its limit, falling to 0 at so many rad from it
_CROWDING_COST = 20.0  # per m of clearance to other objects that is missing


def compute_body_cost(controller: ArmController, position: Array, rotation: Array) -> float:
    """Compute the cost of a palm pose with the forearm close to the body of the robot."""
    elbow = position - _FOREARM * rotation[:, 2]
    return _BODY_COST * max(0.0, _BODY_RADIUS - math.dist(elbow[:2], controller.base[:2]))


def compute_limit_cost(controller: ArmController, joints: Array) -> float:
    """Compute the cost of joints near their limits, from which the hand cannot move freely."""
    lower, upper = controller.kinematics.lower, controller.kinematics.upper
    margin = np.minimum(joints - lower, upper - joints)
    return _LIMIT_COST * float(np.sum(np.maximum(0.0, 1.0 - margin / _LIMIT_MARGIN)))


def compute_crowding_cost(state: State, name: str, place: Array, radius: float) -> float:
    """Compute the cost of putting an object of a radius, m, down at a place, (2,), near others."""
    cost = 0.0
    for other, shape in state.object_shapes.items():
        if other != name:
            distance = math.dist(state.position(other)[:2], place) - 0.5 * math.hypot(*shape.extents[:2]) - radius
            cost += _CROWDING_COST * max(0.0, 0.03 - distance)
    return cost
