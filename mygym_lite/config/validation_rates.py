"""Validation of the rates and durations of an episode."""

from __future__ import annotations

from mygym_lite.config.task import Task
from mygym_lite.schema import Location


def check_rates(task: Task, where: Location) -> None:
    """Check that control divides the physics rate, and that an episode has at least one action."""
    step, control = task.physics.step_hz, task.episode.control_hz
    if abs(step / control - round(step / control)) > 1e-9 or step < control:
        divisor = _find_divisor(step, control)
        raise where.at("episode", "control_hz").error(
            f"{control:g} Hz does not divide physics.step_hz, {step:g} Hz; use for example {divisor:g}"
        )
    if task.max_steps < 1:
        raise where.at("episode", "seconds").error(
            f"{task.episode.seconds:g} s is shorter than one action at {control:g} Hz; use {1 / control:g} s or more"
        )
    if task.episode.hold_seconds > task.episode.seconds:
        raise where.at("episode", "hold_seconds").error(
            f"{task.episode.hold_seconds:g} s is longer than the episode, {task.episode.seconds:g} s; shorten it"
        )


def _find_divisor(step: float, control: float) -> float:
    """Find the nearest rate that divides the physics rate and has an exact short decimal form."""
    rates = (step / count for count in range(1, int(step) + 1))
    exact = (rate for rate in rates if float(f"{rate:g}") == rate)
    return min(exact, key=lambda rate: abs(rate - control), default=step)
