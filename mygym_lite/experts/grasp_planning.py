"""Grasp planning: candidate palm poses by the shape of an object, and the one that the arm reaches best."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mygym_lite.config.objects import Grasp, load_object
from mygym_lite.config.rotation import rotation_from_quaternion, rotation_from_rpy
from mygym_lite.config.state import Pose, State
from mygym_lite.config.task import ObjectConfig
from mygym_lite.experts.arm_controller import REACH_TOLERANCE, ArmController
from mygym_lite.experts.body_grasps import iterate_closing_directions, list_body_grasps
from mygym_lite.experts.carry_planning import compute_heading
from mygym_lite.experts.compartment import CompartmentDestination
from mygym_lite.experts.destinations import Destination
from mygym_lite.experts.inputs import Array

APPROACH_TILTS = (0.3, 0.15, 0.45)  # rad from the vertical, fingers pointing away from the thumb
_LEAN = 0.25  # rad from the vertical, sideways, by which a gripper leans out of a compartment
MIN_PALM_HEIGHT = 0.025  # m above the surface; below, the fingertips touch the table
PREGRASP_DISTANCE = 0.10  # m back along the approach
LIFT_HEIGHT = 0.14  # m; slightly more than any task asks for
_ROUND_YAWS = tuple(math.radians(a) for a in (15, 35, 0, 55, -20, 75))
_POSITION_TOLERANCE, _ANGLE_TOLERANCE = 2e-3, 0.01  # m, rad; a plan is kept while its object moves by less
_ERROR_COST = 200.0  # per m of pose error
_POSTURE_COST = 0.05  # per rad² away from home
_CROWDING_COST = 20.0  # per m of clearance that is missing
_MAX_FOLLOWING_ERROR = 0.02  # m; beyond, another grasp is chosen
_COMPARTMENT_HEIGHT = 0.25  # m above a compartment from which the hand descends
_PASSING_HEIGHT = 0.1  # m above other destinations
_PLACE_COST = 50.0  # per m of pose error at the destination, where the hand may still turn
_TURN_COST = 0.3  # per rad to turn the hand before it reaches into a compartment
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


def compute_turn(outward: float, rotation: Array) -> float:
    """Compute the smallest turn about the vertical after which a hand opens across a direction, rad."""
    return (outward - compute_heading(rotation)) % math.pi - 0.5 * math.pi


def compute_leaning_rotation(heading: float, outward: float, lean: float) -> Array:
    """Compute the rotation of a palm that faces down and, once turned to open across ``outward``, leans that way."""
    rotation = compute_palm_rotation(heading, 0.0)
    turned = heading + compute_turn(outward, rotation)
    side = math.sin(outward - turned)  # 1 if outward is to the left of the heading, -1 to the right
    left, up = np.array([-math.sin(heading), math.cos(heading), 0.0]), np.array([0.0, 0.0, 1.0])
    x, z = rotation[:, 0], -math.cos(lean) * up - side * math.sin(lean) * left
    return np.stack([x, np.cross(z, x), z], axis=1)


@dataclass(frozen=True)
class _Closing:
    """Closing of the hand on an object: the place in the object frame, m, the width, m, and the headings, rad."""

    at: Array
    width: float
    headings: list[float]


class GraspPlanner:
    """Planner for one object, whose plan depends on the object's pose alone."""

    def __init__(
        self,
        controller: ArmController,
        object_config: ObjectConfig,
        surface: float,
        destination: Destination | None = None,
    ) -> None:
        self._controller, self._destination = controller, destination
        self._lean = _LEAN if controller.is_gripper else 0.0  # of several fingers, the lowest would touch the floor
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

    def follow(self, state: State, name: str, seconds: float, meeting_seconds: float) -> GraspPlan:
        """Plan the grasp of an object that slides evenly, for its predicted place.

        Args:
            state: Present state.
            name: Object.
            seconds: Time to predict, s.
            meeting_seconds: Time in which the hand will be there, s; a new grasp is chosen for that place.
        """
        pose = _predict_pose(state, name, seconds)
        if self._cached is not None and not _has_turned(self._cached[0], pose):
            shift = np.subtract(pose.position, self._cached[0].position)
            plan, error = self._shift_plan(self._cached[1], shift)
            if error < _MAX_FOLLOWING_ERROR:
                self._cached = (pose, plan)
                return plan
        meeting = _predict_pose(state, name, meeting_seconds)
        plan = self._find_best_plan(meeting, state, name)
        plan, _ = self._shift_plan(plan, np.subtract(pose.position, meeting.position))
        self._cached = (pose, plan)
        return plan

    def _shift_plan(self, plan: GraspPlan, shift: Array) -> tuple[GraspPlan, float]:
        """Shift a plan, and return it with the error of its grasp pose, m."""
        position = plan.position + shift
        joints, error = self._controller.solve_ik(plan.grasp_joints, position, plan.rotation, 20)
        pregrasp = position - PREGRASP_DISTANCE * plan.rotation[:, 2]
        pregrasp_joints, _ = self._controller.solve_ik(plan.pregrasp_joints, pregrasp, plan.rotation, 20)
        return replace(plan, position=position, grasp_joints=joints, pregrasp_joints=pregrasp_joints), error

    def _find_best_plan(self, pose: Pose, state: State, name: str) -> GraspPlan:
        candidates: list[tuple[float, GraspPlan]] = []
        for tilt in APPROACH_TILTS:
            for closing in self._list_closings(pose):
                for rotation in self._list_rotations(closing, tilt, state):
                    cost, plan = self._evaluate_grasp(closing, rotation, pose)
                    cost += _compute_crowding_cost(plan, state, name) + self._compute_place_cost(plan, state, name)
                    candidates.append((cost, plan))
            if min(cost for cost, _ in candidates) < _MAX_COST:
                break
        return min(candidates, key=lambda candidate: candidate[0])[1]

    def _compute_place_cost(self, plan: GraspPlan, state: State, name: str) -> float:
        """Compute the cost of a destination out of reach with this grasp, and of turning the hand for it."""
        if self._destination is None:
            return 0.0
        turn, height = 0.0, _PASSING_HEIGHT
        if isinstance(self._destination, CompartmentDestination):
            turn, height = compute_turn(self._destination.compute_outward(state), plan.rotation), _COMPARTMENT_HEIGHT
        about = rotation_from_rpy((0.0, 0.0, turn))
        place = self._destination.compute_position(state, name) + about @ (plan.position - state.position(name))
        cost, start = _TURN_COST * abs(turn), self._controller.start_postures[0]
        for above in (height, 0.0):
            position = place + np.array([0.0, 0.0, above])
            start, error = self._controller.solve_ik(start, position, about @ plan.rotation)
            cost += _PLACE_COST * max(0.0, error - REACH_TOLERANCE)
        return cost

    def _list_closings(self, pose: Pose) -> list[_Closing]:
        """List the declared grasps or, for an object that lies on another side, those across its body from above.

        The declared ones are also the last resort for a body that no grasp across fits, such as a large ball.
        """
        rotation, size = rotation_from_quaternion(pose.rotation), self._size
        declared = [
            _Closing(size * np.array(g.at), size * g.width, _list_headings(g, pose)) for g in self._model.grasps
        ]
        if rotation[2, 2] > _MIN_UPRIGHTNESS:
            return declared
        across = [
            _Closing(grasp.shift(-grasp.centre), grasp.width, _list_both_headings(direction))
            for direction in iterate_closing_directions(self._model, rotation)
            for grasp in list_body_grasps(self._model, size, rotation.T @ direction, self._controller.opening)
        ]
        return across or declared

    def _list_rotations(self, closing: _Closing, tilt: float, state: State) -> list[Array]:
        """List palm rotations: by the grasp's closing directions, or the present one if it cannot be controlled."""
        if not self._controller.controls_rotation:
            return [rotation_from_quaternion(state.frames["palm"].rotation)]
        if isinstance(self._destination, CompartmentDestination):
            outward = self._destination.compute_outward(state)
            return [compute_leaning_rotation(heading, outward, self._lean) for heading in closing.headings]
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
    return math.dist(a.position, b.position) > _POSITION_TOLERANCE or _has_turned(a, b)


def _has_turned(a: Pose, b: Pose) -> bool:
    return abs(float(np.dot(a.rotation, b.rotation))) < math.cos(_ANGLE_TOLERANCE)


def _predict_pose(state: State, name: str, seconds: float) -> Pose:
    """Predict the pose of an object that slides evenly along the surface."""
    (x, y, z), (vx, vy, _) = state.position(name), state.motions[name].linear
    return Pose((x + seconds * vx, y + seconds * vy, z), state.frames[name].rotation)


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
