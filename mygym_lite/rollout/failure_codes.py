"""Failure codes, and the classifier that explains why an episode ran out of time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mygym_lite.config.objects import FAMILIES
from mygym_lite.config.robot import load_robot
from mygym_lite.config.state import Quaternion, State
from mygym_lite.config.task import Task
from mygym_lite.rollout.motion import find_joints_at_limits
from mygym_lite.rollout.record import Force
from mygym_lite.terms.predicates import grasped

FAILURE_CODES = {
    "never_reached": "the hand never touched the object, or the palm never reached the goal",
    "closed_on_nothing": "the hand closed for at least half a second and held nothing",
    "dropped": "the object was lifted by at least 2 cm, then lost",
    "knocked_away": "the object was pushed out of reach",
    "tipped": "the object was tilted by more than 45 degrees while not held",
    "hit_table": "the robot pressed on the table harder than the task allows",
    "force_limit": "the hand pressed harder than the task allows",
    "joint_limit": "an arm joint was at its limit at the end",
    "wrong_object": "the hand grasped another object, and never the target",
    "timeout": "none of these; time ran out",
    "policy_error": "the policy raised, hung, or returned an invalid action",
    "physics_error": "the simulation broke",
}
_LIFTED = 0.02  # m
_CLOSED = 0.9  # share of full closure
_IDLE_SECONDS = 0.5  # s
_UPRIGHT = 0.7071  # cosine of 45 degrees
_ROLLS = FAMILIES.index("sphere")


class FailureClassifier:
    """Classifier of timeouts, from every state of an episode.

    The objects to grasp are those that the task's success and stages name.

    Args:
        task: Task as sampled for the episode.
        start: State at the start.
    """

    def __init__(self, task: Task, start: State) -> None:
        named = [value for call in task.success_calls for value in call.values()]
        self._targets = [name for name in task.objects if name in named]
        self._others = [name for name, config in task.objects.items() if name not in named and not config.fixed]
        self._start, self._last = start, start
        self._hertz = task.episode.control_hz
        self._can_grasp = not load_robot(task.robot.model).missing_for_grasp
        self._closed_steps = 0
        self._touched = self._grasped = self._lifted = self._wrong = False

    def observe(self, state: State) -> None:
        """Add the state after an action."""
        self._last = state
        if not self._targets:
            return
        if state.touch("hand", "objects").mean <= 0.0:
            self._closed_steps += max(state.closure, default=0.0) >= _CLOSED
            return
        self._touched = self._touched or any(state.touch("hand", name).mean > 0.0 for name in self._targets)
        if not self._can_grasp:
            return
        held = [name for name in self._targets if grasped(state, name)]  # type: ignore[arg-type]
        self._grasped = self._grasped or bool(held)
        self._lifted = self._lifted or any(self._compute_height(name) >= _LIFTED for name in held)
        self._wrong = self._wrong or any(grasped(state, name) for name in self._others)  # type: ignore[arg-type]

    def classify(self, succeeded_once: bool, forces: Mapping[str, Force]) -> str:
        """Return the code that best explains a timeout: by the progress of the robot, then by its obstacles."""
        if self._lifted and not any(grasped(self._last, name) for name in self._targets):  # type: ignore[arg-type]
            return "dropped"
        if self._grasped or succeeded_once:
            return _find_force_limit(forces) or "timeout"
        if self._wrong:
            return "wrong_object"
        if any(self._is_tipped(name) for name in self._targets):
            return "tipped"
        if self._closed_steps / self._hertz >= _IDLE_SECONDS:
            return "closed_on_nothing"
        if code := _find_force_limit(forces):
            return code
        if find_joints_at_limits(np.asarray(self._last.joints), self._last.joint_limits).any():
            return "joint_limit"
        return "timeout" if self._touched else "never_reached"

    def _compute_height(self, name: str) -> float:
        return self._last.position(name)[2] - self._last.initial_positions[name][2]

    def _is_tipped(self, name: str) -> bool:
        """Return True if an upright object no longer is; a sphere never was."""
        if self._last.object_shapes[name].family[_ROLLS]:
            return False
        before, now = (_compute_z_axis(state.frames[name].rotation) for state in (self._start, self._last))
        return sum(a * b for a, b in zip(before, now, strict=True)) < _UPRIGHT


def _find_force_limit(forces: Mapping[str, Force]) -> str | None:
    for pair, code in (("robot_table", "hit_table"), ("hand_object", "force_limit")):
        if pair in forces and (forces[pair].seconds_above or 0.0) > 0.0:
            return code
    return None


def _compute_z_axis(q: Quaternion) -> tuple[float, float, float]:
    """Compute the z axis of a frame in the world."""
    x, y, z, w = q
    return 2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)
