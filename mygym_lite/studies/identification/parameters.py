"""Free parameters of a fit: numeric fields of a task, their search ranges and scales."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mygym_lite.config.field_path import get_child, get_value, match_paths, split_path
from mygym_lite.config.sampling import resolve
from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError, suggest
from mygym_lite.schema import Location, get_fields

DEFAULT_FREE = ("robot.time_constant", "robot.damping", "robot.friction", "robot.torque_limit", "actuation.delay")
"""Parameters of the arm that free motions may show; those that the data cannot tell keep their values."""
_DELAY = "actuation.delay"
_MAX_DELAY = 0.5  # s, end of the search unless the task declares a longer delay
_RANGE_FACTOR = 10.0  # positive parameters are searched from a tenth to ten times their declared value
_RANDOM = "is random from step to step, which a fit cannot reproduce; free a constant parameter"
_NOT_MOTION = "does not change how joints move; free a parameter of the robot, an object or the physics"
_RATE = "is given by the data; leave it out"
_REFUSED = {
    "actuation.noise": _RANDOM,
    "actuation.repeat": _RANDOM,
    "pushes": _RANDOM,
    "schedules": _RANDOM,
    "sensing": _NOT_MOTION,
    "cameras": _NOT_MOTION,
    "light": _NOT_MOTION,
    "background": _NOT_MOTION,
    "goal": _NOT_MOTION,
    "episode": _RATE,
    "physics.step_hz": _RATE,
}


@dataclass(frozen=True)
class FreeParameter:
    """A number that a fit may change.

    Args:
        path: Path of the field.
        unit: Unit; empty for a plain number.
        declared: Value that the task declares.
        low: Lower end of the search range.
        high: Upper end of the search range.
        bounds: Values that the field allows.
        quantum: Distance of values that differ in simulation; 0 if any two do.
    """

    path: str
    unit: str
    declared: float
    low: float
    high: float
    bounds: tuple[float, float]
    quantum: float = 0.0

    @property
    def is_logarithmic(self) -> bool:
        """True if the search takes equal ratios as equal steps."""
        return self.low > 0.0

    def scale(self, value: float) -> float:
        """Convert a value to its place in the search range, 0 to 1."""
        if self.is_logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def unscale(self, place: float) -> float:
        """Convert a place in the search range, also beyond 0 to 1, to a value within the bounds of the field."""
        if self.is_logarithmic:
            value = self.low * math.exp(place * math.log(self.high / self.low))
        else:
            value = self.low + place * (self.high - self.low)
        return min(max(value, self.bounds[0]), self.bounds[1])

    def is_at_end(self, value: float) -> bool:
        """Tell whether a value is at an end of the search range that is not a bound of the field."""
        place = self.scale(value)
        low, high = self.bounds
        return (place < 0.005 and self.low > low) or (place > 0.995 and self.high < high)


def list_free_parameters(task: Task, free: Sequence[str] = ()) -> list[FreeParameter]:
    """List the parameters that paths name, each as ``PATH`` or ``PATH=LOW:HIGH``; the default ones without any.

    Raises:
        UsageError: A path names no single number, or one that no motion can show.
    """
    task = resolve(task)
    parameters: dict[str, FreeParameter] = {}
    for text in free or DEFAULT_FREE:
        pattern, equals, limits = text.partition("=")
        for path in match_paths(task, pattern.strip(), Location("free")):
            if path in parameters:
                raise UsageError(f"free: {path}: is named twice; name it once")
            parameters[path] = _make_parameter(task, path, _parse_limits(path, limits) if equals else None)
    return list(parameters.values())


def _parse_limits(path: str, text: str) -> tuple[float, float]:
    low, _, high = text.partition(":")
    try:
        limits = float(low), float(high)
    except ValueError:
        raise UsageError(f"free: {path}: '{text}' is no range; write {path}=LOW:HIGH, for example 0.5:2") from None
    if not -math.inf < limits[0] < limits[1] < math.inf:
        raise UsageError(f"free: {path}: {text} is no range; put the lower number first")
    return limits


def _make_parameter(task: Task, path: str, limits: tuple[float, float] | None) -> FreeParameter:
    keys = split_path(path)
    for depth in range(1, len(keys) + 1):
        if reason := _REFUSED.get(".".join(keys[:depth])):
            raise UsageError(f"free: {path}: {reason}{suggest(path, DEFAULT_FREE)}")
    value = get_value(task, path)
    if type(value) is not float:
        kind = "absent" if value is None else "a whole number" if type(value) is int else "not a single number"
        raise UsageError(f"free: {path}: is {kind}, only a single decimal number can be fitted; name another")
    metadata = _get_metadata(task, keys)
    bounds = (float(metadata.get("low", -math.inf)), float(metadata.get("high", math.inf)))
    low, high = limits or _choose_limits(path, value, bounds)
    _check_range(path, value, (low, high), bounds)
    quantum = 1.0 / task.episode.control_hz if path == _DELAY else 0.0
    if quantum:
        value = round(value / quantum) * quantum
    return FreeParameter(
        path, metadata.get("unit") or "", declared=value, low=low, high=high, bounds=bounds, quantum=quantum
    )


def _get_metadata(task: Task, keys: tuple[str, ...]) -> Mapping[str, Any]:
    node: Any = task
    for key in keys[:-1]:
        node = get_child(node, key)
    return get_fields(type(node))[keys[-1]][1]


def _choose_limits(path: str, value: float, bounds: tuple[float, float]) -> tuple[float, float]:
    low, high = bounds
    if path == _DELAY:
        return low, min(high, max(_MAX_DELAY, 2.0 * value))
    if value > 0.0 and low >= 0.0:
        return max(low, value / _RANGE_FACTOR), min(high, value * _RANGE_FACTOR)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UsageError(f"free: {path}: has no bounds to search between; write {path}=LOW:HIGH")
    return low, high


def _check_range(path: str, value: float, limits: tuple[float, float], bounds: tuple[float, float]) -> None:
    for number in limits:
        if not bounds[0] <= number <= bounds[1]:
            raise UsageError(f"free: {path}: {number:g} is outside {bounds[0]:g} to {bounds[1]:g}; narrow the range")
    if not limits[0] <= value <= limits[1]:
        raise UsageError(
            f"free: {path}: the declared value, {value:g}, is outside {limits[0]:g} to {limits[1]:g}; "
            f"widen the range, or set it with --set {path}=VALUE"
        )
