"""Why an episode ran out of time: what its states tell about how far the robot came."""

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
    "never_reached": "the hand never touched the object, or the palm never came to the goal",
    "closed_on_nothing": "the hand closed for half a second or more and held nothing",
    "dropped": "the object had been lifted by 2 cm or more, and was lost",
    "knocked_away": "the object was pushed out of reach",
    "tipped": "the object was turned over by more than 45 degrees and not held",
    "hit_table": "the robot pressed on the table harder than the task allows",
    "force_limit": "the hand pressed harder than the task allows",
    "joint_limit": "an arm joint stood at its limit in the end",
    "wrong_object": "the hand closed around another object, and never around the right one",
    "timeout": "none of these; the time ran out",
    "policy_error": "the policy raised, hung, or returned what is not an action",
    "physics_error": "the simulation broke",
}
_LIFTED = 0.02  # m
_CLOSED = 0.9  # of the way
_PATIENCE = 0.5  # s
_UPRIGHT = 0.7071  # cosine of 45 degrees
_ROLLS = FAMILIES.index("sphere")


class FailureClassifier:
    """Sees every state of an episode and remembers what may explain a failure.

    What is meant for the hand are the objects that the task's success speaks of.

    Args:
        task: As drawn for the episode.
        start: The state in which it begins.
    """

    def __init__(self, task: Task, start: State) -> None:
        named = [value for call in task.success.values() for value in call.values()]
        self._targets = [name for name in task.objects if name in named]
        self._others = [name for name, thing in task.objects.items() if name not in named and not thing.fixed]
        self._start, self._last = start, start
        self._hertz = task.episode.control_hz
        self._can_grasp = not load_robot(task.robot.model).missing_for_grasp
        self._idle = 0
        self._touched = self._grasped = self._lifted = self._wrong = False

    def observe(self, state: State) -> None:
        """One action has passed."""
        self._last = state
        if not self._targets:
            return
        if state.touch("hand", "objects").mean <= 0.0:
            self._idle += max(state.closure, default=0.0) >= _CLOSED
            return
        self._touched = self._touched or any(state.touch("hand", name).mean > 0.0 for name in self._targets)
        if not self._can_grasp:
            return
        held = [name for name in self._targets if grasped(state, name)]  # type: ignore[arg-type]
        self._grasped = self._grasped or bool(held)
        self._lifted = self._lifted or any(self._height(name) >= _LIFTED for name in held)
        self._wrong = self._wrong or any(grasped(state, name) for name in self._others)  # type: ignore[arg-type]

    def classify(self, succeeded_once: bool, forces: Mapping[str, Force]) -> str:
        """The code of what explains best that time ran out: how far it came, then what stood in the way."""
        if self._lifted and not any(grasped(self._last, name) for name in self._targets):  # type: ignore[arg-type]
            return "dropped"
        if self._grasped or succeeded_once:
            return _pressed_too_hard(forces) or "timeout"
        if self._wrong:
            return "wrong_object"
        if any(self._tipped(name) for name in self._targets):
            return "tipped"
        if self._idle / self._hertz >= _PATIENCE:
            return "closed_on_nothing"
        if too_hard := _pressed_too_hard(forces):
            return too_hard
        if find_joints_at_limits(np.asarray(self._last.joints), self._last.joint_limits).any():
            return "joint_limit"
        return "timeout" if self._touched else "never_reached"

    def _height(self, name: str) -> float:
        return self._last.position(name)[2] - self._last.initial_positions[name][2]

    def _tipped(self, name: str) -> bool:
        """Whether what stood upright no longer does; a ball never did."""
        if self._last.object_shapes[name].family[_ROLLS]:
            return False
        before, now = (_up(state.frames[name].rotation) for state in (self._start, self._last))
        return sum(a * b for a, b in zip(before, now, strict=True)) < _UPRIGHT


def _pressed_too_hard(forces: Mapping[str, Force]) -> str | None:
    for pair, code in (("robot_table", "hit_table"), ("hand_object", "force_limit")):
        if pair in forces and (forces[pair].seconds_above or 0.0) > 0.0:
            return code
    return None


def _up(q: Quaternion) -> tuple[float, float, float]:
    """The z axis of a frame in the world."""
    x, y, z, w = q
    return 2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)
