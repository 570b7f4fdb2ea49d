"""Action noise, which makes demonstrations show how to recover: the label stays the policy's own action.

Every ``HOLD_SECONDS`` of an episode each component of the action gets a normally distributed offset with mean 0 and the
declared standard deviation, and keeps it until the next draw; noise that changed at every step would average out. The
executed action is the sum, clipped to [-1, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.policies.policy import Policy
from mygym_lite.rng import make_stream

HOLD_SECONDS = 0.2
"""Time for which an offset is held, s."""
RECORDING_NOISE = "record/noise"
"""Random stream of recorded demonstrations."""
IMITATION_NOISE = "imitate/noise"
"""Random stream of demonstrations that a learner collects itself."""
Action = NDArray[np.float32]
ActionSelector = Callable[[int, Any, Action], Any]
"""From step, observation and label to the action that is executed."""


def sample_noise(stream: str, seed: int, task: Task, size: int, deviation: float) -> Action:
    """Sample the offsets of one episode.

    Args:
        stream: Name of the random stream, ``RECORDING_NOISE`` or ``IMITATION_NOISE``.
        seed: Seed of the episode.
        task: Task whose episodes are played.
        size: Number of components of an action.
        deviation: Standard deviation of the offsets.

    Returns:
        Offsets of each action that an episode can have, (steps, size).
    """
    hold = max(1, round(HOLD_SECONDS * task.episode.control_hz))
    draws = make_stream(seed, stream).normal(0.0, deviation, (-(-task.max_steps // hold), size))
    return np.repeat(draws.astype(np.float32), hold, axis=0)[: task.max_steps]


class LabellingPolicy:
    """Policy that keeps an expert's actions as labels, and executes what ``select_action`` makes of them."""

    def __init__(self, expert: Policy, select_action: ActionSelector) -> None:
        self._expert, self._select_action = expert, select_action
        self.labels: list[Action] = []

    def reset(self, seed: int) -> None:
        """Begin an episode without labels."""
        self.labels = []
        self._expert.reset(seed)

    def act(self, observation: Any) -> Any:
        """Label the observation, and return the action to execute."""
        label: Action = np.asarray(self._expert.act(observation), np.float32).clip(-1.0, 1.0)
        self.labels.append(label)
        return self._select_action(len(self.labels) - 1, observation, label)


class NoisyPolicy(LabellingPolicy):
    """Policy with action noise.

    Args:
        policy: Policy whose actions are the labels.
        stream: Name of the random stream, ``RECORDING_NOISE`` or ``IMITATION_NOISE``.
        task: Task whose episodes are played.
        size: Number of components of an action.
        deviation: Standard deviation of the noise.
    """

    def __init__(self, policy: Policy, stream: str, task: Task, size: int, deviation: float) -> None:
        super().__init__(policy, self._add_noise)
        self._stream, self._task, self._size, self._deviation = stream, task, size, deviation

    def reset(self, seed: int) -> None:
        """Begin an episode with its own noise."""
        self._noise = sample_noise(self._stream, seed, self._task, self._size, self._deviation)
        super().reset(seed)

    def _add_noise(self, step: int, _observation: Any, label: Action) -> Action:
        noisy: Action = (label + self._noise[step]).clip(-1.0, 1.0)
        return noisy
