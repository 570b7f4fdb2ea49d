"""From what is there to what is observed: all faults of sensing, in the order in which they happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gymnasium import spaces

from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.envs.faults.base import Fault, apply_faults, start_faults
from mygym_lite.envs.faults.calibration import HandEyeRotation, HandEyeTranslation
from mygym_lite.envs.faults.images import Blur, DepthHoles, DepthNoise, ImageNoise, MotionBlur
from mygym_lite.envs.faults.proprioception import ForceNoise, JointBias, JointNoise, PalmFromJoints
from mygym_lite.envs.faults.timing import Drop, Latency, Stuck
from mygym_lite.envs.observations import Observation
from mygym_lite.envs.renderers import Images

CONFIDENCE = "confidence"
"""The name of what tells, in an observation, how sure it is where things are."""


class StateEstimatorProtocol(Protocol):
    """Says where things are seen, to an environment that is not to tell where they are."""

    space: Mapping[str, spaces.Box]
    """Of what it adds to observations."""

    def reset(self, episode: Task) -> None:
        """Begin an episode of a sampled task."""

    def estimate(self, measured: State) -> State:
        """The state as the robot feels it, which may be written to, with what is located by looking where it is seen.

        It is asked once in each step, the first one at the reset included.
        """

    def read_observation(self) -> Observation:
        """What it adds to the observation of the same step."""


class SensorPipeline:
    """How the policy sees one episode after the other.

    In each step, the first one at the reset included, ``measure_state`` comes first, then ``corrupt_images``, then ``deliver_observation``;
    images of one step may come in several calls, each under a name of its own. A task whose sensing is nominal builds
    nothing, and everything passes as it is.
    """

    def __init__(self, task: Task) -> None:
        self.reset(task, 0)

    def reset(self, task: Task, seed: int) -> None:
        """Begin an episode of a task that ``sample`` has drawn."""
        of_robot: list[Fault[State]] = [JointBias(), JointNoise(), PalmFromJoints(), ForceNoise()]
        of_things: list[Fault[State]] = [HandEyeRotation(), HandEyeTranslation()]
        of_images: list[Fault[Images]] = [Blur(), MotionBlur(), ImageNoise(), DepthNoise(), DepthHoles()]
        in_time: list[Fault[Observation]] = [Latency(), Stuck(), Drop()]
        self._robot, self._things = start_faults(of_robot, task, seed), start_faults(of_things, task, seed)
        self._images = start_faults(of_images, task, seed)
        self._timing = start_faults(in_time, task, seed)
        self._hz, self._step = task.episode.control_hz, 0

    @property
    def active(self) -> bool:
        """Whether this episode is seen otherwise than it is."""
        return bool(self._robot or self._things or self._images or self._timing)

    def measure_state(self, state: State, estimator: StateEstimatorProtocol | None = None) -> State:
        """The state as the sensors report it; the true one stays as it is.

        Faults of calibration between camera and robot come last: they shift and turn what is seen like what is there.
        """
        self._step = round(state.seconds * self._hz)
        if estimator is None and not (self._robot or self._things):
            return state
        felt = apply_faults(self._robot, copy_state(state), self._step)
        return apply_faults(self._things, felt if estimator is None else estimator.estimate(felt), self._step)

    def corrupt_images(self, images: Images) -> Images:
        """The images of the same moment as the cameras deliver them."""
        return apply_faults(self._images, images, self._step)

    def deliver_observation(self, observation: Observation, step: int) -> Observation:
        """The finished observation of a step when it arrives: late, stalled, or lost."""
        if not self._timing:
            return observation
        arrived = apply_faults(self._timing, observation, step)
        # whoever gets them may write into these arrays, and they may be needed again
        return {name: array.copy() for name, array in arrived.items()}


def copy_state(state: State) -> State:
    """Another state of the same values; ``dataclasses.replace`` takes three times as long."""
    return State(
        state.seconds, state.joints, state.speeds, state.torques, state.targets, state.fingers, state.closure,
        state.frames, state.motions, state.contacts, state.object_shapes, state.joint_limits, state.initial_positions,
    )  # fmt: skip
