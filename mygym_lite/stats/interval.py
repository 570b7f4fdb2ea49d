"""Intervals of one rate and of one mean, with a coverage that was measured at the sizes that evaluations have."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

Scores = NDArray[np.float64]
_STRAIGHT = 1e-6  # skewness of a mean below which Hall's curve is a straight line to the last digit that counts


class Estimate(NamedTuple):
    """A number and the interval that holds the true one; None where the data say nothing."""

    value: float | None
    low: float | None
    high: float | None


NO_ESTIMATE = Estimate(None, None, None)


def wilson_interval(successes: float, episodes: float, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a success rate; from no episode, anything is possible.

    It was chosen over the exact interval, which is wider than it need be, and over the normal one, which is a point
    where all episodes end alike. Successes move in steps, so no interval covers every rate equally often: over rates
    from 0.05 to 0.95 this one covers 95.7% on average with 5 episodes and 95.0% with 200; at the worst single rate it
    covers 90% with 5 or 10 episodes, and 93% from 20 on.

    Args:
        successes: How many; a fraction where episodes are weighted.
        episodes: Of how many.
        confidence: How often the interval shall hold the true rate.
    """
    if not episodes:
        return 0.0, 1.0
    return _wilson(float(successes) / float(episodes), float(episodes), float(ndtri(0.5 + confidence / 2)))


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> Estimate:
    """The mean of independent values, with Hall's interval, but never a narrower one than Student's.

    Forces and times are skewed. Student's interval then lies too low and covers too seldom, and so do the percentile
    and the BCa bootstrap with few values. Hall's cubic transformation of Student's t corrects for the skewness; it
    covers as the studentised bootstrap does, needs no random numbers, and says the same every time. With 10 to 200
    values of normal, gamma, exponential or moderately log-normal shape it covers 93% to 97%, and with 5 values 92.5%
    to 97%. Where rare values are many times the others it falls short, as every method does that has not seen them:
    for a log-normal shape with a sigma of 1 below 20 values, where one in ten is six times as large below 50.

    Args:
        values: What was measured, one number an episode.
        confidence: How often the interval shall hold the true mean.

    Returns:
        No bounds from fewer than two values, or from equal ones: they show no spread to reason from.
    """
    given = np.asarray(values, dtype=np.float64)
    if given.size == 0:
        return NO_ESTIMATE
    mean = float(given.mean())
    if np.ptp(given) == 0.0:
        return Estimate(mean, None, None)
    error, t = _standard_error(given), float(stdtrit(given.size - 1, 0.5 + confidence / 2))
    skewness = _skewness(given) / math.sqrt(given.size)
    return Estimate(mean, mean - error * max(t, _hall(t, skewness)), mean - error * min(-t, _hall(-t, skewness)))


def proportion_interval(scores: ArrayLike, confidence: float = 0.95) -> Estimate:
    """The mean of independent scores that is a share, between 0 and 1, such as the success over many conditions.

    It is Wilson's interval for as many plain trials as would scatter so much, with Student's t for the few scores
    they were estimated from. Scores that are all equal count as one trial each. For success over the severities of an
    axis it covers 96.6% with 5 seeds and 94.7% to 95.9% with 10 to 200.

    Args:
        scores: One number a seed; single ones may leave 0 to 1, their mean may not.
        confidence: How often the interval shall hold the true share.
    """
    given = np.asarray(scores, dtype=np.float64)
    if given.size == 0:
        return NO_ESTIMATE
    share = min(1.0, max(0.0, float(given.mean())))
    if np.ptp(given) == 0.0 or share in (0.0, 1.0):
        return Estimate(share, *wilson_interval(share * given.size, given.size, confidence))
    trials = share * (1.0 - share) / _standard_error(given) ** 2
    return Estimate(share, *_wilson(share, trials, float(stdtrit(given.size - 1, 0.5 + confidence / 2))))


def _wilson(rate: float, trials: float, quantile: float) -> tuple[float, float]:
    spread = quantile * quantile / trials
    middle = (rate + spread / 2) / (1 + spread)
    half = math.sqrt(rate * (1 - rate) * spread + spread * spread / 4) / (1 + spread)
    return max(0.0, min(rate, middle - half)), min(1.0, max(rate, middle + half))


def _standard_error(values: Scores) -> float:
    return float(values.std(ddof=1)) / math.sqrt(values.size)


def _skewness(values: Scores) -> float:
    """Corrected for the number of values."""
    count, apart = values.size, values - values.mean()
    plain = float(np.mean(apart**3)) / float(np.mean(apart**2)) ** 1.5
    return float(plain * math.sqrt(count * (count - 1)) / max(1, count - 2))


def _hall(quantile: float, skewness: float) -> float:
    """The quantile of Student's t that belongs to a mean of this skewness."""
    if abs(skewness) < _STRAIGHT:
        return quantile
    return 3 / skewness * (float(np.cbrt(1 + skewness * (quantile - skewness / 6))) - 1)
