"""What is left of success as the world drifts from the declared one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mygym_lite.stats.interval import Scores


def compute_area_weights(severities: Sequence[float]) -> Scores:
    """How much each level counts in the area under a curve over severity, by the trapezoid rule; they sum to 1."""
    given = np.asarray(severities, dtype=np.float64)
    if given.size == 1:
        return np.ones(1)
    order = np.argsort(given)
    steps = np.diff(given[order])
    weights = np.empty(given.size)
    weights[order] = (np.append(steps, 0.0) + np.append(0.0, steps)) / (2 * steps.sum())
    return weights


def compute_robustness_area(severities: Sequence[float], rates: ArrayLike) -> float:
    """Area under success over severity, from 0 (never solved) to 1 (always solved, whatever the severity).

    It is normalised by the severities that were tested, nominal (level 0) included, so a suite with fewer levels can
    be told beside a whole one; only runs of one suite should be compared by it.

    Args:
        severities: In any order.
        rates: Success at each of them.
    """
    return float(np.sum(compute_area_weights(severities) * np.asarray(rates, dtype=np.float64)))


def compute_retention(rate: float, nominal: float) -> float | None:
    """Share of the nominal success that is left; None where there was none to lose.

    Always tell it beside the success itself: a policy that does nothing loses nothing.
    """
    return rate / nominal if nominal > 0 else None
