"""Policies whose computation takes simulated time: the world goes on while they compute."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.policies.policy import Policy
from mygym_lite.policies.remote.mapped_policy import MappedPolicy

Action = NDArray[Any]
_WARM_UP, _REPETITIONS = 2, 10  # inferences
_DIGITS = 6  # of a measured latency, s


class LatencyPolicy:
    """Policy whose actions arrive some steps after the observation that they answer.

    It computes one inference at a time. Meanwhile the rest of the last chunk is executed or, without any, the last
    action is repeated; an episode begins with zeros. A chunk loses as many of its first actions as were executed while
    it was computed.

    Args:
        policy: Policy that computes.
        delay: Steps between an observation and its actions, 1 or more.
        size: Size of an action.
    """

    def __init__(self, policy: Policy, delay: int, size: int) -> None:
        self._policy, self._delay, self._size = policy, delay, size
        self._reset_queue()

    def _reset_queue(self) -> None:
        self._ready: list[Action] = []
        self._pending: list[Action] | None = None
        self._waited, self._executed = 0, 0
        self._last: Action = np.zeros(self._size, np.float32)
        self.repeated_actions = 0
        """Steps of the episode at which an action was repeated since no newer one had arrived."""

    def reset(self, seed: int) -> None:
        """Begin an episode with nothing computed."""
        self._reset_queue()
        self._policy.reset(seed)

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Action:
        """Return the action of this step, and start to compute if nothing is computed and few actions are left."""
        if self._pending is not None and self._waited >= self._delay:
            self._ready = self._pending[min(self._executed, len(self._pending) - 1) :]
            self._pending = None
        if self._pending is None and len(self._ready) <= self._delay:
            self._pending, self._waited, self._executed = infer_actions(self._policy, observation), 0, 0
        self._waited += 1
        if self._ready:
            self._last = self._ready.pop(0)
            self._executed += 1
        else:
            self.repeated_actions += 1
        return self._last


def infer_actions(policy: Policy, observation: Mapping[str, NDArray[Any]]) -> list[Action]:
    """Return all actions of one inference: a chunk of a mapped policy, a single action of any other."""
    if isinstance(policy, MappedPolicy):
        return policy.infer(observation)
    return [np.asarray(policy.act(observation))]


def measure_latency(policy: Policy, observation: Mapping[str, NDArray[Any]], seed: int = 0) -> float:
    """Measure the median wall time of an inference on this machine, s."""
    policy.reset(seed)
    seconds = []
    for _ in range(_WARM_UP + _REPETITIONS):
        started = perf_counter()
        infer_actions(policy, observation)
        seconds.append(perf_counter() - started)
    return round(median(seconds[_WARM_UP:]), _DIGITS)
