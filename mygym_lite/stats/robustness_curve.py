"""Robustness curve: success over severity, its area, and the retention of success."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from mygym_lite.stats.interval import Scores

_FLAT_DROP = 0.051  # largest drop of success of a flat curve
_JUMP_DROP = 0.5  # smallest drop between neighboring severities that counts as a jump


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


def classify_curve(points: Sequence[tuple[int, float]]) -> str:
    """Return the shape of success over severity: ``flat``, ``graded`` or ``jumps at N``.

    Args:
        points: Severities in ascending order, the nominal one first, each with its success rate.
    """
    rates = [rate for _, rate in points]
    if rates[0] - min(rates) <= _FLAT_DROP:
        return "flat"
    drops = [before - after for before, after in pairwise(rates)]
    largest = max(drops)
    return f"jumps at {points[drops.index(largest) + 1][0]}" if largest >= _JUMP_DROP else "graded"
