"""Confidence intervals of a rate and of a mean, with their coverage measured at the sizes of evaluations."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mygym_lite.stats.distributions import compute_normal_quantile, compute_t_quantile

Scores = NDArray[np.float64]
_NO_SKEWNESS = 1e-6  # skewness of a mean below which Hall's transformation is the identity


class Estimate(NamedTuple):
    """Estimate with its confidence interval; None where the data allow none."""

    value: float | None
    low: float | None
    high: float | None


NO_ESTIMATE = Estimate(None, None, None)


def wilson_interval(successes: float, episodes: float, confidence: float = 0.95) -> tuple[float, float]:
    """Compute Wilson's interval of a success rate; (0, 1) without episodes.

    The exact interval is wider than necessary, and the normal one is a point if all episodes end alike. Successes are
    discrete, so no interval covers every rate equally often: over rates from 0.05 to 0.95 this one covers 95.7% on
    average with 5 episodes and 95.0% with 200; at the worst rate it covers 90% with 5 or 10 episodes, and 93% from 20.

    Args:
        successes: Number of successes; a fraction if episodes are weighted.
        episodes: Number of episodes.
        confidence: Confidence level.
    """
    if not episodes:
        return 0.0, 1.0
    return _compute_wilson(
        float(successes) / float(episodes), float(episodes), compute_normal_quantile(0.5 + confidence / 2)
    )


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Estimate the mean of independent values with Hall's interval, never narrower than Student's.

    Forces and times are skewed. Student's interval is then too low and covers too rarely, as do the percentile and the
    BCa bootstrap with few values. Hall's cubic transformation of Student's t corrects for the skewness; it covers like
    the studentised bootstrap, without random numbers. With 10 to 200 values of normal, gamma, exponential or moderately
    log-normal shape it covers 93% to 97%, with 5 values 92.5% to 97%. It falls short if rare values are many times the
    others: for a log-normal shape with a sigma of 1 below 20 values; if one in ten is six times as large, below 50.

    Args:
        values: One value an episode.
        confidence: Confidence level.

    Returns:
        The estimate, without bounds if there are no two different values.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        return NO_ESTIMATE
    mean = float(array.mean())
    if np.ptp(array) == 0.0:
        return Estimate(mean, None, None)
    error, t = _compute_standard_error(array), compute_t_quantile(array.size - 1, 0.5 + confidence / 2)
    skewness = _compute_skewness(array) / math.sqrt(array.size)
    return Estimate(
        mean,
        mean - error * max(t, _transform_quantile(t, skewness)),
        mean - error * min(-t, _transform_quantile(-t, skewness)),
    )


def proportion_interval(scores: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Estimate a proportion, between 0 and 1, from independent scores, such as the success over many conditions.

    It is Wilson's interval for the number of trials that would have the same variance, with Student's t for the few
    scores that this is estimated from. Scores that are all equal count as one trial each. For success over the
    severities of an axis it covers 96.6% with 5 seeds and 94.7% to 95.9% with 10 to 200.

    Args:
        scores: One score a seed; a single score may lie outside 0 to 1, their mean may not.
        confidence: Confidence level.
    """
    array = np.asarray(scores, dtype=np.float64)
    if array.size == 0:
        return NO_ESTIMATE
    proportion = min(1.0, max(0.0, float(array.mean())))
    if np.ptp(array) == 0.0 or proportion in (0.0, 1.0):
        return Estimate(proportion, *wilson_interval(proportion * array.size, array.size, confidence))
    trials = proportion * (1.0 - proportion) / _compute_standard_error(array) ** 2
    return Estimate(
        proportion, *_compute_wilson(proportion, trials, compute_t_quantile(array.size - 1, 0.5 + confidence / 2))
    )


def _compute_wilson(rate: float, trials: float, quantile: float) -> tuple[float, float]:
    spread = quantile * quantile / trials
    middle = (rate + spread / 2) / (1 + spread)
    half = math.sqrt(rate * (1 - rate) * spread + spread * spread / 4) / (1 + spread)
    return max(0.0, min(rate, middle - half)), min(1.0, max(rate, middle + half))


def _compute_standard_error(values: Scores) -> float:
    return float(values.std(ddof=1)) / math.sqrt(values.size)


def _compute_skewness(values: Scores) -> float:
    """Compute the skewness, corrected for the number of values."""
    count, deviations = values.size, values - values.mean()
    skewness = float(np.mean(deviations**3)) / float(np.mean(deviations**2)) ** 1.5
    return float(skewness * math.sqrt(count * (count - 1)) / max(1, count - 2))


def _transform_quantile(quantile: float, skewness: float) -> float:
    """Transform a quantile of Student's t by the skewness of the mean (Hall)."""
    if abs(skewness) < _NO_SKEWNESS:
        return quantile
    return 3 / skewness * (float(np.cbrt(1 + skewness * (quantile - skewness / 6))) - 1)
