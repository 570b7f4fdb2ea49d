"""Interface of faults: each is declared in the task and has a random stream of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.rng import Rng, make_stream

T = TypeVar("T")
_BLOCK = 64  # steps drawn at once, which is many times cheaper than one by one


class Fault(Protocol[T]):
    """One fault, which depends on the task, its stream and the number of the step alone."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields of the task that enable it if not nominal; the first one names its stream."""

    def reset(self, task: Task, rng: Rng, /) -> None:
        """Begin an episode."""

    def apply(self, value: T, step: int, /) -> T:
        """Apply the fault in a step, counted from 0 at the start of the episode; steps never decrease."""


def start_faults(faults: Sequence[Fault[T]], task: Task, seed: int) -> list[Fault[T]]:
    """Select the faults that a task enables, in the given order, and begin an episode."""
    enabled = [fault for fault in faults if any(is_enabled(task, path) for path in fault.fields)]
    for fault in enabled:
        fault.reset(task, make_stream(seed, fault.fields[0].replace(".", "/")))
    return enabled


def apply_faults(faults: Sequence[Fault[T]], value: T, step: int) -> T:
    """Apply faults one after the other."""
    for fault in faults:
        value = fault.apply(value, step)
    return value


def is_enabled(task: Task, path: str) -> bool:
    """Return True if a field of sensing or actuation, such as ``sensing.drop``, is not nominal throughout."""
    group, name = path.split(".")
    declared = getattr(task, group)
    value, nominal = getattr(declared, name), getattr(type(declared), name)
    return bool(value != nominal or (value != 0 and path in task.schedules))


def spawn_stream(rng: Rng, name: str) -> Rng:
    """Make a stream for a part of a fault, such as one camera, without drawing from the fault's own."""
    return make_stream(int(rng.bit_generator.seed_seq.generate_state(1, np.uint64)[0]), name)


class Draws:
    """Random numbers by step, independent of which steps are queried.

    Args:
        draw: ``rng.random`` or ``rng.standard_normal``.
        width: Number of random numbers of each step.
    """

    def __init__(self, draw: Callable[[tuple[int, int]], NDArray[Any]], width: int) -> None:
        self._draw, self._width = draw, width
        self._end = 0
        self._rows: list[list[float]] = []

    def at(self, step: int) -> list[float]:
        """Return the random numbers of a step."""
        while step >= self._end:
            self._rows = self._draw((_BLOCK, self._width)).tolist()
            self._end += _BLOCK
        return self._rows[step - self._end]
