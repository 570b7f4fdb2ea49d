"""Intervals over trainings and episodes at once: another training and other episodes might have come out otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from mygym_lite.stats import NO_ESTIMATE, Estimate, mean_interval, paired_difference, proportion_interval
from mygym_lite.stats.interval import Scores

_TAIL = 0.025


@dataclass(frozen=True)
class NestedBootstrap:
    """How much each training and each episode seed counts in every resample; the same for all that is compared.

    Of n trainings n - 1 are drawn, and likewise of episodes: that makes the variance of a mean unbiased (Rao and Wu).
    Since few trainings show little of how trainings scatter, percentiles are moved apart as Student's quantiles are
    from the normal ones, with Satterthwaite's degrees of freedom. The interval of a difference
    covers 94% to 98% with three trainings, 96% with five, 91% with two; one training speaks of itself alone.
    """

    trainings: Scores
    """(resamples, trainings)"""
    episodes: Scores
    """(resamples, episode seeds)"""

    @classmethod
    def draw(cls, trainings: int, episodes: int, resamples: int = 4000, seed: int = 0) -> NestedBootstrap:
        """Draw."""
        rng = np.random.default_rng(seed)
        return cls(_weights(rng, trainings, resamples), _weights(rng, episodes, resamples))

    def resample_means(self, table: Scores) -> Scores:
        """The mean of a table, trainings by episode seeds, in every resample."""
        resampled: Scores = np.einsum("be,be->b", self.trainings @ table, self.episodes)
        return resampled

    def estimate_rate(self, table: Scores) -> Estimate:
        """A share, never with a narrower interval than one over episode seeds alone."""
        found = _hull(
            self._interval(table.mean(), self.resample_means(table), table), proportion_interval(table.mean(axis=0))
        )
        return Estimate(found.value, max(0.0, found.low or 0.0), min(1.0, found.high or 0.0))

    def estimate_ratio(self, table: Scores, base: Scores) -> Estimate:
        """A share of another share, of the same trainings; nothing where there is nothing to take a share of."""
        if not base.mean():
            return NO_ESTIMATE
        above, below = self.resample_means(table), self.resample_means(base)
        there = below > 0.0
        value = table.mean() / base.mean()
        return self._interval(value, above[there] / below[there], table - value * base)

    def estimate_difference(self, table: Scores, reference: Scores) -> Estimate:
        """How much more, on the same episodes and the same training seeds.

        Of outcomes, which are 0 or 1, the interval is no narrower than Newcombe's; of means over axes, than that of
        a mean over episode seeds.
        """
        apart = table - reference
        if np.isin(table, (0.0, 1.0)).all() and np.isin(reference, (0.0, 1.0)).all():
            floor = paired_difference(table.ravel() == 1.0, reference.ravel() == 1.0)
        else:
            floor = mean_interval(apart.mean(axis=0))
        return _hull(self._interval(apart.mean(), self.resample_means(apart), apart), floor)

    def _interval(self, value: float, resampled: Scores, table: Scores) -> Estimate:
        """Percentiles of what was resampled; the table's scatter says how much is known of it."""
        low, high = np.quantile(resampled, [_TAIL, 1.0 - _TAIL]) - value
        wider = _wider(table)
        return Estimate(float(value), float(value + wider * low), float(value + wider * high))


def _wider(table: Scores) -> float:
    """Student's quantile as a multiple of the normal one."""
    parts = [(scores.var(ddof=1) / scores.size, scores.size - 1)
             for scores in (table.mean(axis=1), table.mean(axis=0)) if scores.size > 1]  # fmt: skip
    whole = sum(variance for variance, _ in parts)
    if whole <= 0.0:
        return 1.0
    freedom = whole**2 / sum(variance**2 / free for variance, free in parts)
    return float(stdtrit(freedom, 1.0 - _TAIL) / ndtri(1.0 - _TAIL))


def _weights(rng: np.random.Generator, count: int, resamples: int) -> Scores:
    drawn = max(1, count - 1)
    return rng.multinomial(drawn, np.full(count, 1.0 / count), resamples) / drawn


def _hull(found: Estimate, floor: Estimate) -> Estimate:
    """No narrower than the floor."""
    lows = [x for x in (found.low, floor.low) if x is not None]
    highs = [x for x in (found.high, floor.high) if x is not None]
    return Estimate(found.value, min(lows), max(highs))


def average_tables(tables: Sequence[Scores]) -> Scores:
    """The mean over several tables of the same trainings and episodes, such as those of all axes."""
    mean: Scores = np.mean(tables, axis=0)
    return mean
