"""A Gymnasium wrapper: what a policy observes is computed from poses that are seen, not from true ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from mygym_lite.envs.observations import Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.state_estimator import attach_estimator
from mygym_lite.terms import vectors

Action = NDArray[np.float32]


class EstimatedPoses(gym.Wrapper[Observation, Action, Observation, Action], gym.utils.RecordConstructorArgs):
    """Shows where a task's loose objects, and its goal, are seen; reward, success and ``state`` stay true.

    Observations have one more array, ``confidence``: 0 to 1 for each thing, in the task's order, with the goal last.
    Something that has not been seen for a second has confidence 0 and is told to be where the task declares it.
    ``info["perception"]`` says of each thing its ``confidence``, ``position``, ``yaw`` and ``position_deviation`` as
    they are believed, and ``error``, the distance to the truth, m.

    Faults of sensing hold: of cameras for the pictures that are looked at, of joints for where a camera in the hand is
    believed to be, of the calibration between camera and robot for what is seen, and latency for all that is observed.

    Args:
        env: Made by ``mygym_lite.make`` or ``gymnasium.make``; from now on it shows this itself.
        estimator: Trained perception, ``PoseEstimator.load(folder)``.
        cameras: Through which cameras they look; all that they and the task have if left out.
    """

    def __init__(
        self, env: gym.Env[Observation, Action], estimator: PoseEstimator, cameras: Sequence[str] | None = None
    ) -> None:
        gym.utils.RecordConstructorArgs.__init__(self, _disable_deepcopy=True, eyes=estimator, cameras=cameras)
        gym.Wrapper.__init__(self, env)
        if not isinstance(env.unwrapped, TaskEnv):
            raise UsageError(
                f"EstimatedPoses: {type(env.unwrapped).__name__} is no environment of a task of mygym_lite"
            )
        self._task_env, self._eyes = env.unwrapped, estimator
        self.state_estimator = attach_estimator(self._task_env, estimator, cameras)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode, of which nothing was seen before."""
        observation, info = self.env.reset(seed=seed, options=options)
        return observation, {**info, "perception": self._report()}

    def step(self, action: Action) -> tuple[Observation, Any, bool, bool, dict[str, Any]]:
        """Act, and look again."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated, truncated, {**info, "perception": self._report()}

    def _report(self) -> dict[str, dict[str, Any]]:
        believed, true = self._task_env.estimated_state, self._task_env.state
        return {
            name: {
                "confidence": self.state_estimator.tracks[name].confidence,
                "position": believed.position(name),
                "yaw": vectors.compute_yaw(believed.frames[name].rotation),
                "position_deviation": self.state_estimator.tracks[name].deviation,
                "error": math.dist(believed.position(name), true.position(name)),
            }
            for name in self.state_estimator.names
        }

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as what it was made of; what was seen in this episode is seen again."""
        return _restored, (type(self), self.env, self._eyes, self.state_estimator.cameras)


def _restored(
    kind: type[EstimatedPoses], env: gym.Env[Observation, Action], eyes: PoseEstimator, cameras: Sequence[str]
) -> EstimatedPoses:
    restored = kind(env, eyes, cameras)
    memory = restored._task_env.get_state()
    if memory.seed is not None:
        restored._task_env.set_state(memory)
    return restored
