"""Reorienting skill of the scripted expert: grasp an object across its body, turn it in the air, and put it down."""

from __future__ import annotations

import math

import numpy as np

from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import State
from mygym_lite.config.task_objects import ObjectConfig
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.grasp_skill import GraspSkill
from mygym_lite.experts.inputs import Array, ExpertInputs
from mygym_lite.experts.orientations import OrientationGoal, compute_rotation_angle
from mygym_lite.experts.turn_places import ABOVE, TurnPlan
from mygym_lite.experts.turn_planning import TurnPlanner
from mygym_lite.experts.withdrawal import OPENING, retreat
from mygym_lite.terms import relations

_GRIP_FORCE = 25.0  # N of thumb and fingers together; at the limit of its motors a tilted gripper would give way
_ALIGNED, _ALIGNED_LOW = 0.08, 0.25  # rad: errors at which the object may descend, above its place and at its height
_RELEASE_ERROR = 0.25  # rad; an object that stands with less is let go
_DONE_ERROR = 0.18  # rad; an object that stands with less is left alone
_NEAR = 0.03  # m from the place at which the object may descend
_LIFT_OFF, _MAX_LIFT, _MAX_LOWERING = 0.004, 0.02, 0.012  # m per action
_CLEARANCE = 0.03  # m between the table and an object that is being turned
_TURNING_SPEED = 0.5  # of the fastest motion
_OPEN = 0.1  # closure at which the hand counts as open
_SUPPORT_FORCE = 0.3  # N; the object stands on something
_SUPPORT_GAP = 0.003  # m from which it may fall
_BLOCKED, _STILL = 0.05, 0.02  # rad, rad/s
_DETOUR = 0.3  # rad; a posture farther from the next grasp than the home posture
_HAND_REACH = 0.12  # m between palm and object from which the hand may turn
_MAX_SPEED = 0.1  # m/s of an object that is worth a plan


