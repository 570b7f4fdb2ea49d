"""What stands between policy and world: stages, each one declared fault with a random stream of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.rng import Rng, make_stream

T = TypeVar("T")
_BLOCK = 64  # steps whose numbers are drawn at once, which is many times cheaper than one by one


class Fault(Protocol[T]):
    """One fault. What it does depends on the task, its stream and the number of the step alone."""

    @property
    def fields(self) -> tuple[str, ...]:
        """It is there if one of these is not nominal; the first one names its stream."""

    def reset(self, task: Task, rng: Rng, /) -> None:
        """Begin an episode."""

    def apply(self, value: T, step: int, /) -> T:
        """What comes out in a step, counted from 0 at the beginning of the episode; steps never go back."""


def start_faults(faults: Sequence[Fault[T]], task: Task, seed: int) -> list[Fault[T]]:
    """The stages that a task calls for, in the order given, ready for the episode."""
    chosen = [stage for stage in faults if any(is_enabled(task, path) for path in stage.fields)]
    for stage in chosen:
        stage.reset(task, make_stream(seed, stage.fields[0].replace(".", "/")))
    return chosen


def apply_faults(faults: Sequence[Fault[T]], value: T, step: int) -> T:
    """What comes out of one stage after the other."""
    for stage in faults:
        value = stage.apply(value, step)
    return value


def is_enabled(task: Task, path: str) -> bool:
    """Whether a number of sensing or actuation, ``sensing.drop``, is not nominal or does not stay so."""
    group, name = path.split(".")
    declared = getattr(task, group)
    value, nominal = getattr(declared, name), getattr(type(declared), name)
    return bool(value != nominal or (value != 0 and path in task.schedules))


def spawn_stream(rng: Rng, name: str) -> Rng:
    """A stream for a named part of what a stage does, such as one camera; it takes nothing from the stage's own."""
    return make_stream(int(rng.bit_generator.seed_seq.generate_state(1, np.uint64)[0]), name)


class Draws:
    """Random numbers, ``width`` for each step: those of a step are the same whether or not others were asked for.

    Args:
        draw: ``rng.random`` or ``rng.standard_normal``.
        width: How many for each step.
    """

    def __init__(self, draw: Callable[[tuple[int, int]], NDArray[Any]], width: int) -> None:
        self._draw, self._width = draw, width
        self._end = 0
        self._rows: list[list[float]] = []

    def at(self, step: int) -> list[float]:
        """The numbers of a step."""
        while step >= self._end:
            self._rows = self._draw((_BLOCK, self._width)).tolist()
            self._end += _BLOCK
        return self._rows[step - self._end]
