"""Quantiles and means over scenes: the moments of a scene share their luck, so scenes are what is drawn again."""

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
"""The values of each scene, in the order of scenes."""
_LOST = 1e9  # stands for what is infinite, which cannot be interpolated
_FAR = 1e6  # m or rad that nothing measured reaches
_RESAMPLES = 1000
_EXACT = 1e-9


def estimate_quantile(
    conditions: Sequence[SceneValues], probability: float, baseline: Sequence[SceneValues] = ()
) -> Estimate:
    """A quantile, mean over conditions, with its bootstrap interval over scenes; None where it is infinite.

    Args:
        conditions: The values under each; infinite ones lie above all others.
        probability: Which quantile.
        baseline: If given, what is told is how much more it is than under these, of the same scenes.
    """
    here, there = [_Pooled(values) for values in conditions], [_Pooled(values) for values in baseline]
    if not here or any(pooled.empty for pooled in (*here, *there)):
        return NO_ESTIMATE
    scenes = len(conditions[0])

    def statistic(drawn: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
        counts = (drawn[..., None] == np.arange(scenes)).sum(axis=axis - 1)
        mean = np.mean([pooled.quantile(counts, probability) for pooled in here], axis=0)
        return np.asarray(
            mean - (np.mean([pooled.quantile(counts, probability) for pooled in there], axis=0) if there else 0)
        )

    return _finite(stratified_bootstrap([np.arange(scenes)], statistic, resamples=_RESAMPLES))


class _Pooled:
    """The values of all scenes in order, each with its scene."""

    def __init__(self, values: SceneValues) -> None:
        pooled = np.array([min(value, _LOST) for scene in values for value in scene])
        scenes = np.array([number for number, scene in enumerate(values) for _ in scene], np.int64)
        order = np.argsort(pooled, kind="stable")
        self._values, self._scenes = pooled[order], scenes[order]

    @property
    def empty(self) -> bool:
        return len(self._values) == 0

    def quantile(self, counts: NDArray[np.int64], share: float) -> NDArray[np.float64]:
        """Where scenes count so often (..., scenes): between two values the middle, as of the usual median."""
        reached = np.cumsum(counts[..., self._scenes], axis=-1)
        wanted = share * reached[..., -1:]
        low = np.argmax(reached >= wanted - _EXACT, axis=-1)
        high = np.argmax(reached > wanted + _EXACT, axis=-1)
        middle = 0.5 * (self._values[low] + self._values[high])
        return np.where(reached[..., -1] > 0, middle, np.nan)


def _finite(estimate: Estimate) -> Estimate:
    bounds = [x if x is not None and abs(x) < _FAR else None for x in estimate]
    return Estimate(*bounds) if bounds[0] is not None else NO_ESTIMATE


def estimate_mean(values: SceneValues, is_proportion: bool) -> Estimate:
    """The mean of all values, with its interval over scenes.

    Args:
        values: By scene.
        is_proportion: Whether it lies between 0 and 1.
    """
    most = max(map(len, values), default=0)
    table = np.array([[*scene, *[np.nan] * (most - len(scene))] for scene in values]).reshape(len(values), most)
    kept = table[:, ~np.isnan(table).all(axis=0)] if most else table
    scores = compute_seed_scores(kept)
    return proportion_interval(scores) if is_proportion else mean_interval(scores)
