"""Verbs of variations: distributions of values, relative to the declared one or absolute."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mygym_lite.rng import Rng

ABSOLUTE_VERBS = ("value", "choice", "uniform")  # verbs that ignore the declared value


@dataclass(frozen=True)
class Verb:
    """A distribution: its sampling function, and the extremes of its values."""

    draw: Callable[[Any, Rng, Any], Any]
    extremes: Callable[[Any, Any], list[Any]]


def _sample_uniform(low: Any, high: Any, rng: Rng, like: Any) -> Any:
    """Sample uniformly between two ends, bit-identical to ``rng.uniform`` but without its overhead."""
    if type(like) is int:
        return rng.integers(low, high, endpoint=True)
    if isinstance(low, list):
        if not isinstance(like, tuple) or len(low) != len(like) or isinstance(low[0], list):
            return rng.uniform(low, high, size=np.shape(like) or None)
        return [a + (b - a) * rng.random() for a, b in zip(low, high, strict=True)]
    if not isinstance(like, tuple):
        return low + (high - low) * rng.random()
    if like and isinstance(like[0], tuple):
        return rng.uniform(low, high, size=np.shape(like))
    span = high - low
    return [low + span * rng.random() for _ in like]


def _sample_shift(by: Any, rng: Rng, like: Any) -> Any:
    return _apply(operator.add, like, by if isinstance(by, float | int) else _sample_uniform(by[0], by[1], rng, like))


def _sample_scale(by: Any, rng: Rng, like: Any) -> Any:
    return _apply(operator.mul, like, by if isinstance(by, float | int) else _sample_uniform(by[0], by[1], rng, 0.0))


def _sample_normal(deviation: Any, rng: Rng, like: Any) -> Any:
    """Sample a Gaussian truncated at three standard deviations, which bounds its values."""
    sample = rng.standard_normal(size=np.shape(like))
    while np.any(outside := np.abs(sample) > 3):
        sample = np.where(outside, rng.standard_normal(size=np.shape(like)), sample)
    return np.asarray(like) + np.asarray(deviation) * sample


def _sample_offset(size: float, rng: Rng, like: Any) -> Any:
    """Sample a displacement of fixed length in a random direction."""
    if not np.shape(like):
        return like + size * rng.choice([-1.0, 1.0])
    direction = rng.standard_normal(np.shape(like))
    return np.asarray(like) + size * direction / np.linalg.norm(direction)


def _sample_factor(size: float, rng: Rng, like: Any) -> Any:
    return _apply(operator.mul, like, size if rng.random() < 0.5 else 1 / size)


def _apply(operation: Callable[[Any, Any], Any], like: Any, by: Any) -> Any:
    """Apply an operation to a number, or to each number of a vector."""
    if not isinstance(like, tuple):
        return operation(like, by)
    if like and isinstance(like[0], tuple):
        return operation(np.asarray(like), by)
    return list(map(operation, like, by if isinstance(by, list) else [by] * len(like)))


def _list_ends(by: Any) -> list[Any]:
    return [by] if is_number(by) else [np.asarray(by[0]), np.asarray(by[1])]


def _sample_choice(options: list[Any], rng: Rng, like: Any) -> Any:
    """Choose an option; sample it if it is a distribution of its own."""
    option = options[int(rng.integers(len(options)))]
    if not isinstance(option, Mapping):
        return option
    [(verb, argument)] = option.items()
    return VERBS[verb].draw(argument, rng, like)


def _list_choice_extremes(options: list[Any], like: Any) -> list[Any]:
    extremes: list[Any] = []
    for option in options:
        if isinstance(option, Mapping):
            [(verb, argument)] = option.items()
            extremes += VERBS[verb].extremes(argument, like)
        else:
            extremes.append(option)
    return extremes


VERBS: dict[str, Verb] = {
    "value": Verb(lambda a, _, __: a, lambda a, _: [a]),
    "choice": Verb(_sample_choice, _list_choice_extremes),
    "uniform": Verb(lambda a, rng, v: _sample_uniform(a[0], a[1], rng, v), lambda a, _: [a[0], a[1]]),
    "normal": Verb(_sample_normal, lambda a, v: [np.asarray(v) + s * np.asarray(a) for s in (-3, 3)]),
    "shift": Verb(_sample_shift, lambda a, v: [np.asarray(v) + end for end in _list_ends(a)]),
    "scale": Verb(_sample_scale, lambda a, v: [np.asarray(v) * end for end in _list_ends(a)]),
    "offset": Verb(_sample_offset, lambda a, v: [np.asarray(v) + s * np.asarray(a) for s in (-1, 1)]),
    "factor": Verb(_sample_factor, lambda a, v: [np.asarray(v) * a, np.asarray(v) / a]),
}


def is_number(value: Any) -> bool:
    """Return True for a finite number, which a boolean is not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))
