"""Gymnasium wrapper whose observations are computed from estimated instead of ground-truth poses."""

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
    """Estimates the poses of a task's loose objects and goal; reward, success and ``state`` stay ground truth.

    Observations have an additional array ``confidence``, 0 to 1 for each target in the task's order, the goal last. A
    target unseen for a second has confidence 0 and falls back to its declared pose. ``info["perception"]`` holds for
    each target the estimated ``confidence``, ``position``, ``yaw`` and ``position_deviation``, and ``error``, the
    distance to the ground truth, m.

    Sensor faults apply: camera faults to the images, joint faults to the nominal pose of a wrist camera, hand-eye
    miscalibration to the estimates, and latency to all observations.

    Args:
        env: Environment of ``mygym_lite.make`` or ``gymnasium.make``; the estimator stays attached to it.
        estimator: Trained estimator, ``PoseEstimator.load(folder)``.
        cameras: Names of the cameras to use; by default all that both the estimator and the task have.
    """

    def __init__(
        self, env: gym.Env[Observation, Action], estimator: PoseEstimator, cameras: Sequence[str] | None = None
    ) -> None:
        gym.utils.RecordConstructorArgs.__init__(self, _disable_deepcopy=True, estimator=estimator, cameras=cameras)
        gym.Wrapper.__init__(self, env)
        if not isinstance(env.unwrapped, TaskEnv):
            raise UsageError(f"EstimatedPoses: {type(env.unwrapped).__name__} is not an environment of mygym_lite")
        self._task_env, self._estimator = env.unwrapped, estimator
        self.state_estimator = attach_estimator(self._task_env, estimator, cameras)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start an episode with all targets unseen."""
        observation, info = self.env.reset(seed=seed, options=options)
        return observation, {**info, "perception": self._describe_estimates()}

    def step(self, action: Action) -> tuple[Observation, Any, bool, bool, dict[str, Any]]:
        """Execute an action, and update the estimates."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated, truncated, {**info, "perception": self._describe_estimates()}

    def _describe_estimates(self) -> dict[str, dict[str, Any]]:
        estimated, true, tracks = self._task_env.estimated_state, self._task_env.state, self.state_estimator.tracks
        return {
            name: {
                "confidence": tracks[name].confidence,
                "position": estimated.position(name),
                "yaw": vectors.compute_yaw(estimated.frames[name].rotation),
                "position_deviation": tracks[name].deviation,
                "error": math.dist(estimated.position(name), true.position(name)),
            }
            for name in self.state_estimator.names
        }

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the constructor's arguments; the estimates of the running episode are computed again."""
        return _restore, (type(self), self.env, self._estimator, self.state_estimator.cameras)


def _restore(
    kind: type[EstimatedPoses], env: gym.Env[Observation, Action], estimator: PoseEstimator, cameras: Sequence[str]
) -> EstimatedPoses:
    wrapper = kind(env, estimator, cameras)
    state = wrapper._task_env.get_state()
    if state.seed is not None:
        wrapper._task_env.set_state(state)
    return wrapper