class ReorientSkill:
    """Skill that brings an object to an orientation, with as many grasps as that takes."""

    def __init__(self, inputs: ExpertInputs, controller: ArmController, thing: str, goal: OrientationGoal) -> None:
        self._inputs, self._controller, self._thing, self._goal = inputs, controller, thing, goal
        self._grasp = GraspSkill(inputs, controller, thing, make_planner=self._make_planner, max_force=_GRIP_FORCE)

    def reset(self) -> None:
        """Begin an episode."""
        self._grasp.reset()

    def _make_planner(self, controller: ArmController, thing: ObjectConfig, surface: float) -> TurnPlanner:
        self._planner = TurnPlanner(controller, thing, surface, self._goal)
        return self._planner

    def compute_action(self, state: State) -> Array:
        """Choose by the contact of hand and object, and by the rotation that is missing."""
        turn = self._planner.turn
        is_touched, is_held = state.touch("hand", self._thing).peak > 0.0, self._grasp.grip.is_held(state)
        is_closed = is_held or state.closure[0] > _OPEN
        if turn is not None and is_closed and is_touched and self._is_put_down(state, turn):
            return self._open(state)
        if is_held:
            turn = turn or self._planner.plan_turn(state, self._thing)
            return self._open(state) if turn is None else self._carry(state, turn)
        if self._is_in_the_way(state):
            is_open = state.closure[0] < _OPEN
            return self._open(state) if is_touched and not is_open else retreat(self._controller, state)
        return self._approach(state)

    def _approach(self, state: State) -> Array:
        """Grasp the object, by way of the home posture if that is no detour: the arm does not bend around itself."""
        controller, home = self._controller, self._controller.kinematics.home
        turn = self._planner.plan_turn(state, self._thing)
        if turn is None:
            return retreat(controller, state)
        if self._is_blocked(state):
            self._planner.reject(state, self._thing)
        goal = turn.grasp.pregrasp_joints
        distance = np.linalg.norm(goal - controller.get_joint_positions(state))
        if distance > np.linalg.norm(goal - home) + _DETOUR:
            return controller.compute_action(state, home, 0.0)
        return self._grasp.compute_action(state)

    def _is_blocked(self, state: State) -> bool:
        """Return True if the arm stands still although its targets are elsewhere, as when it meets the body."""
        controller = self._controller
        lead = np.abs(controller.compute_joint_targets(state) - controller.get_joint_positions(state))
        is_still = max(map(abs, state.speeds[: controller.num_joints])) < _STILL
        return is_still and bool(lead.max() > _BLOCKED) and state.touch("hand", self._thing).peak == 0.0

    def _is_put_down(self, state: State, turn: TurnPlan) -> bool:
        error = compute_rotation_angle(rotation_from_quaternion(state.frames[self._thing].rotation), turn.rotation)
        return error < _RELEASE_ERROR and self._is_supported(state)

    def _is_supported(self, state: State) -> bool:
        gap = self._compute_height(state) - relations.compute_half_height(state, self._thing)
        return state.touch("table", self._thing).mean > _SUPPORT_FORCE or gap < _SUPPORT_GAP

    def _is_in_the_way(self, state: State) -> bool:
        """Return True if the hand is beside the object and not where it would grasp it."""
        palm = state.frames["palm"]
        if math.dist(palm.position, state.position(self._thing)) > _HAND_REACH:
            return False
        if self._goal.compute_error(state, self._thing) < _DONE_ERROR:
            return True
        if math.hypot(*state.motions[self._thing].linear) > _MAX_SPEED:
            return True
        turn = self._planner.plan_turn(state, self._thing)
        return turn is None or (
            compute_rotation_angle(rotation_from_quaternion(palm.rotation), turn.grasp.rotation) > 0.4
        )

    def _open(self, state: State) -> Array:
        closure = max(0.0, state.closure[0] - OPENING)
        palm = state.frames["palm"]
        return self._move(state, np.array(palm.position), rotation_from_quaternion(palm.rotation), closure, 0.3)

    def _carry(self, state: State, turn: TurnPlan) -> Array:
        """Grip firmly, rise, turn the object above its place, and descend."""
        closure = self._grasp.grip.compute_closure(state)
        palm, thing = state.frames["palm"], state.frames[self._thing]
        position, rotation = np.array(palm.position), rotation_from_quaternion(palm.rotation)
        present = rotation_from_quaternion(thing.rotation)
        if state.touch("table", self._thing).mean > 0.0 and not self._grasp.grip.is_firm(state):
            return self._move(state, position, rotation, closure, 0.3)
        offset = turn.place - np.array(thing.position)
        error = compute_rotation_angle(present, turn.rotation)
        lowness = min(1.0, max(0.0, 1.0 + offset[2] / ABOVE))
        if error < _ALIGNED + (_ALIGNED_LOW - _ALIGNED) * lowness and math.hypot(*offset[:2]) < _NEAR:
            slow = 0.4 if lowness > 0.6 else 1.0
            offset[2] = 0.0 if self._is_supported(state) else max(offset[2] - 0.01, -slow * _MAX_LOWERING)
            return self._move_object(state, turn, offset, closure)
        radius = 0.5 * float(np.linalg.norm(state.object_shapes[self._thing].extents))
        turned = compute_rotation_angle(rotation, turn.grasp.rotation)
        missing = radius + 0.01 + 0.05 * max(0.0, 1.0 - turned / 0.4) - self._compute_height(state)
        if missing > 0.0:
            step = min(
                _LIFT_OFF if state.touch("table", self._thing).mean > _SUPPORT_FORCE else _MAX_LIFT, missing + 0.01
            )
            return self._move(state, position + np.array([0.0, 0.0, step]), rotation, closure)
        return self._turn(state, turn, closure, radius)

    def _compute_height(self, state: State) -> float:
        return state.position(self._thing)[2] - self._inputs.episode_task().workspace.height

    def _turn(self, state: State, turn: TurnPlan, closure: float, radius: float) -> Array:
        """Move the joints towards the posture above the place."""
        position, rotation = self._compute_palm_goal(state, turn)
        surface = self._inputs.episode_task().workspace.height
        rise = max(ABOVE, surface + radius + _CLEARANCE + 0.02 - turn.place[2])
        joints, _ = self._controller.solve_ik(turn.joints, position + np.array([0.0, 0.0, rise]), rotation)
        return self._controller.compute_action(state, joints, closure, _TURNING_SPEED)

    def _move_object(self, state: State, turn: TurnPlan, step: Array, closure: float) -> Array:
        """Move the object by a step while it turns into its goal orientation."""
        position, rotation = self._compute_palm_goal(state, turn)
        position += np.array(state.position(self._thing)) + step - turn.place
        joints, _ = self._controller.solve_ik(self._controller.compute_joint_targets(state), position, rotation, 30)
        return self._controller.compute_action(state, joints, closure, _TURNING_SPEED)

    def _compute_palm_goal(self, state: State, turn: TurnPlan) -> tuple[Array, Array]:
        """Compute the pose of the palm, as it grips the object now, with which the object is in place."""
        palm, thing = state.frames["palm"], state.frames[self._thing]
        change = turn.rotation @ rotation_from_quaternion(thing.rotation).T
        position: Array = turn.place + change @ np.subtract(palm.position, thing.position)
        return position, change @ rotation_from_quaternion(palm.rotation)

    def _move(self, state: State, position: Array, rotation: Array, closure: float, speed: float = 1.0) -> Array:
        start = self._controller.compute_joint_targets(state)
        joints, _ = self._controller.solve_ik(start, position, rotation, 20)
        return self._controller.compute_action(state, joints, closure, speed)
