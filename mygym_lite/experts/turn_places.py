"""Places in which an object is put down after a turn, within reach of the grasp that turns it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import State
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.cost_search import find_cheapest
from mygym_lite.experts.grasp_evaluation import compute_miss_cost, compute_posture_cost
from mygym_lite.experts.grasp_plan import GraspPlan
from mygym_lite.experts.inputs import Array
from mygym_lite.experts.turn_clearance import TableObject
from mygym_lite.experts.turn_costs import (
    GOOD_COST,
    MAX_COST,
    compute_body_cost,
    compute_crowding_cost,
    compute_limit_cost,
)
from mygym_lite.experts.turn_grasps import TurnGrasp

ABOVE = 0.05  # m above the place, where the object is turned already
_RETREAT_DISTANCE = 0.08  # m back along the approach after the object is let go


@dataclass(frozen=True)
class TurnPlan:
    """Grasp of an object at rest, and the pose in which it is put down."""

    grasp: GraspPlan
    rotation: Array
    """Orientation of the object when put down."""
    place: Array
    """Position of the object when put down, m."""
    joints: Array
    """Joint positions above the place, rad."""


class TurnPlacePlanner:
    """Planner of the pose in which one object is put down."""

    def __init__(self, controller: ArmController, thing: TableObject) -> None:
        self._controller, self._thing = controller, thing

    def find_place(self, grasp: TurnGrasp, state: State, name: str) -> tuple[float, TurnPlan]:
        """Find the cheapest pose to put the object down in, and return its cost first."""
        best: tuple[float, TurnPlan] | None = None
        for place in self._list_places(state, name):
            for cost, plan in self._iterate_plans(grasp, place, state, name):
                if best is None or cost < best[0]:
                    best = cost, plan
                if best[0] - grasp.cost < GOOD_COST:
                    return best
            if best is not None and best[0] - grasp.cost < MAX_COST:
                break
        assert best is not None
        return best

    def _list_places(self, state: State, name: str) -> list[Array]:
        """List places: where the object is, and on the way to where the hand is at home."""
        here, kinematics = np.array(state.position(name)[:2]), self._controller.kinematics
        home, _ = kinematics.compute_pose_and_motion(kinematics.home, np.zeros(self._controller.num_joints))
        return [here + share * (np.array(home.position[:2]) - here) for share in (0.0, 0.5, 1.0)]

    def _iterate_plans(
        self, grasp: TurnGrasp, place: Array, state: State, name: str
    ) -> Iterator[tuple[float, TurnPlan]]:
        """Iterate over the orientations after the turn at a place, (2,), each with its cost first."""
        model, size = self._thing.model, self._thing.size
        crowding = compute_crowding_cost(state, name, place, 0.5 * float(np.linalg.norm(model.extents)) * size)
        present = rotation_from_quaternion(state.frames[name].rotation)
        origin = np.array([*place, self._thing.surface + self._thing.compute_standing_height(grasp.turn)])
        for rotation in grasp.turn.iterate_rotations():
            palm = rotation @ present.T @ grasp.plan.rotation
            cost, joints = self._solve(grasp.plan.grasp_joints, origin + rotation @ grasp.point, palm)
            yield cost + (grasp.cost + crowding), TurnPlan(grasp.plan, rotation, origin, joints)

    def _solve(self, start: Array, position: Array, rotation: Array) -> tuple[float, Array]:
        """Find the cheapest joints above a palm pose, from which the hand can also retreat, with their cost first."""
        postures = (start, *self._controller.start_postures)
        return find_cheapest((self._solve_from(posture, position, rotation) for posture in postures), GOOD_COST)

    def _solve_from(self, posture: Array, position: Array, rotation: Array) -> tuple[float, Array]:
        controller = self._controller
        joints, error = controller.solve_ik(posture, position, rotation, 30)
        miss_cost = compute_miss_cost(error)
        if miss_cost is not None:
            return miss_cost, joints
        above, above_error = controller.solve_ik(joints, position + np.array([0.0, 0.0, ABOVE]), rotation)
        back, back_error = controller.solve_ik(joints, position - _RETREAT_DISTANCE * rotation[:, 2], rotation)
        cost = compute_posture_cost(controller, joints, max(error, above_error, back_error))
        cost += compute_limit_cost(controller, joints) + compute_limit_cost(controller, back)
        return cost + compute_body_cost(controller, position, rotation), above
