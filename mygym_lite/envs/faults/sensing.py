"""From what is there to what is observed: all faults of sensing, in the order in which they happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gymnasium import spaces

from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.envs.faults.base import Stage, begin, through
from mygym_lite.envs.faults.calibration import HandEyeShift, HandEyeTurn
from mygym_lite.envs.faults.images import Blur, DepthHoles, DepthNoise, ImageNoise, MotionBlur
from mygym_lite.envs.faults.proprioception import ForceNoise, JointBias, JointNoise, PalmFromJoints
from mygym_lite.envs.faults.timing import Drop, Latency, Stuck
from mygym_lite.envs.observations import Observation
from mygym_lite.envs.renderers import Images

CONFIDENCE = "confidence"
"""The name of what tells, in an observation, how sure it is where things are."""


class Sight(Protocol):
    """Says where things are seen, to an environment that is not to tell where they are."""

    space: Mapping[str, spaces.Box]
    """Of what it adds to observations."""

    def begin(self) -> None:
        """An episode has begun."""

    def seen(self, measured: State) -> State:
        """The state as the robot feels it, which may be written to, with what is located by looking where it is seen.

        It is asked once in each step, the first one at the reset included.
        """

    def observation(self) -> Observation:
        """What it adds to the observation of the same step."""


class Perception:
    """How the policy sees one episode after the other.

    In each step, the first one at the reset included, ``state`` comes first, then ``images``, then ``observation``;
    images of one step may come in several calls, each under a name of its own. A task whose sensing is nominal builds
    nothing, and everything passes as it is.
    """

    def __init__(self, task: Task) -> None:
        self.reset(task, 0)

    def reset(self, task: Task, seed: int) -> None:
        """Begin an episode of a task that ``sample`` has drawn."""
        of_robot: list[Stage[State]] = [JointBias(), JointNoise(), PalmFromJoints(), ForceNoise()]
        of_things: list[Stage[State]] = [HandEyeTurn(), HandEyeShift()]
        of_images: list[Stage[Images]] = [Blur(), MotionBlur(), ImageNoise(), DepthNoise(), DepthHoles()]
        in_time: list[Stage[Observation]] = [Latency(), Stuck(), Drop()]
        self._robot, self._things = begin(of_robot, task, seed), begin(of_things, task, seed)
        self._images = begin(of_images, task, seed)
        self._timing = begin(in_time, task, seed)
        self._hz, self._step = task.episode.control_hz, 0

    @property
    def active(self) -> bool:
        """Whether this episode is seen otherwise than it is."""
        return bool(self._robot or self._things or self._images or self._timing)

    def state(self, state: State, sight: Sight | None = None) -> State:
        """The state as the sensors report it; the true one stays as it is.

        Faults of calibration between camera and robot come last: they shift and turn what is seen like what is there.
        """
        self._step = round(state.seconds * self._hz)
        if sight is None and not (self._robot or self._things):
            return state
        felt = through(self._robot, copied(state), self._step)
        return through(self._things, felt if sight is None else sight.seen(felt), self._step)

    def images(self, images: Images) -> Images:
        """The images of the same moment as the cameras deliver them."""
        return through(self._images, images, self._step)

    def observation(self, observation: Observation, step: int) -> Observation:
        """The finished observation of a step when it arrives: late, stalled, or lost."""
        if not self._timing:
            return observation
        arrived = through(self._timing, observation, step)
        # whoever gets them may write into these arrays, and they may be needed again
        return {name: array.copy() for name, array in arrived.items()}


def copied(state: State) -> State:
    """Another state of the same values; ``dataclasses.replace`` takes three times as long."""
    return State(
        state.seconds, state.joints, state.speeds, state.torques, state.targets, state.fingers, state.closure,
        state.frames, state.motions, state.contacts, state.forms, state.joint_limits, state.starts,
    )  # fmt: skip
