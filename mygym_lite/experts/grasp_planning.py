"""Where to take an object: grasp poses by its shape, and which of them the arm reaches best."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mygym_lite.config.objects import Grasp, load_object
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import Pose, State
from mygym_lite.config.task import ObjectConfig
from mygym_lite.experts.arm_controller import REACH_TOLERANCE, ArmController, Array

APPROACH_TILTS = (0.3, 0.15, 0.45)  # rad from the vertical, fingers pointing away from the thumb
MIN_PALM_HEIGHT = 0.025  # m above the surface: a palm frame lower than this rubs the fingertips on the table
PREGRASP_DISTANCE = 0.10  # m back along the approach, where the hand lines up
LIFT_HEIGHT = 0.14  # m; a little more than tasks ask for
_ROUND_YAWS = tuple(math.radians(a) for a in (15, 35, 0, 55, -20, 75))


@dataclass(frozen=True)
class GraspPlan:
    """One way to take an object: the palm pose, and joints for it and for lining up before it."""

    position: Array
    rotation: Array
    grasp_joints: Array  # joints
    pregrasp_joints: Array  # joints
    width: float  # m, of the object between the digits


def compute_palm_rotation(heading: float, tilt: float) -> Array:
    """Palm looking down: thumb to fingers along a heading, approach tilted from the vertical towards it."""
    along = np.array([math.cos(heading), math.sin(heading), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    z = math.sin(tilt) * along - math.cos(tilt) * up
    x = math.cos(tilt) * along + math.sin(tilt) * up
    return np.stack([x, np.cross(z, x), z], axis=1)


class GraspPlanner:
    """Finds plans for one object, as a function of where it is."""

    def __init__(self, controller: ArmController, object_config: ObjectConfig, surface: float) -> None:
        self._steering = controller
        self._model = load_object(object_config.model)
        self._size = object_config.size
        self._surface = surface
        self._last: tuple[Pose, GraspPlan] | None = None

    def plan(self, state: State, name: str) -> GraspPlan:
        """The best plan for the object where it is now."""
        pose = state.frames[name]
        if self._last is None or _moved(self._last[0], pose):
            self._last = (pose, self._best(pose, state, name))
        return self._last[1]

    def _best(self, pose: Pose, state: State, name: str) -> GraspPlan:
        found: list[tuple[float, GraspPlan]] = []
        for tilt in APPROACH_TILTS:
            for grasp in self._model.grasps:
                for rotation in self._rotations(grasp, pose, tilt, state):
                    cost, plan = self._try(grasp, rotation, pose)
                    found.append((cost + _crowding(plan, state, name), plan))
            if min(cost for cost, _ in found) < 1.0:
                break
        return min(found, key=lambda entry: entry[0])[1]

    def _rotations(self, grasp: Grasp, pose: Pose, tilt: float, state: State) -> list[Array]:
        """How the palm may be turned: along the grasp's closing direction, or as it is where it cannot be turned."""
        if not self._steering.controls_rotation:
            return [rotation_from_quaternion(state.frames["palm"].rotation)]
        return [compute_palm_rotation(heading, tilt) for heading in self._headings(grasp, pose)]

    def _headings(self, grasp: Grasp, pose: Pose) -> list[float]:
        if grasp.close == "any":
            return list(_ROUND_YAWS)
        axes = rotation_from_quaternion(pose.rotation)
        x, y, _ = axes[:, 0] if grasp.close == "x" else axes[:, 1]
        heading = math.atan2(y, x)
        return [heading, heading + math.pi if heading <= 0 else heading - math.pi]

    def _try(self, grasp: Grasp, rotation: Array, pose: Pose) -> tuple[float, GraspPlan]:
        """The cheapest joints for one way to take it: reached, near home, and with room to line up and to raise."""
        at = np.array(pose.position) + rotation_from_quaternion(pose.rotation) @ (self._size * np.array(grasp.at))
        at[2] = max(at[2], self._surface + MIN_PALM_HEIGHT)
        before = at - PREGRASP_DISTANCE * rotation[:, 2]
        above = at + np.array([0.0, 0.0, LIFT_HEIGHT])
        best = (
            math.inf,
            GraspPlan(
                at,
                rotation,
                self._steering.start_postures[0],
                self._steering.start_postures[0],
                self._size * grasp.width,
            ),
        )
        for start in self._steering.start_postures:
            joints, miss = self._steering.solve_ik(start, at, rotation)
            if miss > 10 * REACH_TOLERANCE:
                best = min(best, (1e3 * miss, best[1]), key=lambda entry: entry[0])
                continue
            back, miss_back = self._steering.solve_ik(joints, before, rotation)
            _, miss_up = self._steering.solve_ik(joints, above, None)
            bad = 200.0 * max(0.0, max(miss, miss_back, miss_up) - REACH_TOLERANCE)
            cost = bad + 0.05 * float(np.sum((joints - self._steering.kinematics.home) ** 2))
            best = min(
                best, (cost, GraspPlan(at, rotation, joints, back, self._size * grasp.width)), key=lambda e: e[0]
            )
            if cost < 0.2:
                break
        return best


def _moved(a: Pose, b: Pose) -> bool:
    """Whether an object has moved so far that its plan is out of date; a plan is kept through a settling tremble."""
    return math.dist(a.position, b.position) > 2e-3 or abs(float(np.dot(a.rotation, b.rotation))) < math.cos(0.01)


def _crowding(plan: GraspPlan, state: State, name: str) -> float:
    """Cost of neighbours that stand where the open digits come down."""
    cost = 0.0
    closing = plan.rotation[:2, 0] / np.linalg.norm(plan.rotation[:2, 0])
    for other, form in state.object_shapes.items():
        if other == name:
            continue
        away = np.subtract(state.position(other)[:2], plan.position[:2])
        along, across = abs(float(away @ closing)), abs(float(away[0] * closing[1] - away[1] * closing[0]))
        radius = 0.5 * max(form.extents[:2])
        gap = max(along - 0.5 * plan.width - 0.05, across - 0.045) - radius
        cost += max(0.0, 0.02 - gap) * 20.0
    return cost
