"""Quantiles and means over scenes; scenes are resampled whole, since the moments of one are correlated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mygym_lite.stats import (
    NO_ESTIMATE,
    Estimate,
    compute_seed_scores,
    mean_interval,
    proportion_interval,
    stratified_bootstrap,
)

SceneValues = Sequence[Sequence[float]]
"""Values of each scene, in the order of scenes."""
_INFINITE = 1e9  # stands for infinity, which cannot be interpolated
_UNREACHABLE = 1e6  # m or rad above any measured value
_RESAMPLES = 1000
_TOLERANCE = 1e-9


def estimate_quantile(
    conditions: Sequence[SceneValues], probability: float, baseline: Sequence[SceneValues] = ()
) -> Estimate:
    """Estimate a quantile, averaged over conditions, with its bootstrap interval over scenes; None if infinite.

    Args:
        conditions: Values under each condition; infinite ones are above all others.
        probability: Probability of the quantile.
        baseline: Conditions on the same scenes to subtract, if any.
    """
    varied, base = [_PooledValues(values) for values in conditions], [_PooledValues(values) for values in baseline]
    if not varied or any(pooled.is_empty for pooled in (*varied, *base)):
        return NO_ESTIMATE
    scenes = len(conditions[0])

    def statistic(sampled: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
        counts = (sampled[..., None] == np.arange(scenes)).sum(axis=axis - 1)
        mean, base_mean = (
            np.mean([pooled.compute_quantile(counts, probability) for pooled in group], axis=0) if group else 0
            for group in (varied, base)
        )
        return np.asarray(mean - base_mean)

    return _drop_infinite(stratified_bootstrap([np.arange(scenes)], statistic, resamples=_RESAMPLES))


class _PooledValues:
    """Sorted values of all scenes, each with the number of its scene."""

    def __init__(self, values: SceneValues) -> None:
        pooled = np.array([min(value, _INFINITE) for scene in values for value in scene])
        scenes = np.array([number for number, scene in enumerate(values) for _ in scene], np.int64)
        order = np.argsort(pooled, kind="stable")
        self._values, self._scenes = pooled[order], scenes[order]

    @property
    def is_empty(self) -> bool:
        return len(self._values) == 0

    def compute_quantile(self, counts: NDArray[np.int64], probability: float) -> NDArray[np.float64]:
        """Compute a quantile with scenes weighted by counts (..., scenes); between two values, their midpoint."""
        cumulative = np.cumsum(counts[..., self._scenes], axis=-1)
        rank = probability * cumulative[..., -1:]
        low = np.argmax(cumulative >= rank - _TOLERANCE, axis=-1)
        high = np.argmax(cumulative > rank + _TOLERANCE, axis=-1)
        middle = 0.5 * (self._values[low] + self._values[high])
        return np.where(cumulative[..., -1] > 0, middle, np.nan)


def _drop_infinite(estimate: Estimate) -> Estimate:
    bounds = [x if x is not None and abs(x) < _UNREACHABLE else None for x in estimate]
    return Estimate(*bounds) if bounds[0] is not None else NO_ESTIMATE


def estimate_mean(values: SceneValues, is_proportion: bool) -> Estimate:
    """Estimate the mean of all values, with its interval over scenes.

    Args:
        values: Values of each scene.
        is_proportion: If true, use the interval of a proportion, between 0 and 1.
    """
    width = max(map(len, values), default=0)
    table = np.array([[*scene, *[np.nan] * (width - len(scene))] for scene in values]).reshape(len(values), width)
    scores = compute_seed_scores(table[:, ~np.isnan(table).all(axis=0)] if width else table)
    return proportion_interval(scores) if is_proportion else mean_interval(scores)
