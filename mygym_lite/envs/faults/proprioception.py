"""How a robot misjudges itself and what it touches: faults of encoders and force sensors.

Stages of states write into the state that they are given, which ``Perception`` has copied: one copy for all of them is
several times as cheap as one for each.
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


def _joints(task: Task) -> int:
    return sum(len(arm.joints) for arm in load_robot(task.robot.model).arms.values())


class JointBias:
    """Every encoder of an arm reads too much or too little, by the same amount throughout an episode."""

    fields = ("sensing.joint_bias",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Draw the signs."""
        self._size = ScheduledValue(task, "sensing.joint_bias", rng)
        self._signs: list[float] = rng.choice([-1.0, 1.0], _joints(task)).tolist()

    def apply(self, value: State, step: int) -> State:
        """The joints as they are read; speeds, torques and the hand's joints have sensors of their own."""
        size = self._size.at(step)
        value.joints = [q + size * sign for q, sign in zip(value.joints, self._signs, strict=True)]
        return value


class JointNoise:
    """The encoders of the arms are noisy."""

    fields = ("sensing.joint_noise",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._deviation = ScheduledValue(task, "sensing.joint_noise", rng)
        self._draws = Draws(rng.standard_normal, _joints(task))

    def apply(self, value: State, step: int) -> State:
        """The joints as they are read."""
        size, draws = self._deviation.at(step), self._draws.at(step)
        value.joints = [q + size * draw for q, draw in zip(value.joints, draws, strict=True)]
        return value


class PalmFromJoints:
    """A robot knows where its palms are from its joints: where the encoders err, the palms are misjudged with them."""

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
        """The palms where the joints say that they are."""
        frames: dict[str, Pose] = dict(value.frames)
        motions: dict[str, Motion] = dict(value.motions)
        joints, speeds, first = np.array(value.joints), np.array(value.speeds), 0
        for name, chain, count in self._arms:
            part = slice(first, first + count)
            frames[name], motions[name] = chain.compute_pose_and_motion(joints[part], speeds[part])
            first += count
        value.frames, value.motions = frames, motions
        return value


class ForceNoise:
    """Contact forces are noisy: each pair of groups as though it had a sensor of its own.

    A sensor that feels nothing reads around zero, below it as often as above; readings are not cut there, which would
    make forces of nothing.
    """

    fields = ("sensing.force_noise",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._deviation = ScheduledValue(task, "sensing.force_noise", rng)
        self._rng, self._seconds = rng, 1.0 / task.episode.control_hz
        self._draws: dict[str, Draws] = {}

    def apply(self, value: State, step: int) -> State:
        """The contacts as they are felt."""
        value.contacts = _Felt(value.contacts, self, step)
        return value

    def add_noise(self, touch: Touch, pair: tuple[str, str], step: int) -> Touch:
        """One error for the whole action, so that mean, peak and impulse agree."""
        name = "/".join(sorted(pair))
        if name not in self._draws:
            self._draws[name] = Draws(spawn_stream(self._rng, name).standard_normal, 1)
        error = self._deviation.at(step) * self._draws[name].at(step)[0]
        return Touch(touch.mean + error, touch.peak + error, touch.impulse + error * self._seconds)


class _Felt:
    """The contacts of one action through noisy sensors."""

    def __init__(self, true: ContactsProtocol, noise: ForceNoise, step: int) -> None:
        self.penetration = true.penetration
        self._true, self._noise, self._step = true, noise, step

    def get(self, pair: tuple[str, str]) -> Touch:
        """How hard two groups seem to have touched."""
        return self._noise.add_noise(self._true.get(pair), pair, self._step)

    def seconds_above(self, pair: tuple[str, str], newtons: float) -> float:
        """The truth: a time cannot be felt."""
        return self._true.seconds_above(pair, newtons)
