"""Outcome on a series of paired differences: better, worse, the same within a margin, or too few episodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from mygym_lite.stats import Estimate
from mygym_lite.stats.anytime import Array, anytime_interval, compute_log_capital, compute_threshold

_MAX_EPISODES = 5000  # to which differences are extrapolated


class Outcome(StrEnum):
    """Result of a comparison."""

    BETTER = "BETTER"
    WORSE = "WORSE"
    SAME = "SAME"
    TOO_FEW = "TOO FEW EPISODES"


@dataclass(frozen=True)
class Decision:
    """Outcome, and the difference on which it rests."""

    outcome: Outcome
    difference: Estimate
    more_episodes: int | None = None
    """Episodes that an answer is expected to need beyond the present ones, if there are too few and one is in sight."""


def decide(differences: ArrayLike, margin: float, confidence: float = 0.95) -> Decision:
    """Decide on paired differences.

    SAME means that the interval of the difference lies within the margin; BETTER and WORSE mean that it does not, and
    excludes 0.

    Args:
        differences: Candidate minus reference in the order of the seeds, each in [-1, 1].
        margin: Size of a difference that does not matter.
        confidence: Confidence level of the interval, which holds at all times together.
    """
    values = np.asarray(differences, dtype=np.float64)
    difference = anytime_interval(values, confidence)
    outcome = _classify(difference, margin)
    missing = _estimate_missing(values, margin, confidence) if outcome is Outcome.TOO_FEW else None
    return Decision(outcome, difference, missing)


def _classify(difference: Estimate, margin: float) -> Outcome:
    low, high = difference.low, difference.high
    if low is None or high is None:
        return Outcome.TOO_FEW
    if -margin < low and high < margin:
        return Outcome.SAME
    return Outcome.BETTER if low > 0.0 else Outcome.WORSE if high < 0.0 else Outcome.TOO_FEW


def _estimate_missing(values: Array, margin: float, confidence: float) -> int | None:
    """Estimate the number of missing episodes by repeating the present differences."""
    if values.size == 0:
        return None
    future = np.resize(values, _MAX_EPISODES)

    def count(sign: float, mean: float) -> float:
        refuted = compute_log_capital(sign * future, mean) >= compute_threshold(confidence)
        return float(np.argmax(refuted)) + 1.0 if refuted.any() else math.inf

    needed = min(count(1.0, 0.0), count(-1.0, 0.0), max(count(1.0, -margin), count(-1.0, -margin)))
    return None if math.isinf(needed) else int(needed) - values.size
