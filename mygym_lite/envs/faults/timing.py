"""When something arrives: what is late, what stalls, and what is lost."""

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
    """A line in which everything waits for some steps.

    Where the wait grows, the last value comes out again; where it shrinks, values in between are skipped. Never does
    an older one follow a newer.

    Args:
        before: What comes out until the first is old enough: if nothing is given, the first itself.
    """

    def __init__(self, *before: T) -> None:
        self._waiting = deque((-1, value) for value in before)

    def push(self, value: T, step: int, delay: int) -> T:
        """Put a value in; what has waited for so many steps comes out."""
        self._waiting.append((step, value))
        while len(self._waiting) > 1 and self._waiting[1][0] <= step - delay:
            self._waiting.popleft()
        return self._waiting[0][1]


class FaultBursts:
    """When a fault lasts: in each step outside a spell, one begins with a probability; it lasts for whole steps."""

    def __init__(self, probability: ScheduledValue, steps: ScheduledValue, rng: Rng) -> None:
        self._chance, self._steps = probability, steps
        self._draws = Draws(rng.random, 1)
        self._left = 0

    def advance(self, step: int) -> bool:
        """Whether this step is in a spell; to be asked once in each."""
        self._left = max(0, self._left - 1)
        if self._left == 0 and self._draws.at(step)[0] < self._chance.at(step):
            self._left = round(self._steps.at(step))
        return self._left > 0


class Latency:
    """Everything observed is some steps old; in the first ones it is what was seen when the episode began."""

    fields = ("sensing.latency",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._hz = task.episode.control_hz
        self._seconds = ScheduledValue(task, "sensing.latency", rng)
        self._line: DelayLine[Observation] = DelayLine()

    def apply(self, value: Observation, step: int) -> Observation:
        """The observation of some steps ago."""
        return self._line.push(value, step, round(self._seconds.at(step) * self._hz))


class Stuck:
    """Sensing stalls: the last observation is delivered again."""

    fields = ("sensing.stuck",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        steps = ScheduledValue(task, "sensing.stuck_steps", rng)
        self._spells = FaultBursts(ScheduledValue(task, "sensing.stuck", rng), steps, rng)
        self._last: Observation | None = None

    def apply(self, value: Observation, step: int) -> Observation:
        """The observation, or the one before; an episode that begins stuck repeats its first."""
        if not self._spells.advance(step) or self._last is None:
            self._last = value
        return self._last


class Drop:
    """Everything observed is lost: zeros, which in depth means that nothing was seen."""

    fields = ("sensing.drop",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        steps = ScheduledValue(task, "sensing.drop_steps", rng)
        self._spells = FaultBursts(ScheduledValue(task, "sensing.drop", rng), steps, rng)

    def apply(self, value: Observation, step: int) -> Observation:
        """The observation, or zeros in its place."""
        if not self._spells.advance(step):
            return value
        return {name: np.zeros_like(array) for name, array in value.items()}
