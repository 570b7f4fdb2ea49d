"""Costs of a grasp beside other objects, and on the way to a destination."""

from __future__ import annotations

import numpy as np

from mygym_lite.config.rotation import rotation_from_rpy
from mygym_lite.config.state import State
from mygym_lite.experts.arm_controller import REACH_TOLERANCE, ArmController
from mygym_lite.experts.clearance import compute_top
from mygym_lite.experts.compartment import CompartmentDestination
from mygym_lite.experts.destinations import Destination
from mygym_lite.experts.grasp_plan import GraspPlan
from mygym_lite.experts.palm_rotations import compute_turn

_CROWDING_COST = 60.0  # per m of clearance that is missing
_MIN_GAP = 0.02  # m to a neighbour
_FINGER, _GRIPPER_FINGER = 0.042, 0.022  # m from the opening to the outside of an open finger
_HALF_WIDTH = 0.045  # m across the closing direction
_BODY_HALF_LENGTH, _BODY_DISTANCE = 0.105, 0.045  # m: of the wide body of a gripper, from the palm frame
_COMPARTMENT_HEIGHT = 0.25  # m above a compartment from which the hand descends
_PASSING_HEIGHT = 0.1  # m above other destinations
_PLACE_COST = 50.0  # per m of pose error at the destination, where the hand may still turn
_TURN_COST = 0.3  # per rad to turn the hand before it reaches into a compartment


def compute_crowding_cost(controller: ArmController, plan: GraspPlan, state: State, name: str) -> float:
    """Compute the cost of neighbours in the way of the open hand."""
    finger = _GRIPPER_FINGER if controller.is_gripper else _FINGER
    half_length = 0.5 * controller.opening + finger
    cost = 0.0
    for other, shape in state.object_shapes.items():
        if other == name:
            continue
        along, across, top = _locate_neighbour(plan, state, other)
        gap = max(abs(along) - half_length, abs(across) - _HALF_WIDTH)
        if controller.is_gripper and top > plan.position[2] + _compute_body_height(plan, along):
            gap = min(gap, max(abs(along) - _BODY_HALF_LENGTH, abs(across) - _HALF_WIDTH))
        cost += max(0.0, _MIN_GAP + 0.5 * max(shape.extents[:2]) - gap) * _CROWDING_COST
    return cost


def _locate_neighbour(plan: GraspPlan, state: State, name: str) -> tuple[float, float, float]:
    """Locate an object from the palm, in and across the closing direction, and the height of its top, m."""
    closing = plan.rotation[:2, 0] / np.linalg.norm(plan.rotation[:2, 0])
    dx, dy = np.subtract(state.position(name)[:2], plan.position[:2])
    return dx * closing[0] + dy * closing[1], dx * closing[1] - dy * closing[0], compute_top(state, name)


def _compute_body_height(plan: GraspPlan, along: float) -> float:
    """Compute the height of a tilted gripper's body above the palm frame, in the closing direction, m."""
    reach = max(-_BODY_HALF_LENGTH, min(_BODY_HALF_LENGTH, along))
    return float(reach * plan.rotation[2, 0] - _BODY_DISTANCE * plan.rotation[2, 2])


def compute_destination_cost(
    controller: ArmController, destination: Destination, plan: GraspPlan, state: State, name: str
) -> float:
    """Compute the cost of a destination out of reach with a grasp, and of turning the hand for it."""
    turn, height = 0.0, _PASSING_HEIGHT
    if isinstance(destination, CompartmentDestination):
        turn, height = compute_turn(destination.compute_outward(state), plan.rotation), _COMPARTMENT_HEIGHT
    about = rotation_from_rpy((0.0, 0.0, turn))
    place = destination.compute_position(state, name) + about @ (plan.position - state.position(name))
    cost, start = _TURN_COST * abs(turn), controller.start_postures[0]
    for above in (height, 0.0):
        position = place + np.array([0.0, 0.0, above])
        start, error = controller.solve_ik(start, position, about @ plan.rotation)
        cost += _PLACE_COST * max(0.0, error - REACH_TOLERANCE)
    return cost
