"""Conditions on the values that episodes draw: thresholds of numbers, and equality of anything else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.rollout.record import EpisodeRecord

_QUANTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class DrawnCondition:
    """A condition on one drawn value, and the episodes that meet it."""

    text: str
    mask: NDArray[np.bool_]


def list_drawn_conditions(records: Sequence[EpisodeRecord]) -> Iterator[DrawnCondition]:
    """List the conditions on values that all episodes draw."""
    flat = [_flatten(e.varied_values) for e in records]
    for name in flat[0]:
        column = [values.get(name) for values in flat]
        if all(isinstance(value, Real) and not isinstance(value, bool) for value in column):
            yield from _split_numbers(name, np.array(column, dtype=np.float64))
        elif None not in column and len(set(column)) > 1:
            array = np.array([str(value) for value in column])
            yield from (DrawnCondition(f"{name} is {value}", array == value) for value in np.unique(array))


def _split_numbers(name: str, values: NDArray[np.float64]) -> Iterator[DrawnCondition]:
    for threshold in np.unique(np.quantile(values, _QUANTILES)):
        yield DrawnCondition(f"{name} ≤ {threshold:.3g}", values <= threshold)
        yield DrawnCondition(f"{name} > {threshold:.3g}", values > threshold)


def _flatten(values: dict[str, Any]) -> dict[str, Any]:
    """Give each number of a list a name of its own."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, list):
            flat |= _flatten({f"{name}[{index}]": item for index, item in enumerate(value)})
        else:
            flat[name] = value
    return flat
