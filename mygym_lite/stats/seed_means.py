"""Means over conditions that share their seeds.

Episode i starts alike in every condition, so a hard start fails in many of them: seeds are independent samples,
conditions are not. A weighted mean over conditions is therefore computed from one score a seed, and its interval from
the spread of these scores.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mygym_lite.stats.interval import Scores


def compute_seed_scores(table: ArrayLike, weights: ArrayLike | None = None) -> Scores:
    """Compute one score a seed, whose mean is the weighted mean over conditions.

    If every seed has every condition, a score is the weighted mean of the seed's values. With missing values it is
    linearised, as in survey statistics for ratios.

    Args:
        table: Seeds (rows) by conditions (columns), NaN for missing values.
        weights: Weights of the conditions; by default every value counts alike.

    Returns:
        Scores of the seeds with a value; empty if a weighted condition has no value at all.
    """
    values = np.asarray(table, dtype=np.float64)
    present = ~np.isnan(values)
    values, present = values[present.any(axis=1)], present[present.any(axis=1)]
    counts = present.sum(axis=0)
    shares = counts / max(1, counts.sum()) if weights is None else np.asarray(weights) / np.sum(weights)
    if values.size == 0 or np.any((counts == 0) & (shares != 0)):
        return np.empty(0)
    filled = np.where(present, values, 0.0)
    scale = shares / np.maximum(counts, 1)
    means = filled.sum(axis=0) / np.maximum(counts, 1)
    deviations = np.where(present, values - means, 0.0)
    scores: Scores = np.sum(means * shares) + len(values) * np.sum(deviations * scale, axis=1)
    return scores
