"""Reaching skill of the scripted expert, around walls if needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import Pose, State
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.inputs import Array, ExpertInputs
from mygym_lite.sim.world import compute_goal_pose

_HAND_RADIUS = 0.075  # m from the palm frame to the widest part of the hand, with a margin
_HAND_LENGTH = 0.07  # m from the palm frame to the fingertips, with a margin
_CLEARANCE = 0.04  # m above a wall while crossing it
_MIN_CLEARANCE = 0.01  # m above a wall from which the palm crosses it instead of rising further
_PATH_SAMPLES = 21


class ReachSkill:
    """Skill that moves the palm to the goal, in position and, if the task asks for it, in orientation."""

    def __init__(self, inputs: ExpertInputs, controller: ArmController) -> None:
        self._inputs, self._controller = inputs, controller
        self._walls = [name for name, config in inputs.task.objects.items() if config.fixed]
        self._oriented = any(call["term"] == "aligned" for call in inputs.task.success_calls)

    def reset(self) -> None:
        """Begin an episode; there is nothing to prepare."""

    def compute_action(self, state: State) -> Array:
        """Solve for the goal pose, led by one action if the goal moves, and step towards it."""
        goal = self._predict_goal(state)
        rotation = rotation_from_quaternion(goal.rotation) if self._oriented else None
        waypoint = plan_waypoint(state, goal.position, self._walls)
        # oriented goals start from a fixed posture: from the present one, two solutions could alternate
        controller = self._controller
        start = controller.kinematics.home if self._oriented else controller.compute_joint_targets(state)
        joints = controller.solve_ik_with_restarts(start, waypoint, rotation)
        return controller.compute_action(state, joints, 0.5 if self._walls else 0.0)

    def _predict_goal(self, state: State) -> Pose:
        """Predict the goal's pose at the end of this action; an estimated goal is extrapolated linearly."""
        seconds = 1.0 / self._inputs.task.episode.control_hz
        goal = self._inputs.episode_task().goal
        if not self._inputs.has_estimator() and goal is not None:
            return compute_goal_pose(goal, state.seconds + seconds)
        pose = state.frames["goal"]
        x, y, z = np.add(pose.position, np.multiply(seconds, state.motions["goal"].linear)).tolist()
        return Pose((x, y, z), pose.rotation)


def plan_waypoint(state: State, goal: Sequence[float], walls: Sequence[str]) -> Array:
    """Plan the next palm position: the goal, or a point above the walls on the way up, across or down to it, m."""
    palm, target = np.array(state.position("palm")), np.array(goal)
    if not any(_is_blocked(state, wall, palm, target) for wall in walls):
        return target
    top = max(state.position(wall)[2] + 0.5 * state.object_shapes[wall].extents[2] for wall in walls) + _HAND_LENGTH
    x, y, _ = palm if palm[2] < top + _MIN_CLEARANCE else target
    return np.array([x, y, top + _CLEARANCE])


def _is_blocked(state: State, wall: str, start: Array, end: Array) -> bool:
    """Return True if the hand would touch a wall on the straight path."""
    pose = state.frames[wall]
    margin = np.array([_HAND_RADIUS, _HAND_RADIUS, _HAND_LENGTH])
    half = 0.5 * np.array(state.object_shapes[wall].extents) + margin
    fractions = np.linspace(0.0, 1.0, _PATH_SAMPLES)[:, None]
    path = (start + fractions * (end - start) - np.array(pose.position)) @ rotation_from_quaternion(pose.rotation)
    return bool(np.any(np.all(np.abs(path) < half, axis=1)))
