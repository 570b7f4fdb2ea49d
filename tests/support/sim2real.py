"""The suite sim2real, its axes, and its conditions on each task."""

from __future__ import annotations

from functools import cache

from mygym_lite.config.task import Task
from mygym_lite.randomization.condition import Condition
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.terms import load_task

SIM2REAL = load_suite("sim2real")
AXES = {axis.name: axis for axis in SIM2REAL.axes}


@cache
def load_cached_task(name: str) -> Task:
    return load_task(name)


@cache
def build_conditions(name: str) -> tuple[Condition, ...]:
    """Build the conditions of sim2real on a task."""
    return SIM2REAL.build_conditions(load_cached_task(name))


def assert_error_line(message: str, file: str, key: str, remedy: str) -> None:
    """Check that an error is one line that names a file, a key and a remedy."""
    assert "\n" not in message
    assert message.startswith(f"{file}: "), message
    assert key in message, message
    assert remedy in message, message
