"""Scheduled values: magnitudes of faults over an episode."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.faults import Schedule
from mygym_lite.config.task import Task
from mygym_lite.envs.faults.base import spawn_stream
from mygym_lite.rng import Rng
from mygym_lite.schema import get_fields

Array = NDArray[np.float64]


class ScheduledValue:
    """Value of a field in each step: the declared one, times the factor of its schedule.

    The product is clipped to the bounds of the field; a random walk continues while it is clipped.

    Args:
        task: Task of the episode.
        path: ``sensing.NAME`` or ``actuation.NAME``.
        rng: Stream of the fault; nothing is drawn from it.
    """

    def __init__(self, task: Task, path: str, rng: Rng) -> None:
        group, name = path.split(".")
        declared = getattr(task, group)
        self._value = float(getattr(declared, name))
        self._values: list[float] = []
        schedule = task.schedules.get(path)
        if schedule is not None and schedule.kind != "constant":
            _, bounds = get_fields(type(declared))[name]
            seconds = np.arange(task.max_steps + 1) / task.episode.control_hz
            values = self._value * compute_factors(schedule, seconds, spawn_stream(rng, f"schedules/{path}"))
            self._values = np.clip(values, bounds["low"], bounds["high"]).tolist()

    def at(self, step: int) -> float:
        """Return the value in a step."""
        return self._values[min(step, len(self._values) - 1)] if self._values else self._value


def compute_factors(schedule: Schedule, seconds: Array, rng: Rng) -> Array:
    """Compute the factor at evenly spaced times from 0, s; it starts at 1.

    ``random_walk``: Gaussian steps; the standard deviation after t is size times the root of t. ``drift``: 1 + size t.
    ``cyclic``: 1 + size sin(2 pi t / period).
    """
    if schedule.kind == "random_walk":
        steps = rng.standard_normal(len(seconds) - 1) * np.sqrt(np.diff(seconds))
        change = np.concatenate([[0.0], np.cumsum(steps)])
    elif schedule.kind == "cyclic":
        change = np.sin(2 * np.pi * seconds / schedule.period)
    else:
        change = seconds if schedule.kind == "drift" else np.zeros_like(seconds)
    return np.maximum(1.0 + schedule.size * change, 0.0)
