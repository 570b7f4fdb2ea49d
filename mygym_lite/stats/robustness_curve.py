"""Robustness curve: success over severity, its area, and the retention of success."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mygym_lite.stats.interval import Scores


def compute_area_weights(severities: Sequence[float]) -> Scores:
    """Compute the weight of each level in the area under a curve over severity, by the trapezoid rule; sum 1."""
    levels = np.asarray(severities, dtype=np.float64)
    if levels.size == 1:
        return np.ones(1)
    order = np.argsort(levels)
    steps = np.diff(levels[order])
    weights = np.empty(levels.size)
    weights[order] = (np.append(steps, 0.0) + np.append(0.0, steps)) / (2 * steps.sum())
    return weights


def compute_robustness_area(severities: Sequence[float], rates: ArrayLike) -> float:
    """Compute the area under success over severity, from 0 (never solved) to 1 (solved at every severity).

    It is normalised by the tested severities, nominal (level 0) included; compare runs of the same suite only.

    Args:
        severities: Severities in any order.
        rates: Success rate at each severity.
    """
    return float(np.sum(compute_area_weights(severities) * np.asarray(rates, dtype=np.float64)))


def compute_retention(rate: float, nominal: float) -> float | None:
    """Compute the share of the nominal success that is retained; None if the nominal success is zero.

    Report it beside the success itself: a policy that never succeeds loses nothing.
    """
    return rate / nominal if nominal > 0 else None
