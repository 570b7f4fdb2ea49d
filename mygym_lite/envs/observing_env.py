"""Environment base class with observations, as sensors and an attached estimator of poses deliver them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gymnasium import spaces

from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.envs.episode_state import EpisodeState
from mygym_lite.envs.faults.sensing import SensorPipeline, StateEstimatorProtocol
from mygym_lite.envs.image_observations import ImageReader, ImageSize
from mygym_lite.envs.instruction_observation import InstructionReader
from mygym_lite.envs.observations import Observation, ObservationReader
from mygym_lite.envs.rendering_env import RenderingEnv


class ObservingEnv(RenderingEnv):
    """Environment with observation groups, images and an instruction."""

    task: Task  # as declared
    episode_state: EpisodeState
    sensor_pipeline: SensorPipeline
    estimator: StateEstimatorProtocol | None = None

    def _make_readers(
        self,
        observation_reader: ObservationReader,
        others: Sequence[str],
        cameras: Sequence[str] | None,
        size: ImageSize | None,
    ) -> None:
        """Make the readers of observations, and the space of what they read.

        Args:
            observation_reader: Reader of the observation groups.
            others: Kinds of images, and the instruction.
            cameras: Cameras of the images.
            size: Width and height of the images, px.
        """
        self.observation_reader = observation_reader
        self.image_reader = ImageReader(self.camera_rig, self.task, others, cameras, size)
        self.instruction_reader = InstructionReader(self.task, others)
        self.observation_space = spaces.Dict(  # type: ignore[assignment]
            {**self.observation_reader.space, **self.image_reader.space, **self.instruction_reader.space}
        )

    @property
    def state(self) -> State:
        """Ground-truth state, for experts and metrics; policies receive observations."""
        return self.world.state

    @property
    def estimated_state(self) -> State:
        """State that experts act on: estimated if an estimator is attached, else the ground truth."""
        return self.state if self.estimator is None else self._estimated_state

    def attach_estimator(self, estimator: StateEstimatorProtocol) -> None:
        """Observe estimated instead of ground-truth poses, from the next reset on."""
        estimator.reset(self.episode_task)
        self.estimator, self._estimated_state = estimator, self.state
        observed = self.observation_space.spaces  # type: ignore[attr-defined]
        self.observation_space = spaces.Dict({**observed, **estimator.space})  # type: ignore[assignment]

    def _observe(self, state: State) -> Observation:
        """Compute the observation of a ground-truth state."""
        if self.estimator is None and not self.sensor_pipeline.active:
            return {**self._read_terms(state), **self.image_reader.read(), **self.instruction_reader.read()}
        measured = self.sensor_pipeline.measure_state(state, self.estimator)
        observation = {**self._read_terms(measured), **self.sensor_pipeline.corrupt_images(self.image_reader.read())}
        if self.estimator is not None:
            self._estimated_state = measured
            observation.update(self.estimator.read_observation())
        delivered = self.sensor_pipeline.deliver_observation(observation, self.episode_state.steps)
        return {**delivered, **self.instruction_reader.read()}

    def _read_terms(self, state: State) -> Observation:
        """Read the observation groups, without images."""
        return self.observation_reader.read(state)

    def _zero_observation(self) -> Observation:
        boxes = self.observation_space.spaces  # type: ignore[attr-defined]
        return {name: np.zeros(box.shape, box.dtype) for name, box in boxes.items()}
