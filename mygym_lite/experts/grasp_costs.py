"""Costs of a grasp beside other objects, and on the way to a destination."""

from __future__ import annotations

import numpy as np

from mygym_lite.config.rotation import rotation_from_rpy
from mygym_lite.config.state import State
from mygym_lite.experts.arm_controller import REACH_TOLERANCE, ArmController
from mygym_lite.experts.compartment import CompartmentDestination
from mygym_lite.experts.destinations import Destination
from mygym_lite.experts.grasp_plan import GraspPlan
from mygym_lite.experts.palm_rotations import compute_turn

_CROWDING_COST = 20.0  # per m of clearance that is missing
_COMPARTMENT_HEIGHT = 0.25  # m above a compartment from which the hand descends
_PASSING_HEIGHT = 0.1  # m above other destinations
_PLACE_COST = 50.0  # per m of pose error at the destination, where the hand may still turn
_TURN_COST = 0.3  # per rad to turn the hand before it reaches into a compartment


def compute_crowding_cost(plan: GraspPlan, state: State, name: str) -> float:
    """Compute the cost of neighbours in the way of the open fingers."""
    cost = 0.0
    closing = plan.rotation[:2, 0] / np.linalg.norm(plan.rotation[:2, 0])
    for other, shape in state.object_shapes.items():
        if other == name:
            continue
        offset = np.subtract(state.position(other)[:2], plan.position[:2])
        along, across = abs(float(offset @ closing)), abs(float(offset[0] * closing[1] - offset[1] * closing[0]))
        radius = 0.5 * max(shape.extents[:2])
        gap = max(along - 0.5 * plan.width - 0.05, across - 0.045) - radius
        cost += max(0.0, 0.02 - gap) * _CROWDING_COST
    return cost


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
