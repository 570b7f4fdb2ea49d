"""Planning of a turn: a grasp across an object, such that the arm also reaches the pose in which it is put down."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from mygym_lite.config.objects import load_object
from mygym_lite.config.rotation import rotation_from_quaternion, rotation_from_vector
from mygym_lite.config.state import Pose, State
from mygym_lite.config.task import ObjectConfig
from mygym_lite.experts.arm_controller import REACH_TOLERANCE, ArmController
from mygym_lite.experts.body_grasps import BodyGrasp, list_body_grasps
from mygym_lite.experts.grasp_planning import PREGRASP_DISTANCE, GraspPlan, has_moved
from mygym_lite.experts.inputs import Array
from mygym_lite.experts.turns import OrientationGoal, Turn, compute_rotation_angle, iterate_rotations, list_turns

ABOVE = 0.05  # m above the place, where the object is turned already
CLEARANCE = 0.03  # m between the table and an object that is being turned
_LEANS = tuple(math.radians(angle) for angle in (45, 30, 15, 60, 0))  # of the approach before a quarter turn
_LEVEL_LEANS = tuple(math.radians(angle) for angle in (0, 20, -20))
_SHIFTS = (0.0, 0.008, 0.016, 0.03)  # m up and towards the later top
_HALF_WIDTH, _TIP_RADIUS, _TIP_REACH = 0.0265, 0.012, 0.011  # m: the outer fingertips, from the palm frame
_WRIST_RADIUS, _WRIST_DISTANCE = 0.07, 0.12  # m: behind the palm frame
_TABLE_MARGIN = 0.003  # m between the hand and the table
_CENTRING, _CENTRING_ANGLE = 0.015, 0.2  # m, rad by which the closing hand may move an object
_FOREARM, _BODY_RADIUS = 0.25, 0.24  # m behind the palm, and m that this point keeps from the axis of the robot
_BODY_COST = 20.0  # per m that is missing
_RETREAT_DISTANCE = 0.08  # m back along the approach after the object is let go
_LEAN_COST, _LARGE_LEAN = 10.0, math.radians(45)  # per rad by which the approach leans further, close to the table
_SHORTAGE_COST = 100.0  # per m of clearance that is missing
_ERROR_COST = 200.0  # per m of pose error
_POSTURE_COST = 0.05  # per rad² away from home
_LIMIT_COST, _LIMIT_MARGIN = 0.3, 0.15  # per joint at its limit, falling to 0 at so many rad from it
_GOOD_COST, _MAX_COST = 0.35, 2.0
_CROWDING_COST = 20.0  # per m of clearance to other objects that is missing
_REJECTION_COST, _MOST_REJECTED = 5.0, 8
_MOST_GRASPS = 6  # best grasps whose final poses are examined


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


@dataclass(frozen=True)
class _Candidate:
    """Grasp of one turn."""

    cost: float
    turn: Turn
    point: Array  # of the grasp, m in the object frame
    plan: GraspPlan


class TurnPlanner:
    """Planner for one object; the plan depends on the pose in which it rests, and is kept while it is held."""

    def __init__(
        self, controller: ArmController, object_config: ObjectConfig, surface: float, goal: OrientationGoal
    ) -> None:
        self._controller, self._goal, self._surface = controller, goal, surface
        self._model, self._size = load_object(object_config.model), object_config.size
        self._cached: tuple[Pose, TurnPlan] | None = None
        self._rejected: list[Array] = []

    @property
    def turn(self) -> TurnPlan | None:
        """Latest plan."""
        return None if self._cached is None else self._cached[1]

    def plan(self, state: State, name: str) -> GraspPlan:
        """Plan the best turn of the object at its present pose, and return its grasp."""
        return self.plan_turn(state, name).grasp

    def plan_turn(self, state: State, name: str) -> TurnPlan:
        """Plan the best turn of the object at its present pose."""
        pose = state.frames[name]
        if self._cached is None or self._is_outdated(self._cached[0], pose, state.touch("hand", name).peak > 0.0):
            self._rejected = []
            self._cached = (pose, self._find_best_plan(state, name))
        return self._cached[1]

    def reject(self, state: State, name: str) -> None:
        """Plan another grasp of the object at the same pose, because the arm is blocked on its way to this one."""
        if self._cached is not None and len(self._rejected) < _MOST_REJECTED:
            self._rejected.append(self._cached[1].grasp.rotation)
            self._cached = (self._cached[0], self._find_best_plan(state, name))

    def _is_outdated(self, planned: Pose, pose: Pose, is_touched: bool) -> bool:
        """Return True if the object has moved; while the hand closes on it, it may move to the middle of the hand."""
        if is_touched and math.dist(planned.position, pose.position) < _CENTRING:
            turned = abs(float(np.dot(planned.rotation, pose.rotation)))
            return turned < math.cos(0.5 * _CENTRING_ANGLE)
        return has_moved(planned, pose)

    def _find_best_plan(self, state: State, name: str) -> TurnPlan:
        best: tuple[float, TurnPlan] | None = None
        for turns in list_turns(state, name, self._goal, self._model):
            candidates = [candidate for turn in turns for candidate in self._list_candidates(turn, state.frames[name])]
            for candidate in sorted(candidates, key=lambda candidate: candidate.cost)[:_MOST_GRASPS]:
                cost, plan = self._find_place(candidate, state, name)
                if best is None or cost < best[0]:
                    best = cost, plan
                if cost < _GOOD_COST:
                    break
            if best is not None and best[0] < _MAX_COST:
                break
        assert best is not None
        return best[1]

    def _list_candidates(self, turn: Turn, pose: Pose) -> Iterator[_Candidate]:
        rotation = rotation_from_quaternion(pose.rotation)
        closing = rotation.T @ turn.axis
        for grasp in list_body_grasps(self._model, self._size, closing, self._controller.opening):
            for lean, side in product(_LEANS if turn.angle else _LEVEL_LEANS, (1.0, -1.0)):
                start = -lean if turn.angle else lean
                point, shortage = self._choose_point(grasp, turn, pose, start)
                position = np.array(pose.position) + rotation @ point
                palm = _compute_palm_rotation(side * turn.axis, rotation_from_vector(start * turn.axis))
                cost, plan = self._evaluate_grasp(position, palm, grasp.width)
                cost += _REJECTION_COST * any(compute_rotation_angle(palm, other) < 0.3 for other in self._rejected)
                cost += _LEAN_COST * max(0.0, lean - _LARGE_LEAN) + self._compute_body_cost(position, palm)
                yield _Candidate(cost + _SHORTAGE_COST * shortage, turn, point, plan)

    def _choose_point(self, grasp: BodyGrasp, turn: Turn, pose: Pose, start: float) -> tuple[Array, float]:
        """Choose the point nearest to the middle at which the fingers clear the table before and after the turn."""
        rotation = rotation_from_quaternion(pose.rotation)
        height = pose.position[2] - self._surface
        options = []
        for later, now in product(_SHIFTS, _SHIFTS):
            offset = later * turn.standing[2] + now * rotation[2]  # rows: the vertical in the object frame
            point = grasp.shift(offset - grasp.centre)
            before = height + rotation[2] @ point - _compute_clearance(start)
            after = self._compute_standing_height(turn) + turn.standing[2] @ point
            shortage = max(0.0, -before, _compute_clearance(start + turn.angle) - after)
            options.append((shortage + 0.1 * float(np.linalg.norm(point)), shortage, point))
        _, shortage, point = min(options, key=lambda option: option[0])
        return point, float(shortage)

    def _compute_standing_height(self, turn: Turn) -> float:
        """Compute the height of the origin of the object after the turn, m."""
        return 0.5 * self._size * float(np.abs(turn.standing[2]) @ np.array(self._model.extents))

    def _evaluate_grasp(self, position: Array, rotation: Array, width: float) -> tuple[float, GraspPlan]:
        controller = self._controller
        pregrasp = position - PREGRASP_DISTANCE * rotation[:, 2]
        home = controller.start_postures[0]
        best = (math.inf, GraspPlan(position, rotation, home, home, width))
        for start in controller.start_postures:
            joints, error = controller.solve_ik(start, position, rotation, 30)
            if error > 10 * REACH_TOLERANCE:
                best = min(best, (1e3 * error, best[1]), key=lambda candidate: candidate[0])
                continue
            pregrasp_joints, pregrasp_error = controller.solve_ik(joints, pregrasp, rotation)
            cost = self._compute_cost(joints, max(error, pregrasp_error))
            plan = GraspPlan(position, rotation, joints, pregrasp_joints, width)
            best = min(best, (cost, plan), key=lambda candidate: candidate[0])
            if cost < _GOOD_COST:
                break
        return best

    def _compute_cost(self, joints: Array, error: float) -> float:
        posture = float(np.sum((joints - self._controller.kinematics.home) ** 2))
        return _ERROR_COST * max(0.0, error - REACH_TOLERANCE) + _POSTURE_COST * posture

    def _compute_limit_cost(self, joints: Array) -> float:
        """Compute the cost of joints near their limits, from which the hand cannot move freely."""
        lower, upper = self._controller.kinematics.lower, self._controller.kinematics.upper
        margin = np.minimum(joints - lower, upper - joints)
        return _LIMIT_COST * float(np.sum(np.maximum(0.0, 1.0 - margin / _LIMIT_MARGIN)))

    def _compute_body_cost(self, position: Array, rotation: Array) -> float:
        """Compute the cost of a forearm close to the body of the robot."""
        elbow = position - _FOREARM * rotation[:, 2]
        distance = math.dist(elbow[:2], self._controller.base[:2])
        return _BODY_COST * max(0.0, _BODY_RADIUS - distance)

    def _find_place(self, candidate: _Candidate, state: State, name: str) -> tuple[float, TurnPlan]:
        """Find the cheapest pose to put the object down in."""
        turn, height = candidate.turn, self._surface + self._compute_standing_height(candidate.turn)
        present = rotation_from_quaternion(state.frames[name].rotation)
        best: tuple[float, TurnPlan] | None = None
        for place in self._list_places(state, name):
            crowding = self._compute_crowding_cost(state, name, place)
            for rotation in iterate_rotations(turn):
                palm = rotation @ present.T @ candidate.plan.rotation
                position = np.array([*place, height]) + rotation @ candidate.point
                joints, cost = self._evaluate_place(candidate.plan.grasp_joints, position, palm)
                cost += candidate.cost + crowding
                if best is None or cost < best[0]:
                    best = cost, TurnPlan(candidate.plan, rotation, np.array([*place, height]), joints)
                if best[0] - candidate.cost < _GOOD_COST:
                    return best
            if best is not None and best[0] - candidate.cost < _MAX_COST:
                break
        assert best is not None
        return best

    def _evaluate_place(self, start: Array, position: Array, rotation: Array) -> tuple[Array, float]:
        controller = self._controller
        best: tuple[float, Array] = (math.inf, start)
        for posture in (start, *controller.start_postures):
            joints, error = controller.solve_ik(posture, position, rotation, 30)
            if error > 10 * REACH_TOLERANCE:
                best = min(best, (1e3 * error, joints), key=lambda item: item[0])
                continue
            above, above_error = controller.solve_ik(joints, position + np.array([0.0, 0.0, ABOVE]), rotation)
            back, back_error = controller.solve_ik(joints, position - _RETREAT_DISTANCE * rotation[:, 2], rotation)
            cost = self._compute_cost(joints, max(error, above_error, back_error))
            cost += self._compute_limit_cost(joints) + self._compute_limit_cost(back)
            cost += self._compute_body_cost(position, rotation)
            best = min(best, (cost, above), key=lambda item: item[0])
            if best[0] < _GOOD_COST:
                break
        return best[1], best[0]

    def _list_places(self, state: State, name: str) -> list[Array]:
        """List places: where the object is, and on the way to where the hand is at home."""
        here = np.array(state.position(name)[:2])
        home, _ = self._controller.kinematics.compute_pose_and_motion(
            self._controller.kinematics.home, np.zeros(self._controller.num_joints)
        )
        return [here + share * (np.array(home.position[:2]) - here) for share in (0.0, 0.5, 1.0)]

    def _compute_crowding_cost(self, state: State, name: str, place: Array) -> float:
        radius, cost = 0.5 * float(np.linalg.norm(self._model.extents)) * self._size, 0.0
        for other, shape in state.object_shapes.items():
            if other != name:
                distance = math.dist(state.position(other)[:2], place) - 0.5 * math.hypot(*shape.extents[:2]) - radius
                cost += _CROWDING_COST * max(0.0, 0.03 - distance)
        return cost


def _compute_palm_rotation(closing: Array, lean: Array) -> Array:
    approach = lean @ np.array([0.0, 0.0, -1.0])
    return np.stack([closing, np.cross(approach, closing), approach], axis=1)


def _compute_clearance(lean: float) -> float:
    """Compute how far fingertips and wrist reach below the palm frame if the approach leans along the hand, m."""
    ahead, aside = math.cos(lean), abs(math.sin(lean))
    fingers = max(0.0, ahead) * _TIP_REACH + aside * _HALF_WIDTH + _TIP_RADIUS
    wrist = aside * _WRIST_RADIUS - ahead * _WRIST_DISTANCE
    return max(fingers, wrist) + _TABLE_MARGIN
