"""Percentile intervals from resamples; resamples in which a statistic is undefined are left out."""

from __future__ import annotations

import numpy as np

from mygym_lite.stats import NO_ESTIMATE, Estimate
from mygym_lite.stats.interval import Scores

_TAIL = 0.025
_MIN_DEFINED = 0.5  # share of resamples in which a statistic must be defined


def estimate_from_resamples(value: float | Scores, resampled: Scores) -> Estimate:
    """Build an estimate with its 95% percentile interval, which always holds the value itself.

    Returns:
        The estimate; without bounds if all resamples agree, so that nothing tells how it varies, or most leave it
        undefined; without a value if the data leave it undefined.
    """
    point = float(value)
    if np.isnan(point):
        return NO_ESTIMATE
    defined = resampled[~np.isnan(resampled)]
    if defined.size < _MIN_DEFINED * max(1, resampled.size) or np.ptp(defined) == 0.0:
        return Estimate(point, None, None)
    low, high = np.quantile(defined, [_TAIL, 1.0 - _TAIL])
    return Estimate(point, min(point, float(low)), max(point, float(high)))
