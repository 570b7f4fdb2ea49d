"""Noise on executed actions, so that demonstrations show how to recover; the labels stay the policy's own actions.

Every ``HOLD_SECONDS`` seconds, each component of the action gets independent normal noise with mean 0 and the declared
standard deviation, held until the next draw. The sum is clipped to [-1, 1] and executed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.policies.policy import Policy
from mygym_lite.rng import make_stream

HOLD_SECONDS = 0.2
"""Time for which a draw is held, s."""
NOISE_STREAM = "record/noise"
"""Random stream of the noise."""
Actions = NDArray[np.float32]


def count_held_actions(control_hz: float) -> int:
    """Count the actions for which a draw is held."""
    return max(1, round(HOLD_SECONDS * control_hz))


def sample_noise(seed: int, steps: int, size: int, deviation: float, control_hz: float) -> Actions:
    """Sample the noise of an episode: (steps, size)."""
    rng, hold = make_stream(seed, NOISE_STREAM), count_held_actions(control_hz)
    draws = [rng.normal(0.0, deviation, size) for _ in range(-(-steps // hold))]
    return np.repeat(np.array(draws, np.float32).reshape(-1, size), hold, axis=0)[:steps]


class NoisyPolicy:
    """Policy whose executed actions are noisy; its own actions are the labels.

    Args:
        policy: Policy that gives the labels.
        steps: Maximal number of actions of an episode.
        size: Number of components of an action.
        deviation: Standard deviation of the noise.
        control_hz: Control frequency, Hz.
    """

    def __init__(self, policy: Policy, steps: int, size: int, deviation: float, control_hz: float) -> None:
        self._policy, self._shape, self._deviation, self._control_hz = policy, (steps, size), deviation, control_hz
        self.labels: list[Actions] = []

    def reset(self, seed: int) -> None:
        """Start an episode."""
        self.labels = []
        self._noise = sample_noise(seed, *self._shape, self._deviation, self._control_hz)
        self._policy.reset(seed)

    def act(self, observation: Any) -> Actions:
        """Return the noisy action, and keep its label."""
        label: Actions = np.asarray(self._policy.act(observation), np.float32).clip(-1.0, 1.0)
        executed: Actions = (label + self._noise[len(self.labels)]).clip(-1.0, 1.0)
        self.labels.append(label)
        return executed
