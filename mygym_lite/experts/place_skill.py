"""Placing skill of the scripted expert: grasp an object, carry it to a destination, let it go and withdraw."""

from __future__ import annotations

import math

import numpy as np

from mygym_lite.config.rotation import rotation_from_quaternion, rotation_from_rpy, rotation_from_vector
from mygym_lite.config.state import State, Vec3
from mygym_lite.experts.arm_controller import REACH_TOLERANCE, ArmController
from mygym_lite.experts.carry_planning import CarryPlanner
from mygym_lite.experts.clearance import compute_top, is_hand_between_objects
from mygym_lite.experts.compartment import CompartmentDestination
from mygym_lite.experts.cost_search import find_cheapest
from mygym_lite.experts.destinations import Destination
from mygym_lite.experts.grasp_skill import GraspSkill
from mygym_lite.experts.inputs import Array, ExpertInputs
from mygym_lite.experts.palm_rotations import compute_turn
from mygym_lite.experts.withdrawal import OPENING, withdraw
from mygym_lite.terms import relations

_TRAVEL_CLEARANCE = 0.05  # m between the carried object and the tops that it passes
_MAX_CARRY = 0.03  # m per action
_MAX_LOWERING = 0.015  # m per action while close above the destination
_NEAR = 0.03  # m from the place above the destination at which the object may descend
_ALIGNMENT_GAIN = 0.5  # share of the error per action; the object swings behind the hand
_ARRIVAL = 0.006  # m above the destination at which the object is let go
_SUPPORT_FORCE = 0.3  # N; the object stands on something
_MAX_TILT = 0.5  # rad of the palm from the vertical; grasps tilt less
_MAX_TURN = 0.15  # rad per action about the vertical
_TURNS = (0.0, 0.3, -0.3, 0.6, -0.6, 0.9, -0.9)  # rad about the vertical, tried in this order


class PlaceSkill:
    """Skill that brings an object to a destination."""

    def __init__(
        self, inputs: ExpertInputs, controller: ArmController, thing: str, destination: Destination, release: bool
    ) -> None:
        self._controller, self._thing = controller, thing
        self._destination, self._release = destination, release
        self._carry_planner = CarryPlanner(controller)
        self._grasp = GraspSkill(inputs, controller, thing, destination)

    def reset(self) -> None:
        """Begin an episode."""
        self._grasp.reset()
        self._carry_planner.reset()

    def compute_action(self, state: State) -> Array:
        """Choose by the contact of hand and object, and by the offset from the destination."""
        offset = np.subtract(self._compute_place(state), state.position(self._thing))
        is_above = math.hypot(offset[0], offset[1]) < self._destination.tolerance
        has_arrived = is_above and (-offset[2] < _ARRIVAL or self._is_supported(state))
        if self._release and has_arrived and state.touch("hand", self._thing).peak > 0.0:
            return self._let_go(state)
        if self._grasp.grip.is_held(state):
            return self._carry(state, offset, is_above)
        self._carry_planner.reset()
        if is_hand_between_objects(state, self._thing):
            is_touched = state.touch("hand", self._thing).peak > 0.0
            return self._let_go(state) if is_touched else withdraw(self._controller, state)
        return self._grasp.compute_action(state)

    def _compute_place(self, state: State) -> Vec3:
        return self._destination.compute_position(state, self._thing)

    def _is_supported(self, state: State) -> bool:
        support = self._destination.support or "table"
        return state.touch(support, self._thing).mean > _SUPPORT_FORCE

    def _let_go(self, state: State) -> Array:
        """Open the hand in place, then withdraw it: an open hand may still touch the object."""
        if state.closure[0] == 0.0:
            return withdraw(self._controller, state)
        closure = max(0.0, state.closure[0] - OPENING)
        return self._controller.compute_action(state, self._solve(state, np.zeros(3)), closure, 0.3)

    def _carry(self, state: State, offset: Array, is_above: bool) -> Array:
        """Grip firmly, rise to the travel height, cross, and descend."""
        closure = self._grasp.grip.compute_closure(state)
        if not self._grasp.grip.is_firm(state) and not self._grasp.grip.is_lifted(state):
            return self._controller.compute_action(state, self._solve(state, np.zeros(3)), closure, 0.3)
        distance = math.hypot(offset[0], offset[1])
        rise = self._compute_travel_height(state) - state.position(self._thing)[2]
        if is_above or (distance < _NEAR and abs(rise) > _TRAVEL_CLEARANCE):
            step = np.array([offset[0], offset[1], max(offset[2], -_MAX_LOWERING)])
        elif rise > 0.01 and distance > _NEAR:
            step = np.array([0.0, 0.0, rise])
        else:
            step = np.array([offset[0], offset[1], rise])
        if distance < _NEAR:
            step[:2] *= _ALIGNMENT_GAIN
        length = float(np.linalg.norm(step))
        step *= min(1.0, self._grasp.grip.limit_step(state, _MAX_CARRY) / max(length, 1e-9))
        return self._controller.compute_action(state, self._solve(state, step), closure)

    def _compute_travel_height(self, state: State) -> float:
        """Compute the height of the object's centre at which it passes over all others, m."""
        half_height = relations.compute_half_height(state, self._thing)
        tops = [compute_top(state, name) for name in state.object_shapes if name != self._thing]
        target = self._compute_place(state)[2]
        return max([*(top + half_height for top in tops), target]) + _TRAVEL_CLEARANCE

    def _solve(self, state: State, step: Array) -> Array:
        """Solve for the palm that moves the held object by a step, turned about the vertical if out of reach."""
        palm, centre = state.frames["palm"], np.array(state.position(self._thing))
        rotation, in_hand = rotation_from_quaternion(palm.rotation), np.subtract(palm.position, centre)
        suitable, level = self._compute_turn(state, rotation), _compute_levelling(rotation)

        def solve(posture: Array, turn: float, iterations: int) -> tuple[float, Array]:
            about = rotation_from_rpy((0.0, 0.0, suitable + turn)) @ level
            position = centre + step + about @ in_hand
            joints, error = self._controller.solve_ik(posture, position, about @ rotation, iterations)
            return error, joints

        start, home = self._controller.compute_joint_targets(state), self._controller.start_postures[0]
        options = [*((start, turn, 20) for turn in _TURNS), (home, 0.0, 60)]  # home: out of a dead end
        return find_cheapest((solve(*option) for option in options), REACH_TOLERANCE)[1]

    def _compute_turn(self, state: State, rotation: Array) -> float:
        """Compute the turn of this action about the vertical that suits the destination and the reach of the arm."""
        if isinstance(self._destination, CompartmentDestination):
            turn = compute_turn(self._destination.compute_outward(state), rotation)
        else:
            turn = self._carry_planner.compute_turn(state, self._thing, self._compute_place(state))
        return max(-_MAX_TURN, min(_MAX_TURN, turn))


def _compute_levelling(rotation: Array) -> Array:
    """Compute the rotation of this action that brings a palm back that has tilted too far at the limits of joints."""
    x, y, z = rotation[:, 2]
    aside = math.hypot(x, y)
    excess = min(_MAX_TURN, math.atan2(aside, -z) - _MAX_TILT)
    return np.eye(3) if excess <= 0.0 else rotation_from_vector(np.array([-y, x, 0.0]) * (excess / aside))
