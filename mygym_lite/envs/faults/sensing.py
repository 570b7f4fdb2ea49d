"""Pipeline of the sensing faults, from ground truth to observation, in the order in which they happen."""

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
"""Name of the observation group with the confidence of estimated poses."""


class StateEstimatorProtocol(Protocol):
    """Estimator of poses, for an environment that does not observe the ground truth."""

    space: Mapping[str, spaces.Box]
    """Space of what it adds to observations."""

    def reset(self, episode: Task) -> None:
        """Begin an episode of a sampled task."""

    def estimate(self, measured: State) -> State:
        """Replace the poses in a measured state, in place, by estimates; called once a step, the reset included."""

    def read_observation(self) -> Observation:
        """Return what it adds to the observation of the same step."""


class SensorPipeline:
    """Pipeline of the sensing faults; does nothing with nominal sensing.

    In each step, the reset included, call ``measure_state``, then ``corrupt_images``, then ``deliver_observation``;
    ``corrupt_images`` may be called several times, for images of different names.
    """

    def __init__(self, task: Task) -> None:
        self.reset(task, 0)

    def reset(self, task: Task, seed: int) -> None:
        """Begin an episode of a sampled task."""
        robot: list[Fault[State]] = [JointBias(), JointNoise(), PalmFromJoints(), ForceNoise()]
        objects: list[Fault[State]] = [HandEyeRotation(), HandEyeTranslation()]
        images: list[Fault[Images]] = [Blur(), MotionBlur(), ImageNoise(), DepthNoise(), DepthHoles()]
        timing: list[Fault[Observation]] = [Latency(), Stuck(), Drop()]
        self._robot, self._objects = start_faults(robot, task, seed), start_faults(objects, task, seed)
        self._images, self._timing = start_faults(images, task, seed), start_faults(timing, task, seed)
        self._hz, self._step = task.episode.control_hz, 0

    @property
    def active(self) -> bool:
        """True if observations differ from the ground truth in this episode."""
        return bool(self._robot or self._objects or self._images or self._timing)

    def measure_state(self, state: State, estimator: StateEstimatorProtocol | None = None) -> State:
        """Measure a state by faulty sensors, in a copy; hand-eye calibration errors also affect estimated poses."""
        self._step = round(state.seconds * self._hz)
        if estimator is None and not (self._robot or self._objects):
            return state
        measured = apply_faults(self._robot, copy_state(state), self._step)
        located = measured if estimator is None else estimator.estimate(measured)
        return apply_faults(self._objects, located, self._step)

    def corrupt_images(self, images: Images) -> Images:
        """Apply the faults of cameras to images of the same step."""
        return apply_faults(self._images, images, self._step)

    def deliver_observation(self, observation: Observation, step: int) -> Observation:
        """Apply the faults of timing to a finished observation: late, stalled, or lost."""
        if not self._timing:
            return observation
        delivered = apply_faults(self._timing, observation, step)
        # copied, since the caller may write into arrays that are delivered again
        return {name: array.copy() for name, array in delivered.items()}


def copy_state(state: State) -> State:
    """Copy a state shallowly; ``dataclasses.replace`` takes three times as long."""
    return State(
        seconds=state.seconds,
        joints=state.joints,
        speeds=state.speeds,
        torques=state.torques,
        targets=state.targets,
        fingers=state.fingers,
        closure=state.closure,
        frames=state.frames,
        motions=state.motions,
        contacts=state.contacts,
        object_shapes=state.object_shapes,
        joint_limits=state.joint_limits,
        initial_positions=state.initial_positions,
        regions=state.regions,
        stage=state.stage,
        num_stages=state.num_stages,
    )
