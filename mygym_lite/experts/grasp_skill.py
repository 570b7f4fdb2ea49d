"""Grasping skill of the scripted expert: line up above the object, descend, close the hand, lift."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np

from mygym_lite.config.checks import TermCall, iterate_term_calls
from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import State
from mygym_lite.config.task import ObjectConfig, Task
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.clearance import plan_detour
from mygym_lite.experts.destinations import Destination
from mygym_lite.experts.grasp_plan import GraspPlan, compute_pregrasp_position
from mygym_lite.experts.grasp_planning import LIFT_HEIGHT, GraspPlanner
from mygym_lite.experts.inputs import Array, ExpertInputs

TARGET = "target"
_TOUCH_FORCE = 0.2  # N; less is no grip
_MAX_CLOSING = 0.1  # closure per action
_MAX_OPENING = 0.01  # closure per action; a faster opening would lose a gentle grip
_ONE_SIDED_CLOSING = 0.03  # closure per action while only one side of the hand touches
_EMPTY_CLOSURE = 0.25  # closure from which an empty hand opens beside the object, not on the way to it
_MAX_LIFT = 0.015  # m per action while carrying
_FORCE_SHARE = 0.65  # share of the task's force limit
_MAX_FORCE = 40.0  # N of thumb and fingers together, for tasks without a limit
_LIFTED = 0.01  # m above the initial place
_GENTLE_FORCE = 16.0  # N of grip force below which the hand closes and carries at a gentle pace
_GENTLE_PACE = 0.35  # share of the usual speed
_MAX_GENTLE_SHARE = 1.4  # share of the grip force up to which a gentle grip is left as it is
_GENTLE_START = 0.002  # m by which a step with a gentle grip may exceed the one before
_FIRM_SHARE = 0.7  # share of the grip force from which the object is lifted
_HOLD_RADIUS = 0.06  # m from palm to object in which an object counts as held
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
        max_force: float = _MAX_FORCE,
    ) -> None:
        self._inputs, self._controller, self._thing = inputs, controller, thing
        self._make_planner = make_planner or partial(GraspPlanner, destination=destination)
        self._is_carried = any(config.belt_speed for config in inputs.task.objects.values())
        self._walls = [name for name, config in inputs.task.objects.items() if config.fixed and not config.belt_speed]
        self._grip_force = min(max_force, _select_grip_force(inputs.task, thing))
        self._pace = _GENTLE_PACE if self._grip_force < _GENTLE_FORCE else 1.0
        self._period = 1.0 / inputs.task.episode.control_hz

    def reset(self) -> None:
        """Begin an episode with its own object."""
        episode = self._inputs.episode_task()
        self._planner = self._make_planner(self._controller, episode.objects[self._thing], episode.workspace.height)

    def compute_action(self, state: State) -> Array:
        """Choose by the palm's offset from the grasp pose and by the contact forces on the hand."""
        if self.is_held(state):
            return self._carry(state)
        controller = self._controller
        plan, offset = self._plan(state)
        closure = state.closure[0]
        slack = 1.0 + 1.5 * min(1.0, closure / 0.5)  # hysteresis: the further the hand has closed, the more is allowed
        aligned = offset.is_within(0.012 * slack, 0.008 * slack, 0.12 * slack) and -offset.back < 0.008 * slack
        if aligned and closure < 0.98:
            return controller.compute_action(state, plan.grasp_joints, self.compute_closure(state), 0.3)
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

    def is_held(self, state: State) -> bool:
        """Return True if thumb and fingers both press on an object inside the hand."""
        near = math.dist(state.position("palm"), state.position(self._thing)) < _HOLD_RADIUS
        return (
            near
            and min(state.touch("thumb", self._thing).mean, state.touch("fingers", self._thing).mean) > _TOUCH_FORCE
        )

    def is_firm(self, state: State) -> bool:
        """Return True if the grip is firm enough to lift."""
        return state.touch("hand", self._thing).mean > _FIRM_SHARE * self._grip_force

    def is_lifted(self, state: State) -> bool:
        """Return True if the object is clearly above its initial place."""
        return state.position(self._thing)[2] - state.initial_positions[self._thing][2] > _LIFTED

    def limit_step(self, state: State, longest: float) -> float:
        """Limit the step of an action, m: a gentle grip holds an object only if it speeds up slowly."""
        if self._pace == 1.0:
            return longest
        speed = math.hypot(*state.motions["palm"].linear)
        return min(self._pace * longest, speed * self._period + _GENTLE_START)

    def _carry(self, state: State) -> Array:
        """Squeeze in place until the grip is firm, then lift straight up to the height that tasks ask for."""
        closure = self.compute_closure(state)
        start_height = state.initial_positions[self._thing][2]
        if self.is_lifted(state) or self.is_firm(state):
            missing = start_height + LIFT_HEIGHT - state.position(self._thing)[2]
            longest = self.limit_step(state, _MAX_LIFT)
            step = max(-longest, min(longest, missing))
            return self._controller.compute_action(state, self._solve_raised(state, step), closure)
        return self._controller.compute_action(state, self._solve_raised(state, 0.0), closure, 0.3)

    def compute_closure(self, state: State) -> float:
        """Close until the grip force is reached, then hold it."""
        thumb, fingers = state.touch("thumb", self._thing).mean, state.touch("fingers", self._thing).mean
        force = state.touch("hand", self._thing).mean
        commanded = self._controller.compute_closure_target(state)
        if force == 0.0 and commanded > state.closure[0]:
            # do not wait at every step for delayed actions
            return min(1.0, commanded + 0.5 * self._pace * _MAX_CLOSING)
        if self._pace < 1.0 and self.is_firm(state) and force < _MAX_GENTLE_SHARE * self._grip_force:
            return state.closure[0]  # a blocked finger lets go as soon as its target no longer leads it
        one_sided = force > 0.0 and min(thumb, fingers) < _TOUCH_FORCE
        step = self._pace * (_ONE_SIDED_CLOSING if one_sided else _MAX_CLOSING * (1.0 - force / self._grip_force))
        return min(1.0, max(0.0, state.closure[0] + max(-_MAX_OPENING, min(_MAX_CLOSING, step))))

    def _solve_descent(self, plan: GraspPlan, back: float) -> Array:
        """Solve for the next point on the straight approach."""
        ahead = plan.position - max(0.0, back - 0.03) * plan.rotation[:, 2]
        joints, _ = self._controller.solve_ik(plan.grasp_joints, ahead, plan.rotation)
        return joints

    def _solve_raised(self, state: State, height: float) -> Array:
        """Solve for the palm raised by a height, m, in its present orientation or, out of reach, in any."""
        palm = state.frames["palm"]
        raised = np.array(palm.position) + np.array([0.0, 0.0, height])
        start = self._controller.compute_joint_targets(state)
        joints, error = self._controller.solve_ik(start, raised, rotation_from_quaternion(palm.rotation), 20)
        return joints if error < _MAX_IK_ERROR else self._controller.solve_ik(start, raised, None, 20)[0]


