"""Effects of several factors that were varied together: main effects and interactions on success."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mygym_lite.stats.interval import NO_ESTIMATE, Estimate, wilson_interval
from mygym_lite.stats.paired import proportion_difference

Flags = NDArray[np.bool_]


def compute_main_effect(success: Flags, is_high: Flags, confidence: float = 0.95) -> Estimate:
    """Estimate the difference of success with a factor high and low, with Newcombe's interval.

    Args:
        success: Success of each episode.
        is_high: True where the factor is high.
        confidence: Confidence level.
    """
    (high, high_count), (low, low_count) = (_count(success, mask) for mask in (is_high, ~is_high))
    return proportion_difference(high, high_count, low, low_count, confidence)


def compute_interaction(success: Flags, is_high_a: Flags, is_high_b: Flags, confidence: float = 0.95) -> Estimate:
    """Estimate the interaction of two factors: the effect of one with the other high, minus that with the other low.

    It is negative where both together cost more success than the sum of each alone. Effects are differences of
    success, so the interaction is 0 where losses add up. The interval combines Wilson's intervals of the four rates as
    Newcombe's does those of two (MOVER, Zou and Donner 2008).

    Args:
        success: Success of each episode.
        is_high_a: True where the first factor is high.
        is_high_b: True where the second factor is high.
        confidence: Confidence level.
    """
    masks = (is_high_a & is_high_b, is_high_a & ~is_high_b, ~is_high_a & is_high_b, ~is_high_a & ~is_high_b)
    return _combine_rates([_count(success, mask) for mask in masks], (1, -1, -1, 1), confidence)


def _count(success: Flags, mask: Flags) -> tuple[int, int]:
    """Count the successes and the episodes of a part of the episodes."""
    return int(np.sum(success & mask)), int(np.sum(mask))


def _combine_rates(counts: Sequence[tuple[int, int]], signs: Sequence[int], confidence: float) -> Estimate:
    """Estimate a sum and difference of independent success rates."""
    if not all(episodes for _, episodes in counts):
        return NO_ESTIMATE
    value, below, above = 0.0, 0.0, 0.0
    for (successes, episodes), sign in zip(counts, signs, strict=True):
        rate = successes / episodes
        low, high = wilson_interval(successes, episodes, confidence)
        down, up = (rate - low, high - rate) if sign > 0 else (high - rate, rate - low)
        value, below, above = value + sign * rate, math.hypot(below, down), math.hypot(above, up)
    return Estimate(value, value - below, value + above)
