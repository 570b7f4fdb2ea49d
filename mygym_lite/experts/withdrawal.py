"""Withdrawal of the hand from an object that it has let go of."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from mygym_lite.config.rotation import rotation_from_quaternion, rotation_from_vector
from mygym_lite.config.state import State
from mygym_lite.experts.arm_controller import REACH_TOLERANCE, ArmController
from mygym_lite.experts.clearance import is_hand_beside_objects
from mygym_lite.experts.cost_search import find_cheapest
from mygym_lite.experts.inputs import Array

OPENING = 0.15  # closure per action
_WITHDRAWAL = 0.02  # m per action
_RETREAT, _RETREAT_TURN = 0.02, 0.1  # m, rad per action


def withdraw(controller: ArmController, state: State) -> Array:
    """Raise the hand straight up, and open it once it is clear of all objects; opening, it could push others."""
    raised = np.add(state.position("palm"), (0.0, 0.0, _WITHDRAWAL))
    joints = controller.solve_nearby(state, raised, 5 * REACH_TOLERANCE)
    opening = 0.0 if is_hand_beside_objects(state) else OPENING
    return controller.compute_action(state, joints, max(0.0, state.closure[0] - opening))


def retreat(controller: ArmController, state: State) -> Array:
    """Open the hand and draw it back between the faces that it has let go of: along its approach, and upwards."""
    palm = state.frames["palm"]
    rotation, start = rotation_from_quaternion(palm.rotation), controller.compute_joint_targets(state)
    closing, up = rotation[:, 0], np.array([0.0, 0.0, 1.0])
    back = -rotation[:, 2]
    lean = math.atan2(float(np.cross(up, back) @ closing), float(back @ up))

    def solve(share: float, turn: float) -> tuple[float, Array]:
        direction = (1.0 - share) * back + share * up
        position = np.array(palm.position) + _RETREAT * direction / np.linalg.norm(direction)
        about = rotation_from_vector(-turn * max(-_RETREAT_TURN, min(_RETREAT_TURN, lean)) * closing)
        joints, error = controller.solve_ik(start, position, about @ rotation, 20)
        return error, joints

    options = product((0.0, 0.4, 0.8), (0.0, 1.0))
    _, joints = find_cheapest((solve(*option) for option in options), REACH_TOLERANCE)
    return controller.compute_action(state, joints, max(0.0, state.closure[0] - OPENING))
