"""How many episodes it takes to say something."""

from __future__ import annotations

import math

from scipy.special import ndtri

from mygym_lite.stats.interval import wilson_interval

_TELLING = 0.5  # an interval wider than half of all that is possible says nothing worth a decision


def compute_interval_width(successes: float, episodes: float, confidence: float = 0.95) -> float:
    """Width of Wilson's interval."""
    low, high = wilson_interval(successes, episodes, confidence)
    return high - low


def compute_required_episodes(interval_width: float, rate: float = 0.5, confidence: float = 0.95) -> int:
    """Episodes after which the interval of a rate is as narrow as wanted.

    Args:
        interval_width: Width of the interval, more than 0.
        rate: What the rate will be; one half, which takes the most, if nobody knows.
        confidence: Of the interval.
    """
    if interval_width >= 1:
        return 0
    square = float(ndtri(0.5 + confidence / 2)) ** 2
    half = square * (interval_width**2 - 2 * rate * (1 - rate))
    root = (-half + math.sqrt(half**2 + interval_width**2 * square**2 * (1 - interval_width**2))) / interval_width**2
    count = max(1, math.floor(root))
    return count if compute_interval_width(rate * count, count, confidence) <= interval_width else count + 1


def warn_if_too_few(episodes: int, confidence: float = 0.95) -> str | None:
    """A warning where so few episodes say too little about a rate, else None."""
    wide = compute_interval_width(episodes / 2, episodes, confidence)
    if wide <= _TELLING:
        return None
    enough = compute_required_episodes(_TELLING, confidence=confidence)
    return (
        f"{episodes} {'episode says' if episodes == 1 else 'episodes say'} little: at a success of 50% the "
        f"{confidence:.0%} interval is {wide:.0%} wide; from {enough} episodes on it is narrower than {_TELLING:.0%}."
    )
