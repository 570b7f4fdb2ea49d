"""Grasp planning: candidate palm poses by the shape of an object, and the one that the arm reaches best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from mygym_lite.config.objects import load_object
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import Pose, State
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.compartment import CompartmentDestination
from mygym_lite.experts.destinations import Destination
from mygym_lite.experts.grasp_closings import Closing, list_closings
from mygym_lite.experts.grasp_costs import compute_crowding_cost, compute_destination_cost
from mygym_lite.experts.grasp_evaluation import GraspEvaluator
from mygym_lite.experts.grasp_plan import GraspPlan, compute_pregrasp_position, has_moved, has_turned
from mygym_lite.experts.inputs import Array
from mygym_lite.experts.palm_rotations import compute_leaning_rotation, compute_palm_rotation

LIFT_HEIGHT = 0.14  # m; slightly more than any task asks for
_APPROACH_TILTS = (0.3, 0.15, 0.45)  # rad from the vertical, fingers pointing away from the thumb
_LEAN = 0.25  # rad from the vertical, sideways, by which a gripper leans out of a compartment
_MIN_PALM_HEIGHT = 0.025  # m above the surface; below, the fingertips touch the table
_MAX_FOLLOWING_ERROR = 0.02  # m; beyond, another grasp is chosen
_GOOD_COST = 0.2  # cost at which no other posture is tried
_MAX_COST = 1.0  # cost above which the next tilt is tried


class GraspPlanner:
    """Planner for one object, whose plan depends on the object's pose alone."""

    def __init__(
        self,
        controller: ArmController,
        object_config: ObjectConfig,
        surface: float,
        destination: Destination | None = None,
    ) -> None:
        self._controller, self._destination, self._surface = controller, destination, surface
        self._lean = _LEAN if controller.is_gripper else 0.0  # of several fingers, the lowest would touch the floor
        self._model, self._size = load_object(object_config.model), object_config.size
        self._evaluator = GraspEvaluator(controller, _GOOD_COST, lift=LIFT_HEIGHT)
        self._cached: tuple[Pose, GraspPlan] | None = None

    def plan(self, state: State, name: str) -> GraspPlan:
        """Plan the best grasp of the object at its present pose."""
        pose = state.frames[name]
        if self._cached is None or has_moved(self._cached[0], pose):
            self._cached = (pose, self._find_best_plan(pose, state, name))
        return self._cached[1]

    def follow(self, state: State, name: str, seconds: float, meeting_seconds: float) -> GraspPlan:
        """Plan the grasp of an object that slides evenly, for its predicted place.

        Args:
            state: Present state.
            name: Object.
            seconds: Time to predict, s.
            meeting_seconds: Time in which the hand will be there, s; a new grasp is chosen for that place.
        """
        pose = _predict_pose(state, name, seconds)
        if self._cached is not None and not has_turned(self._cached[0], pose):
            plan, error = self._shift_plan(self._cached[1], self._cached[0], pose)
            if error < _MAX_FOLLOWING_ERROR:
                self._cached = (pose, plan)
                return plan
        meeting = _predict_pose(state, name, meeting_seconds)
        plan, _ = self._shift_plan(self._find_best_plan(meeting, state, name), meeting, pose)
        self._cached = (pose, plan)
        return plan

    def _shift_plan(self, plan: GraspPlan, start: Pose, end: Pose) -> tuple[GraspPlan, float]:
        """Shift a plan from one pose of the object to another, and return it with the error of its grasp pose, m."""
        position = plan.position + np.subtract(end.position, start.position)
        joints, error = self._controller.solve_ik(plan.grasp_joints, position, plan.rotation, 20)
        pregrasp = compute_pregrasp_position(position, plan.rotation)
        pregrasp_joints, _ = self._controller.solve_ik(plan.pregrasp_joints, pregrasp, plan.rotation, 20)
        return replace(plan, position=position, grasp_joints=joints, pregrasp_joints=pregrasp_joints), error

    def _find_best_plan(self, pose: Pose, state: State, name: str) -> GraspPlan:
        controller = self._controller
        searches = product((controller.start_postures, controller.other_postures), _APPROACH_TILTS)
        candidates: list[tuple[float, GraspPlan]] = []
        for postures, tilt in searches:
            candidates += self._iterate_plans(postures, tilt, pose, state, name)
            if min(cost for cost, _ in candidates) < _MAX_COST:
                break
        return min(candidates, key=lambda candidate: candidate[0])[1]

    def _iterate_plans(
        self, postures: Sequence[Array], tilt: float, pose: Pose, state: State, name: str
    ) -> Iterator[tuple[float, GraspPlan]]:
        """Iterate over the grasps of one tilt, with their costs."""
        for closing in list_closings(self._model, self._size, pose, self._controller.opening):
            position = np.array(pose.position) + rotation_from_quaternion(pose.rotation) @ closing.at
            position[2] = max(position[2], self._surface + _MIN_PALM_HEIGHT)
            for rotation in self._list_rotations(closing, tilt, state):
                cost, plan = self._evaluator.evaluate(position, rotation, closing.width, postures)
                cost += compute_crowding_cost(self._controller, plan, state, name)
                cost += self._compute_place_cost(plan, state, name)
                yield cost, plan

    def _compute_place_cost(self, plan: GraspPlan, state: State, name: str) -> float:
        if self._destination is None:
            return 0.0
        return compute_destination_cost(self._controller, self._destination, plan, state, name)

    def _list_rotations(self, closing: Closing, tilt: float, state: State) -> list[Array]:
        """List palm rotations: by the grasp's closing directions, or the present one if it cannot be controlled."""
        if not self._controller.controls_rotation:
            return [rotation_from_quaternion(state.frames["palm"].rotation)]
        if isinstance(self._destination, CompartmentDestination):
            outward = self._destination.compute_outward(state)
            return [compute_leaning_rotation(heading, outward, self._lean) for heading in closing.headings]
        return [compute_palm_rotation(heading, tilt) for heading in closing.headings]


def _predict_pose(state: State, name: str, seconds: float) -> Pose:
    """Predict the pose of an object that slides evenly along the surface."""
    (x, y, z), (vx, vy, _) = state.position(name), state.motions[name].linear
    return Pose((x + seconds * vx, y + seconds * vy, z), state.frames[name].rotation)
