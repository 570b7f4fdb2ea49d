"""Grasping skill of the scripted expert: line up above the object, descend, close the hand, lift."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np

from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import State
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.clearance import plan_detour
from mygym_lite.experts.destinations import Destination
from mygym_lite.experts.grasp_plan import GraspPlan, compute_pregrasp_position
from mygym_lite.experts.grasp_planning import LIFT_HEIGHT, GraspPlanner
from mygym_lite.experts.grip import Grip
from mygym_lite.experts.grip_force import MAX_FORCE
from mygym_lite.experts.inputs import Array, ExpertInputs
from mygym_lite.experts.orientations import compute_rotation_angle

TARGET = "target"
_EMPTY_CLOSURE = 0.25  # closure from which an empty hand opens beside the object, not on the way to it
_MAX_LIFT = 0.015  # m per action while carrying
_MEETING_SPEED = 0.2  # m/s at which the hand approaches an object that moves, on average
_MAX_IK_ERROR = 0.01  # m; beyond, a raised palm may turn


class Planner(Protocol):
    """Planner of the grasps of one object."""

    def plan(self, state: State, name: str) -> GraspPlan:
        """Plan the best grasp of the object at its present pose."""


@dataclass(frozen=True)
class _Offset:
    """Offset of the palm from a plan's grasp pose, in the frame of the plan."""

    aside: float  # m, perpendicular to the approach
    back: float  # m, along the approach
    angle: float  # rad

    def is_within(self, aside: float, back: float, angle: float) -> bool:
        """Return True if all three are below these bounds."""
        return self.aside < aside and self.back < back and self.angle < angle


class GraspSkill:
    """Skill that grasps an object and lifts it."""

    def __init__(
        self,
        inputs: ExpertInputs,
        controller: ArmController,
        thing: str = TARGET,
        destination: Destination | None = None,
        make_planner: Callable[[ArmController, ObjectConfig, float], Planner] | None = None,
        max_force: float = MAX_FORCE,
    ) -> None:
        self._inputs, self._controller, self._thing = inputs, controller, thing
        self._make_planner = make_planner or partial(GraspPlanner, destination=destination)
        self.grip = Grip(inputs, controller, thing, max_force)
        self._is_carried = any(config.belt_speed for config in inputs.task.objects.values())
        self._walls = [name for name, config in inputs.task.objects.items() if config.fixed and not config.belt_speed]
        self._period = 1.0 / inputs.task.episode.control_hz

    def reset(self) -> None:
        """Begin an episode with its own object."""
        episode = self._inputs.episode_task()
        self._planner = self._make_planner(self._controller, episode.objects[self._thing], episode.workspace.height)

    def compute_action(self, state: State) -> Array:
        """Choose by the palm's offset from the grasp pose and by the contact forces on the hand."""
        if self.grip.is_held(state):
            return self._carry(state)
        controller = self._controller
        plan, offset = self._plan(state)
        closure = state.closure[0]
        slack = 1.0 + 1.5 * min(1.0, closure / 0.5)  # hysteresis: the further the hand has closed, the more is allowed
        aligned = offset.is_within(0.012 * slack, 0.008 * slack, 0.12 * slack) and -offset.back < 0.008 * slack
        if aligned and closure < 0.98:
            return controller.compute_action(state, plan.grasp_joints, self.grip.compute_closure(state), 0.3)
        if closure > _EMPTY_CLOSURE and offset.is_within(0.05, 0.06, math.inf):
            return controller.compute_action(state, self._solve_raised(state, 0.03), 0.0, 0.5)
        if offset.is_within(0.03, 0.13, 0.2):
            return controller.compute_action(state, self._solve_descent(plan, offset.back), 0.0, 0.6)
        if offset.back < 0.07 and offset.aside > 0.03:
            return controller.compute_action(state, self._solve_raised(state, 0.06), 0.0)
        return controller.compute_action(state, self._solve_approach(plan, state), 0.0)

    def _plan(self, state: State) -> tuple[GraspPlan, _Offset]:
        """Plan the grasp for the end of this action, and compute the palm's present offset from it."""
        if not (self._is_carried and isinstance(self._planner, GraspPlanner)):
            plan = self._planner.plan(state, self._thing)
            return plan, _compute_offset(plan, state)
        lag = self._period + self._inputs.task.robot.time_constant + self._inputs.episode_task().actuation.delay
        away = math.dist(state.position("palm"), state.position(self._thing))
        plan = self._planner.follow(state, self._thing, lag, away / _MEETING_SPEED)
        travel = np.array([*state.motions[self._thing].linear[:2], 0.0]) * lag
        return plan, _compute_offset(replace(plan, position=plan.position - travel), state)

    def _solve_approach(self, plan: GraspPlan, state: State) -> Array:
        """Solve for the pre-grasp pose, or for a point on the way over what stands between."""
        waypoint = plan_detour(state, compute_pregrasp_position(plan.position, plan.rotation), self._walls)
        if waypoint is None:
            return plan.pregrasp_joints
        start = self._controller.compute_joint_targets(state)
        return self._controller.solve_ik_with_restarts(start, waypoint, None)

    def _carry(self, state: State) -> Array:
        """Squeeze in place until the grip is firm, then lift straight up to the height that tasks ask for."""
        closure = self.grip.compute_closure(state)
        start_height = state.initial_positions[self._thing][2]
        if self.grip.is_lifted(state) or self.grip.is_firm(state):
            missing = start_height + LIFT_HEIGHT - state.position(self._thing)[2]
            longest = self.grip.limit_step(state, _MAX_LIFT)
            step = max(-longest, min(longest, missing))
            return self._controller.compute_action(state, self._solve_raised(state, step), closure)
        return self._controller.compute_action(state, self._solve_raised(state, 0.0), closure, 0.3)

    def _solve_descent(self, plan: GraspPlan, back: float) -> Array:
        """Solve for the next point on the straight approach."""
        ahead = plan.position - max(0.0, back - 0.03) * plan.rotation[:, 2]
        joints, _ = self._controller.solve_ik(plan.grasp_joints, ahead, plan.rotation)
        return joints

    def _solve_raised(self, state: State, height: float) -> Array:
        """Solve for the palm raised by a height, m, in its present orientation or, out of reach, in any."""
        raised = np.add(state.position("palm"), (0.0, 0.0, height))
        return self._controller.solve_nearby(state, raised, _MAX_IK_ERROR)


def _compute_offset(plan: GraspPlan, state: State) -> _Offset:
    palm = state.frames["palm"]
    error = plan.rotation.T @ np.subtract(palm.position, plan.position)
    angle = compute_rotation_angle(rotation_from_quaternion(palm.rotation), plan.rotation)
    return _Offset(math.hypot(error[0], error[1]), -float(error[2]), angle)
