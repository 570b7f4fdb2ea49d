"""Faults of timing: latency, stalls and losses of observations, and the delay line."""

from __future__ import annotations

from collections import deque
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.envs.faults.base import Draws
from mygym_lite.envs.faults.schedule import ScheduledValue
from mygym_lite.rng import Rng

T = TypeVar("T")
Observation = dict[str, NDArray[Any]]


class DelayLine(Generic[T]):
    """Delay line.

    If the delay grows, the last value is repeated; if it shrinks, values in between are skipped. An older value never
    follows a newer one.

    Args:
        initial: Value until the first one is due; by default the first one itself.
    """

    def __init__(self, *initial: T) -> None:
        self._queue = deque((-1, value) for value in initial)

    def push(self, value: T, step: int, delay: int) -> T:
        """Push a value, and return the one that is due after a delay, steps."""
        self._queue.append((step, value))
        while len(self._queue) > 1 and self._queue[1][0] <= step - delay:
            self._queue.popleft()
        return self._queue[0][1]


class FaultBursts:
    """Bursts of a fault: in each step outside a burst, one begins with some probability and lasts for some steps."""

    def __init__(self, probability: ScheduledValue, steps: ScheduledValue, rng: Rng) -> None:
        self._probability, self._steps = probability, steps
        self._draws = Draws(rng.random, 1)
        self._remaining = 0

    def advance(self, step: int) -> bool:
        """Advance by a step, and return True within a burst; call it once a step."""
        self._remaining = max(0, self._remaining - 1)
        if self._remaining == 0 and self._draws.at(step)[0] < self._probability.at(step):
            self._remaining = round(self._steps.at(step))
        return self._remaining > 0


class Latency:
    """Latency of observations; the first steps repeat the observation of the start."""

    fields = ("sensing.latency",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._hz = task.episode.control_hz
        self._seconds = ScheduledValue(task, "sensing.latency", rng)
        self._line: DelayLine[Observation] = DelayLine()

    def apply(self, value: Observation, step: int) -> Observation:
        """Return the observation that is due."""
        return self._line.push(value, step, round(self._seconds.at(step) * self._hz))


class Stuck:
    """Stalls: the last observation is repeated for a burst of steps."""

    fields = ("sensing.stuck",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        steps = ScheduledValue(task, "sensing.stuck_steps", rng)
        self._bursts = FaultBursts(ScheduledValue(task, "sensing.stuck", rng), steps, rng)
        self._last: Observation | None = None

    def apply(self, value: Observation, step: int) -> Observation:
        """Return the observation, or the last one before the burst."""
        if not self._bursts.advance(step) or self._last is None:
            self._last = value
        return self._last


class Drop:
    """Losses: observations are zero for a burst of steps."""

    fields = ("sensing.drop",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        steps = ScheduledValue(task, "sensing.drop_steps", rng)
        self._bursts = FaultBursts(ScheduledValue(task, "sensing.drop", rng), steps, rng)

    def apply(self, value: Observation, step: int) -> Observation:
        """Return the observation, or zeros."""
        if not self._bursts.advance(step):
            return value
        return {name: np.zeros_like(array) for name, array in value.items()}
