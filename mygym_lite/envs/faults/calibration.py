"""Hand-eye calibration: what is located by looking is reported shifted and turned against the robot."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from mygym_lite.config.rotation import multiply_quaternions
from mygym_lite.config.state import Motion, Pose, Quaternion, State, Vec3
from mygym_lite.config.task import Task
from mygym_lite.config.workspace import load_workspace
from mygym_lite.envs.faults.schedule import ScheduledValue
from mygym_lite.rng import Rng
from mygym_lite.terms.vectors import rotate_inverse, subtract


def _direction(rng: Rng) -> Vec3:
    """A direction in space, each as likely as any other."""
    x, y, z = rng.standard_normal(3).tolist()
    length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length


class HandEyeRotation:
    """Objects and goal are turned about the centre of the workspace: the middle of its area, on the surface.

    The palm stays where it is, since a robot knows it from its joints. Velocities turn with positions, and so do the
    places where objects were when the episode began, as they were seen then.
    """

    fields = ("sensing.hand_eye_rotation",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Draw the axis."""
        self._angle = ScheduledValue(task, "sensing.hand_eye_rotation", rng)
        self._axis = _direction(rng)
        x, y = np.mean(load_workspace(task.workspace.model).area, axis=0).tolist()
        self._centre = (x, y, task.workspace.height)
        self._seen = _Seen(task)

    def apply(self, value: State, step: int) -> State:
        """The state as it is seen."""
        half = 0.5 * self._angle.at(step)
        x, y, z = (math.sin(half) * part for part in self._axis)
        turn: Quaternion = (x, y, z, math.cos(half))
        back: Quaternion = (-x, -y, -z, turn[3])
        centre = self._centre

        def placed(at: Vec3) -> Vec3:
            return _sum(centre, rotate_inverse(back, subtract(at, centre)))

        def posed(pose: Pose) -> Pose:
            return Pose(placed(pose.position), multiply_quaternions(turn, pose.rotation))

        def moved(motion: Motion) -> Motion:
            return Motion(rotate_inverse(back, motion.linear), rotate_inverse(back, motion.angular))

        return self._seen.through(value, posed, placed, moved)


class HandEyeTranslation:
    """Objects and goal are shifted; the palm stays, as it does where they are turned."""

    fields = ("sensing.hand_eye_position",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Draw the direction."""
        self._distance = ScheduledValue(task, "sensing.hand_eye_position", rng)
        self._direction = _direction(rng)
        self._seen = _Seen(task)

    def apply(self, value: State, step: int) -> State:
        """The state as it is seen."""
        size = self._distance.at(step)
        x, y, z = self._direction
        shift = (size * x, size * y, size * z)
        return self._seen.through(
            value, lambda pose: Pose(_sum(pose.position, shift), pose.rotation), lambda at: _sum(at, shift), None
        )


class _Seen:
    """The part of a state that is located by looking."""

    def __init__(self, task: Task) -> None:
        self._names = [*task.objects, *(["goal"] if task.goal is not None else [])]
        self._began: Mapping[str, Vec3] | None = None
        self._starts: dict[str, Vec3] = {}

    def through(
        self,
        state: State,
        posed: Callable[[Pose], Pose],
        placed: Callable[[Vec3], Vec3],
        moved: Callable[[Motion], Motion] | None,
    ) -> State:
        """A state with that part as these functions say; where objects began is seen once, when the episode begins.

        If that is found out later, it is seen again then.
        """
        if self._began is not state.initial_positions:
            self._began = state.initial_positions
            self._starts = {name: placed(at) for name, at in state.initial_positions.items()}
        frames, motions = state.frames, state.motions
        state.frames = {**frames, **{name: posed(frames[name]) for name in self._names}}
        if moved is not None:
            state.motions = {**motions, **{name: moved(motions[name]) for name in self._names}}
        state.initial_positions = self._starts
        return state


def _sum(a: Vec3, b: Vec3) -> Vec3:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]
