"""Evaluation of a grasp pose: its cheapest joint positions, within reach and near the home posture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mygym_lite.experts.arm_controller import REACH_TOLERANCE, ArmController
from mygym_lite.experts.grasp_plan import GraspPlan, compute_pregrasp_position
from mygym_lite.experts.inputs import Array

_ERROR_COST = 200.0  # per m of pose error
_POSTURE_COST = 0.05  # per rad² away from home
_OVERLAP_COST = 1e4  # per m by which the arm is too close to the body
_MISS_COST = 1e3  # per m of the error of a pose that is out of reach
_MAX_ERROR = 10 * REACH_TOLERANCE  # m; a pose missed by more is out of reach


@dataclass(frozen=True)
class GraspEvaluator:
    """Evaluator of grasp poses.

    Args:
        controller: Controller of the arm.
        good_cost: Cost at which no other posture is tried.
        iterations: Iterations of inverse kinematics for the grasp pose.
        lift: Height above the grasp pose that the palm has to reach as well, in any orientation, m.
    """

    controller: ArmController
    good_cost: float
    iterations: int = 60
    lift: float | None = None

    def evaluate(
        self, position: Array, rotation: Array, width: float, postures: Sequence[Array] = ()
    ) -> tuple[float, GraspPlan]:
        """Find the cheapest joints of a grasp: within reach, near home, with room to line up and to lift.

        Args:
            position: Position of the palm, m.
            rotation: Rotation of the palm.
            width: Width of the object between the fingers, m.
            postures: Postures from which inverse kinematics starts; those near home if empty.
        """
        home = self.controller.start_postures[0]
        best = (math.inf, GraspPlan(position, rotation, home, home, width))
        for posture in postures or self.controller.start_postures:
            cost, plan = self._evaluate_posture(posture, best[1])
            if cost < best[0]:
                best = cost, plan
            if cost < self.good_cost:
                break
        return best

    def _evaluate_posture(self, posture: Array, plan: GraspPlan) -> tuple[float, GraspPlan]:
        """Solve for the joints of a plan from a posture; return the plan as it is if its grasp is out of reach."""
        position, rotation = plan.position, plan.rotation
        joints, error = self.controller.solve_clear_ik(posture, position, rotation, self.iterations)
        miss_cost = compute_miss_cost(error)
        if miss_cost is not None:
            return miss_cost, plan
        pregrasp = compute_pregrasp_position(position, rotation)
        pregrasp_joints, pregrasp_error = self.controller.solve_clear_ik(joints, pregrasp, rotation)
        worst = max(error, pregrasp_error, self._compute_lift_error(joints, position))
        cost = compute_posture_cost(self.controller, joints, worst)
        cost += _OVERLAP_COST * self.controller.compute_overlap(pregrasp_joints)
        return cost, replace(plan, grasp_joints=joints, pregrasp_joints=pregrasp_joints)

    def _compute_lift_error(self, joints: Array, position: Array) -> float:
        if self.lift is None:
            return 0.0
        return self.controller.solve_ik(joints, position + np.array([0.0, 0.0, self.lift]), None)[1]


def compute_miss_cost(error: float) -> float | None:
    """Compute the cost of a pose that is out of reach by its error, m; None if it is within reach."""
    return _MISS_COST * error if error > _MAX_ERROR else None


def compute_posture_cost(controller: ArmController, joints: Array, error: float) -> float:
    """Compute the cost of joint positions by pose error, m, distance from home, and overlap with the body."""
    posture = float(np.sum((joints - controller.kinematics.home) ** 2))
    overlap = _OVERLAP_COST * controller.compute_overlap(joints)
    return _ERROR_COST * max(0.0, error - REACH_TOLERANCE) + _POSTURE_COST * posture + overlap
