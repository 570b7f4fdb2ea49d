"""Grasp planning: candidate palm poses by the shape of an object, and the one that the arm reaches best."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mygym_lite.config.objects import Grasp, load_object
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import Pose, State
from mygym_lite.config.task import ObjectConfig
from mygym_lite.experts.arm_controller import REACH_TOLERANCE, ArmController
from mygym_lite.experts.body_grasps import iterate_closing_directions, list_body_grasps
from mygym_lite.experts.inputs import Array

APPROACH_TILTS = (0.3, 0.15, 0.45)  # rad from the vertical, fingers pointing away from the thumb
MIN_PALM_HEIGHT = 0.025  # m above the surface; below, the fingertips touch the table
PREGRASP_DISTANCE = 0.10  # m back along the approach
LIFT_HEIGHT = 0.14  # m; slightly more than any task asks for
_ROUND_YAWS = tuple(math.radians(a) for a in (15, 35, 0, 55, -20, 75))
_POSITION_TOLERANCE, _ANGLE_TOLERANCE = 2e-3, 0.01  # m, rad; a plan is kept while its object moves by less
_ERROR_COST = 200.0  # per m of pose error
_POSTURE_COST = 0.05  # per rad² away from home
_CROWDING_COST = 20.0  # per m of clearance that is missing
_GOOD_COST = 0.2  # cost at which no other posture is tried
_MIN_UPRIGHTNESS = math.cos(0.7)  # cosine of the largest tilt at which the declared grasps serve
_MAX_COST = 1.0  # cost above which the next tilt is tried


@dataclass(frozen=True)
class GraspPlan:
    """Palm pose of a grasp, with joint positions for it and for the pre-grasp pose."""

    position: Array  # m
    rotation: Array  # (3, 3)
    grasp_joints: Array  # rad
    pregrasp_joints: Array  # rad
    width: float  # m, of the object between the fingers


def compute_palm_rotation(heading: float, tilt: float) -> Array:
    """Compute the rotation of a palm that faces down.

    Args:
        heading: Direction from thumb to fingers in the horizontal plane, rad.
        tilt: Angle of the approach from the vertical towards the heading, rad.
    """
    along = np.array([math.cos(heading), math.sin(heading), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    z = math.sin(tilt) * along - math.cos(tilt) * up
    x = math.cos(tilt) * along + math.sin(tilt) * up
    return np.stack([x, np.cross(z, x), z], axis=1)


@dataclass(frozen=True)
class _Closing:
    """Closing of the hand on an object: the place in the object frame, m, the width, m, and the headings, rad."""

    at: Array
    width: float
    headings: list[float]


class GraspPlanner:
    """Planner for one object, whose plan depends on the object's pose alone."""

    def __init__(self, controller: ArmController, object_config: ObjectConfig, surface: float) -> None:
        self._controller = controller
        self._model = load_object(object_config.model)
        self._size = object_config.size
        self._surface = surface
        self._cached: tuple[Pose, GraspPlan] | None = None

    def plan(self, state: State, name: str) -> GraspPlan:
        """Plan the best grasp of the object at its present pose."""
        pose = state.frames[name]
        if self._cached is None or has_moved(self._cached[0], pose):
            self._cached = (pose, self._find_best_plan(pose, state, name))
        return self._cached[1]

    def _find_best_plan(self, pose: Pose, state: State, name: str) -> GraspPlan:
        candidates: list[tuple[float, GraspPlan]] = []
        for tilt in APPROACH_TILTS:
            for closing in self._list_closings(pose):
                for rotation in self._list_rotations(closing, tilt, state):
                    cost, plan = self._evaluate_grasp(closing, rotation, pose)
                    candidates.append((cost + _compute_crowding_cost(plan, state, name), plan))
            if min(cost for cost, _ in candidates) < _MAX_COST:
                break
        return min(candidates, key=lambda candidate: candidate[0])[1]

    def _list_closings(self, pose: Pose) -> list[_Closing]:
        """List the declared grasps or, for an object that does not stand, those across its body from above."""
        rotation, size = rotation_from_quaternion(pose.rotation), self._size
        if rotation[2, 2] > _MIN_UPRIGHTNESS:
            return [
                _Closing(size * np.array(g.at), size * g.width, _list_headings(g, pose)) for g in self._model.grasps
            ]
        return [
            _Closing(grasp.shift(-grasp.centre), grasp.width, _list_both_headings(direction))
            for direction in iterate_closing_directions(self._model, rotation)
            for grasp in list_body_grasps(self._model, size, rotation.T @ direction, self._controller.opening)
        ]

    def _list_rotations(self, closing: _Closing, tilt: float, state: State) -> list[Array]:
        """List palm rotations: by the grasp's closing directions, or the present one if it cannot be controlled."""
        if not self._controller.controls_rotation:
            return [rotation_from_quaternion(state.frames["palm"].rotation)]
        return [compute_palm_rotation(heading, tilt) for heading in closing.headings]

    def _evaluate_grasp(self, closing: _Closing, rotation: Array, pose: Pose) -> tuple[float, GraspPlan]:
        """Find the cheapest joints of a grasp: within reach, near home, with room to line up and to lift."""
        controller, width = self._controller, closing.width
        position = np.array(pose.position) + rotation_from_quaternion(pose.rotation) @ closing.at
        position[2] = max(position[2], self._surface + MIN_PALM_HEIGHT)
        pregrasp = position - PREGRASP_DISTANCE * rotation[:, 2]
        lifted = position + np.array([0.0, 0.0, LIFT_HEIGHT])
        home = controller.start_postures[0]
        best = (math.inf, GraspPlan(position, rotation, home, home, width))
        for start in controller.start_postures:
            joints, error = controller.solve_ik(start, position, rotation)
            if error > 10 * REACH_TOLERANCE:
                best = min(best, (1e3 * error, best[1]), key=lambda candidate: candidate[0])
                continue
            pregrasp_joints, pregrasp_error = controller.solve_ik(joints, pregrasp, rotation)
            _, lifted_error = controller.solve_ik(joints, lifted, None)
            cost = _ERROR_COST * max(0.0, max(error, pregrasp_error, lifted_error) - REACH_TOLERANCE)
            cost += _POSTURE_COST * float(np.sum((joints - controller.kinematics.home) ** 2))
            plan = GraspPlan(position, rotation, joints, pregrasp_joints, width)
            best = min(best, (cost, plan), key=lambda candidate: candidate[0])
            if cost < _GOOD_COST:
                break
        return best


def _list_headings(grasp: Grasp, pose: Pose) -> list[float]:
    """List headings of the palm along the grasp's closing direction, rad."""
    if grasp.close == "any":
        return list(_ROUND_YAWS)
    axes = rotation_from_quaternion(pose.rotation)
    return _list_both_headings(axes[:, 0] if grasp.close == "x" else axes[:, 1])


def _list_both_headings(direction: Array) -> list[float]:
    heading = math.atan2(direction[1], direction[0])
    return [heading, heading + math.pi if heading <= 0 else heading - math.pi]


def has_moved(a: Pose, b: Pose) -> bool:
    """Return True if an object has moved too far for its plan; a settling tremble is too little."""
    turned = abs(float(np.dot(a.rotation, b.rotation))) < math.cos(_ANGLE_TOLERANCE)
    return math.dist(a.position, b.position) > _POSITION_TOLERANCE or turned


def _compute_crowding_cost(plan: GraspPlan, state: State, name: str) -> float:
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
