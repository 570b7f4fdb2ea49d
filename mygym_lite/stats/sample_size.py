"""Sample size: width of the interval of a rate, and the episodes required for it."""

from __future__ import annotations

import math

from mygym_lite.stats.distributions import compute_normal_quantile
from mygym_lite.stats.interval import wilson_interval

_WIDEST = 0.5  # width beyond which an interval supports no decision


def compute_interval_width(successes: float, episodes: float, confidence: float = 0.95) -> float:
    """Compute the width of Wilson's interval."""
    low, high = wilson_interval(successes, episodes, confidence)
    return high - low


def compute_required_episodes(interval_width: float, rate: float = 0.5, confidence: float = 0.95) -> int:
    """Compute the number of episodes after which the interval of a rate has some width.

    Args:
        interval_width: Width of the interval, above 0.
        rate: Expected rate; one half, which takes the most episodes, if unknown.
        confidence: Confidence level.
    """
    if interval_width >= 1:
        return 0
    square = compute_normal_quantile(0.5 + confidence / 2) ** 2
    half = square * (interval_width**2 - 2 * rate * (1 - rate))
    root = (-half + math.sqrt(half**2 + interval_width**2 * square**2 * (1 - interval_width**2))) / interval_width**2
    count = max(1, math.floor(root))
    return count if compute_interval_width(rate * count, count, confidence) <= interval_width else count + 1


def warn_if_too_few(episodes: int, confidence: float = 0.95) -> str | None:
    """Return a warning if the number of episodes is too small for a rate, else None."""
    width = compute_interval_width(episodes / 2, episodes, confidence)
    if width <= _WIDEST:
        return None
    required = compute_required_episodes(_WIDEST, confidence=confidence)
    return (
        f"{episodes} {'episode says' if episodes == 1 else 'episodes say'} little: at a success of 50% the "
        f"{confidence:.0%} interval is {width:.0%} wide; from {required} episodes on it is narrower than {_WIDEST:.0%}."
    )