def _compute_offset(plan: GraspPlan, state: State) -> _Offset:
    palm = state.frames["palm"]
    error = plan.rotation.T @ np.subtract(palm.position, plan.position)
    difference = rotation_from_quaternion(palm.rotation).T @ plan.rotation
    angle = math.acos(min(1.0, max(-1.0, 0.5 * (float(difference.trace()) - 1.0))))
    return _Offset(math.hypot(error[0], error[1]), -float(error[2]), angle)


def _select_grip_force(task: Task, thing: str) -> float:
    """Select a firm grip force, or a safe share of the task's limit, N."""
    limits = [
        float(call["newtons"]) * _count_sides(task, call, thing)  # type: ignore[arg-type]
        for call in iterate_term_calls(task.failure.values())
        if call["term"] == "contact_force_above" and _count_sides(task, call, thing)
    ]
    return min([_MAX_FORCE, *(_FORCE_SHARE * limit for limit in limits)])


def _count_sides(task: Task, call: TermCall, thing: str) -> int:
    """Count the sides of a grip for each force that a limit names: 2 for the thumb, 0 without a hand on the object."""
    groups = [str(call["a"]), str(call["b"])]
    if thing not in groups:
        return 0
    groups.remove(thing)
    return 0 if groups[0] in (*task.objects, "table") else 2 if groups[0] == "thumb" else 1
