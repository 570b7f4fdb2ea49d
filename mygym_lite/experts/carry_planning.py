"""Planning of a carry: the turn of the hand about the vertical with which the arm reaches a destination."""

from __future__ import annotations

import math

import numpy as np

from mygym_lite.config.rotation import rotation_from_quaternion, rotation_from_rpy
from mygym_lite.config.state import State, Vec3
from mygym_lite.experts.arm_controller import REACH_TOLERANCE, ArmController
from mygym_lite.experts.cost_search import find_cheapest
from mygym_lite.experts.inputs import Array
from mygym_lite.experts.palm_rotations import compute_heading

_TURNS = tuple(sign * 0.3 * step for step in range(11) for sign in (1, -1))  # rad, the smallest first
_HEIGHT = 0.10  # m above the destination at which the arm has to reach as well
_MOVED = 0.03  # m by which a destination moves before its plan is renewed


class CarryPlanner:
    """Planner of the heading of the palm at a destination, which it keeps while that stays in place."""

    def __init__(self, controller: ArmController) -> None:
        self._controller = controller
        self.reset()

    def reset(self) -> None:
        """Forget the plan: the object has to be grasped again."""
        self._cached: tuple[Vec3, float] | None = None

    def compute_turn(self, state: State, thing: str, place: Vec3) -> float:
        """Compute the turn about the vertical that is left until the arm can bring a held object to a place, rad."""
        rotation = rotation_from_quaternion(state.frames["palm"].rotation)
        heading = compute_heading(rotation)
        if self._cached is None or math.dist(self._cached[0], place) > _MOVED:
            in_hand = np.subtract(state.position("palm"), state.position(thing))
            self._cached = (place, heading + self._find_turn(rotation, in_hand, place))
        return math.remainder(self._cached[1] - heading, 2.0 * math.pi)

    def _find_turn(self, rotation: Array, in_hand: Array, place: Vec3) -> float:
        """Find the smallest turn with which both the place and the one above it are within reach, else the best."""
        errors = ((self._compute_error(turn, rotation, in_hand, place), turn) for turn in _TURNS)
        return find_cheapest(errors, REACH_TOLERANCE)[1]

    def _compute_error(self, turn: float, rotation: Array, in_hand: Array, place: Vec3) -> float:
        about = rotation_from_rpy((0.0, 0.0, turn))
        start, worst = self._controller.start_postures[0], 0.0
        for height in (_HEIGHT, 0.0):
            position = np.add(place, (0.0, 0.0, height)) + about @ in_hand
            start, error = self._controller.solve_ik(start, position, about @ rotation)
            worst = max(worst, error)
        return worst
