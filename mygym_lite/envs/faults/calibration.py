"""Hand-eye calibration error: everything located by cameras is shifted and rotated relative to the robot."""

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


def _sample_direction(rng: Rng) -> Vec3:
    """Sample a unit vector uniformly."""
    x, y, z = rng.standard_normal(3).tolist()
    length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length


class HandEyeRotation:
    """Rotation of objects, goal and regions about the centre of the workspace: the middle of its area, on the surface.

    The palm, known from the joints, is not affected. Velocities and initial positions are rotated too.
    """

    fields = ("sensing.hand_eye_rotation",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Sample the axis."""
        self._angle = ScheduledValue(task, "sensing.hand_eye_rotation", rng)
        self._axis = _sample_direction(rng)
        x, y = np.mean(load_workspace(task.workspace.model).area, axis=0).tolist()
        self._centre = (x, y, task.workspace.height)
        self._view = _CameraView(task)

    def apply(self, value: State, step: int) -> State:
        """Transform the state."""
        half = 0.5 * self._angle.at(step)
        x, y, z = (math.sin(half) * part for part in self._axis)
        rotation: Quaternion = (x, y, z, math.cos(half))
        inverse: Quaternion = (-x, -y, -z, rotation[3])
        centre = self._centre

        def transform_position(position: Vec3) -> Vec3:
            return _add(centre, rotate_inverse(inverse, subtract(position, centre)))

        def transform_pose(pose: Pose) -> Pose:
            return Pose(transform_position(pose.position), multiply_quaternions(rotation, pose.rotation))

        def transform_motion(motion: Motion) -> Motion:
            return Motion(rotate_inverse(inverse, motion.linear), rotate_inverse(inverse, motion.angular))

        return self._view.transform(value, transform_pose, transform_position, transform_motion)


class HandEyeTranslation:
    """Translation of objects, goal and regions; the palm is not affected."""

    fields = ("sensing.hand_eye_position",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Sample the direction."""
        self._distance = ScheduledValue(task, "sensing.hand_eye_position", rng)
        self._direction = _sample_direction(rng)
        self._view = _CameraView(task)

    def apply(self, value: State, step: int) -> State:
        """Transform the state."""
        size = self._distance.at(step)
        x, y, z = self._direction
        shift = (size * x, size * y, size * z)
        return self._view.transform(
            value,
            lambda pose: Pose(_add(pose.position, shift), pose.rotation),
            lambda position: _add(position, shift),
            None,
        )


class _CameraView:
    """Part of a state that is located by cameras."""

    def __init__(self, task: Task) -> None:
        self._names = [*task.objects, *(["goal"] if task.goal is not None else []), *task.regions]
        self._original: Mapping[str, Vec3] | None = None
        self._initial_positions: dict[str, Vec3] = {}

    def transform(
        self,
        state: State,
        transform_pose: Callable[[Pose], Pose],
        transform_position: Callable[[Vec3], Vec3],
        transform_motion: Callable[[Motion], Motion] | None,
    ) -> State:
        """Transform this part; initial positions are transformed once, and again only if they are replaced."""
        if self._original is not state.initial_positions:
            self._original = state.initial_positions
            self._initial_positions = {name: transform_position(position) for name, position in self._original.items()}
        frames, motions = state.frames, state.motions
        state.frames = {**frames, **{name: transform_pose(frames[name]) for name in self._names}}
        if transform_motion is not None:
            state.motions = {**motions, **{name: transform_motion(motions[name]) for name in self._names}}
        state.initial_positions = self._initial_positions
        return state


def _add(a: Vec3, b: Vec3) -> Vec3:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]
