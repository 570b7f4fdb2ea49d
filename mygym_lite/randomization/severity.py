"""Severities between the declared levels of an axis, and their sampling for several axes at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np

from mygym_lite.config.field_path import find_paths, get_value
from mygym_lite.config.task import Task
from mygym_lite.config.verbs import is_number
from mygym_lite.rng import make_stream

_BLOCK = 64  # episodes of a Latin hypercube
_WITHOUT_EFFECT = {"shift": 0.0, "scale": 1.0, "normal": 0.0, "offset": 0.0, "factor": 1.0}


def sample_severities(seed: int, count: int, highest: float) -> list[float]:
    """Sample the severities of several axes in one episode, from 0 to the highest, by Latin-hypercube sampling.

    In each block of 64 seeds, the severities of an axis lie in 64 strata of equal width, one in each, and those of
    different axes are independent. So an episode depends on its seed alone, and a longer run adds blocks.
    """
    block, index = divmod(seed, _BLOCK)
    rng = make_stream(block, "latin_hypercube")
    strata = np.argsort(rng.random((count, _BLOCK)), axis=1)[:, index]
    shares = (strata + rng.random((count, _BLOCK))[:, index]) / _BLOCK
    return [round(highest * share, 6) for share in shares.tolist()]


def interpolate_argument(
    verb: str, levels: Sequence[Any], severities: Sequence[int], severity: float, nominal: Any
) -> Any | None:
    """Interpolate the argument of a verb between the levels of an axis; None if nothing is varied.

    Below the first level, it is interpolated from the argument without effect. Numbers are interpolated, also those in
    lists of equal length; of anything else, such as names of textures, the nearer level counts.

    Args:
        verb: Verb of the variation.
        levels: Its arguments, one for each severity.
        severities: Severities of the levels, in order.
        severity: Severity, 0 to the last one.
        nominal: Declared value of the field.
    """
    knots, arguments = [0, *severities], [_find_neutral(verb, levels[0], nominal), *levels]
    upper = min(bisect_right(knots, severity), len(knots) - 1)
    share = (severity - knots[upper - 1]) / (knots[upper] - knots[upper - 1])
    return _blend(arguments[upper - 1], arguments[upper], share)


def read_nominal(task: Task, path: str) -> Any:
    """Read the declared value of a field, the first one that a path with a wildcard names."""
    return _to_lists(get_value(task, find_paths(task, path)[0]))


def _find_neutral(verb: str, level: Any, nominal: Any) -> Any:
    """Find the argument with which a verb leaves the declared value as it is; None if there is none."""
    if verb in _WITHOUT_EFFECT:
        return _fill(level, _WITHOUT_EFFECT[verb])
    if verb == "value":
        return nominal
    return [nominal, nominal] if verb == "uniform" else None


def _fill(like: Any, number: float) -> Any:
    return [_fill(item, number) for item in like] if isinstance(like, list) else number


def _blend(lower: Any, upper: Any, share: float) -> Any:
    if is_number(lower) and is_number(upper):
        return round(lower + (upper - lower) * share, 9)
    if _is_array(lower) and _is_array(upper) and np.shape(lower) == np.shape(upper):
        return [_blend(a, b, share) for a, b in zip(lower, upper, strict=True)]
    return lower if share < 0.5 else upper


def _is_array(value: Any) -> bool:
    """Return True for a list of numbers, however deep."""
    return isinstance(value, list) and all(is_number(item) or _is_array(item) for item in value)


def _to_lists(value: Any) -> Any:
    return [_to_lists(item) for item in value] if isinstance(value, tuple | list) else value
