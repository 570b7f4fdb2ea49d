"""Means over many conditions that share their seeds.

Episode i starts alike in every condition, so a hard start fails in many of them, and conditions are no independent
samples. Seeds are. Whatever is a weighted mean over conditions is therefore turned into one score a seed first, and
the spread of the scores is what its interval comes from.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mygym_lite.stats.interval import Scores


def compute_seed_scores(table: ArrayLike, weights: ArrayLike | None = None) -> Scores:
    """One score for each seed whose mean is the weighted mean over conditions.

    With every seed in every condition a score is the weighted mean of that seed's values. Where seeds are missing it
    is linearised, as survey statistics do for ratios.

    Args:
        table: Seeds (rows) by conditions (columns), NaN where there is no value.
        weights: Of the conditions; by default every value counts alike.

    Returns:
        The scores of the seeds that have a value; none if a condition with weight has no value at all.
    """
    values = np.asarray(table, dtype=np.float64)
    there = ~np.isnan(values)
    values, there = values[there.any(axis=1)], there[there.any(axis=1)]
    counts = there.sum(axis=0)
    shares = counts / max(1, counts.sum()) if weights is None else np.asarray(weights) / np.sum(weights)
    if values.size == 0 or np.any((counts == 0) & (shares != 0)):
        return np.empty(0)
    filled = np.where(there, values, 0.0)
    scale = shares / np.maximum(counts, 1)
    means = filled.sum(axis=0) / np.maximum(counts, 1)
    apart = np.where(there, values - means, 0.0)
    scores: Scores = np.sum(means * shares) + len(values) * np.sum(apart * scale, axis=1)
    return scores
