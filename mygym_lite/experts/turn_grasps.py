"""Grasps of an object for a turn, with their costs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from mygym_lite.config.rotation import rotation_from_quaternion, rotation_from_vector
from mygym_lite.config.state import Pose
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.body_grasps import list_body_grasps
from mygym_lite.experts.grasp_evaluation import GraspEvaluator
from mygym_lite.experts.grasp_plan import GraspPlan
from mygym_lite.experts.inputs import Array
from mygym_lite.experts.orientations import compute_rotation_angle
from mygym_lite.experts.palm_rotations import build_rotation
from mygym_lite.experts.turn_clearance import TableObject, choose_point
from mygym_lite.experts.turn_costs import GOOD_COST, compute_body_cost
from mygym_lite.experts.turns import Turn

_LEANS = tuple(-math.radians(angle) for angle in (45, 30, 15, 60, 0))  # of the approach, back before a quarter turn
_LEVEL_LEANS = tuple(math.radians(angle) for angle in (0, 20, -20))
_LEAN_COST, _LARGE_LEAN = 10.0, math.radians(45)  # per rad by which the approach leans further, close to the table
_SHORTAGE_COST = 100.0  # per m of clearance that is missing
_REJECTION_COST, _REJECTION_ANGLE = 5.0, 0.3  # within so many rad of a rejected grasp


@dataclass(frozen=True)
class TurnGrasp:
    """Grasp of an object for one turn."""

    cost: float
    turn: Turn
    point: Array  # of the grasp, m in the object frame
    plan: GraspPlan


class TurnGraspPlanner:
    """Planner of the grasps of one object for a turn."""

    def __init__(self, controller: ArmController, thing: TableObject) -> None:
        self._controller, self._thing = controller, thing
        self._evaluator = GraspEvaluator(controller, GOOD_COST, iterations=30)

    def iterate_grasps(self, turn: Turn, pose: Pose, rejected: Sequence[Array]) -> Iterator[TurnGrasp]:
        """Iterate over the grasps for a turn of the object at a pose; palm rotations near rejected ones cost more."""
        rotation = rotation_from_quaternion(pose.rotation)
        closing, opening = rotation.T @ turn.axis, self._controller.opening
        for grasp in list_body_grasps(self._thing.model, self._thing.size, closing, opening):
            for lean, side in product(_LEANS if turn.angle else _LEVEL_LEANS, (1.0, -1.0)):
                point, shortage = choose_point(self._thing, grasp, turn, pose, lean)
                approach = rotation_from_vector(lean * turn.axis) @ np.array([0.0, 0.0, -1.0])
                palm = build_rotation(side * turn.axis, approach)
                cost, plan = self._evaluator.evaluate(np.array(pose.position) + rotation @ point, palm, grasp.width)
                cost += _compute_rejection_cost(palm, rejected)
                cost += _compute_lean_cost(lean) + compute_body_cost(self._controller, plan.position, palm)
                yield TurnGrasp(cost + _SHORTAGE_COST * shortage, turn, point, plan)


def _compute_rejection_cost(palm: Array, rejected: Sequence[Array]) -> float:
    return _REJECTION_COST * any(compute_rotation_angle(palm, other) < _REJECTION_ANGLE for other in rejected)


def _compute_lean_cost(lean: float) -> float:
    return _LEAN_COST * max(0.0, -lean - _LARGE_LEAN)
