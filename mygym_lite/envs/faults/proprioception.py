"""Faults of proprioception: encoders and force sensors.

They write into the given state, which ``SensorPipeline`` has copied: one copy for all faults is several times as cheap
as one for each.
"""

from __future__ import annotations

import numpy as np

from mygym_lite.config.robot import load_robot
from mygym_lite.config.state import ContactsProtocol, Motion, Pose, State, Touch
from mygym_lite.config.task import Task
from mygym_lite.envs.faults.base import Draws, spawn_stream
from mygym_lite.envs.faults.schedule import ScheduledValue
from mygym_lite.rng import Rng
from mygym_lite.sim.kinematics import build_kinematics


def _count_joints(task: Task) -> int:
    return sum(len(arm.joints) for arm in load_robot(task.robot.model).arms.values())


class JointBias:
    """Encoder bias: every arm joint has a constant offset of the same size and a random sign."""

    fields = ("sensing.joint_bias",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Sample the signs."""
        self._size = ScheduledValue(task, "sensing.joint_bias", rng)
        self._signs: list[float] = rng.choice([-1.0, 1.0], _count_joints(task)).tolist()

    def apply(self, value: State, step: int) -> State:
        """Offset the joint positions; speeds, torques and hands have sensors of their own."""
        size = self._size.at(step)
        value.joints = [q + size * sign for q, sign in zip(value.joints, self._signs, strict=True)]
        return value


class JointNoise:
    """Gaussian encoder noise of the arms."""

    fields = ("sensing.joint_noise",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._deviation = ScheduledValue(task, "sensing.joint_noise", rng)
        self._draws = Draws(rng.standard_normal, _count_joints(task))

    def apply(self, value: State, step: int) -> State:
        """Add noise to the joint positions."""
        size, draws = self._deviation.at(step), self._draws.at(step)
        value.joints = [q + size * draw for q, draw in zip(value.joints, draws, strict=True)]
        return value


class PalmFromJoints:
    """Forward kinematics from the measured joints, so that encoder errors propagate to the palms."""

    fields = ("sensing.joint_bias", "sensing.joint_noise")

    def reset(self, task: Task, _rng: Rng) -> None:
        """Prepare the kinematics of each arm."""
        robot = load_robot(task.robot.model)
        names = ["palm", *(f"{side}_palm" for side in list(robot.arms)[1:])]
        self._arms = [
            (name, build_kinematics(robot, arm), len(arm.joints))
            for name, arm in zip(names, robot.arms.values(), strict=True)
        ]

    def apply(self, value: State, _step: int) -> State:
        """Compute the palms from the joint positions."""
        frames: dict[str, Pose] = dict(value.frames)
        motions: dict[str, Motion] = dict(value.motions)
        joints, speeds, start = np.array(value.joints), np.array(value.speeds), 0
        for name, kinematics, count in self._arms:
            own = slice(start, start + count)
            frames[name], motions[name] = kinematics.compute_pose_and_motion(joints[own], speeds[own])
            start += count
        value.frames, value.motions = frames, motions
        return value


class ForceNoise:
    """Gaussian noise of contact forces, independent for each pair of groups.

    Without contact, readings scatter around zero; they are not clipped there, which would bias them.
    """

    fields = ("sensing.force_noise",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._deviation = ScheduledValue(task, "sensing.force_noise", rng)
        self._rng, self._seconds = rng, 1.0 / task.episode.control_hz
        self._draws: dict[str, Draws] = {}

    def apply(self, value: State, step: int) -> State:
        """Wrap the contacts."""
        value.contacts = _NoisyContacts(value.contacts, self, step)
        return value

    def add_noise(self, touch: Touch, pair: tuple[str, str], step: int) -> Touch:
        """Add one error for the whole action, so that mean, peak and impulse agree."""
        name = "/".join(sorted(pair))
        if name not in self._draws:
            self._draws[name] = Draws(spawn_stream(self._rng, name).standard_normal, 1)
        error = self._deviation.at(step) * self._draws[name].at(step)[0]
        return Touch(touch.mean + error, touch.peak + error, touch.impulse + error * self._seconds)


class _NoisyContacts:
    """Contacts of one action, measured by noisy sensors."""

    def __init__(self, true: ContactsProtocol, noise: ForceNoise, step: int) -> None:
        self.penetration = true.penetration
        self._true, self._noise, self._step = true, noise, step

    def get(self, pair: tuple[str, str]) -> Touch:
        """Return the measured contact of two groups."""
        return self._noise.add_noise(self._true.get(pair), pair, self._step)

    def seconds_above(self, pair: tuple[str, str], newtons: float) -> float:
        """Return the ground truth: the time is not measured by a force sensor."""
        return self._true.seconds_above(pair, newtons)
