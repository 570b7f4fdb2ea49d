"""Noise on actions, so that demonstrations show how to recover: the policy says what is right, something else is done.

Every ``HOLD_SECONDS`` seconds of an episode each component of the action gets a number of its own, drawn from a normal
distribution with mean 0 and the declared deviation, and keeps it until the next draw. The sum is kept within [-1, 1]
and carried out. What is learned from is the policy's own action.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.variation import make_stream
from mygym_lite.policies.policy import Policy

HOLD_SECONDS = 0.2
"""For how long a draw lasts, s."""
NOISE_STREAM = "record/noise"
"""What the noise of an episode is drawn from, beside the seed."""
Actions = NDArray[np.float32]


def count_held_actions(control_hz: float) -> int:
    """Actions that a draw lasts."""
    return max(1, round(HOLD_SECONDS * control_hz))


def sample_noise(seed: int, steps: int, size: int, deviation: float, control_hz: float) -> Actions:
    """What is added to the actions of an episode: (steps, size)."""
    rng, hold = make_stream(seed, NOISE_STREAM), count_held_actions(control_hz)
    draws = [rng.normal(0.0, deviation, size) for _ in range(-(-steps // hold))]
    return np.repeat(np.array(draws, np.float32).reshape(-1, size), hold, axis=0)[:steps]


class NoisyPolicy:
    """Carries out a policy's actions with noise, and keeps what they were without.

    Args:
        policy: Who says what is right.
        steps: The most actions of an episode.
        size: Numbers of an action.
        deviation: Of the noise.
        control_hz: Actions in a second.
    """

    def __init__(self, policy: Policy, steps: int, size: int, deviation: float, control_hz: float) -> None:
        self._policy, self._shape, self._deviation, self._hertz = policy, (steps, size), deviation, control_hz
        self.labels: list[Actions] = []

    def reset(self, seed: int) -> None:
        """Begin an episode."""
        self.labels = []
        self._noise = sample_noise(seed, *self._shape, self._deviation, self._hertz)
        self._policy.reset(seed)

    def act(self, observation: Any) -> Actions:
        """What is carried out."""
        label: Actions = np.asarray(self._policy.act(observation), np.float32).clip(-1.0, 1.0)
        done: Actions = (label + self._noise[len(self.labels)]).clip(-1.0, 1.0)
        self.labels.append(label)
        return done
