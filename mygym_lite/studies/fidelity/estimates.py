"""Percentile intervals from resamples; resamples in which a statistic is undefined are left out."""

from __future__ import annotations

import numpy as np

from mygym_lite.stats import NO_ESTIMATE, Estimate
from mygym_lite.stats.interval import Scores

_TAIL = 0.025
_MIN_DEFINED = 0.5  # share of resamples in which a statistic must be defined


def estimate_from_resamples(value: float | Scores, resampled: Scores, allow_point: bool = False) -> Estimate:
    """Build an estimate with its 95% percentile interval, which always holds the value itself.

    Args:
        value: Value of the data.
        resampled: Value of each resample.
        allow_point: If true, an interval may be a single point, as for a rank statistic whose order is certain.

    Returns:
        The estimate; without bounds if nearly all resamples agree, unless that is allowed, or most leave it undefined;
        without a value if the data leave it undefined.
    """
    point = float(value)
    if np.isnan(point):
        return NO_ESTIMATE
    defined = resampled[~np.isnan(resampled)]
    if defined.size < _MIN_DEFINED * max(1, resampled.size):
        return Estimate(point, None, None)
    low, high = np.quantile(defined, [_TAIL, 1.0 - _TAIL])
    bounds = min(point, float(low)), max(point, float(high))
    return Estimate(point, *bounds) if bounds[0] < bounds[1] or allow_point else Estimate(point, None, None)
