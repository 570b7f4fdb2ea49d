"""Statistics that a few extreme episodes do not move, and the bootstrap for those without a formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from mygym_lite.stats.interval import NO_ESTIMATE, Estimate, Scores

Statistic = Callable[..., Scores]
"""A function of values and, by the keyword ``axis``, of the axis to go along, such as ``numpy.median`` or ``iqm``."""


def iqm(values: ArrayLike, axis: int = -1) -> Scores:
    """Interquartile mean: of the middle half of the values."""
    from scipy.stats import trim_mean

    return np.asarray(trim_mean(values, 0.25, axis=axis))


def stratified_bootstrap(
    strata: Sequence[ArrayLike],
    statistic: Statistic = iqm,
    seed: int = 0,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> Estimate:
    """A statistic of all values together, with its percentile interval, when each stratum is drawn from itself.

    Percentile bounds are too narrow for few values: the interval of an interquartile mean of three log-normal strata
    covers 89% with 5 values in each, 93.6% with 10 and 94.4% from 20 on. For means ``mean_interval`` does better.

    Args:
        strata: The values of each task or condition.
        statistic: What is estimated.
        seed: Of the resampling.
        confidence: How often the interval shall hold the true statistic.
        resamples: How many.

    Returns:
        No bounds where no stratum has two different values.
    """
    given = [x for x in (np.asarray(stratum, dtype=np.float64) for stratum in strata) if x.size]
    if not given:
        return NO_ESTIMATE
    value = float(statistic(np.concatenate(given), axis=-1))
    if all(np.ptp(x) == 0.0 for x in given):
        return Estimate(value, None, None)
    rng = np.random.default_rng(seed)
    drawn = [x[rng.integers(0, x.size, (resamples, x.size))] for x in given]
    tail = (1 - confidence) / 2
    low, high = np.quantile(statistic(np.concatenate(drawn, axis=-1), axis=-1), [tail, 1 - tail])
    return Estimate(value, float(low), float(high))
