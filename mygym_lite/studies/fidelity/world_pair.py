"""Success of the same policies under the same conditions in two worlds, and their rates in bootstrap resamples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mygym_lite.harness.condition_results import NOMINAL_KEY
from mygym_lite.stats import (
    Estimate,
    compute_seed_scores,
    paired_difference,
    proportion_difference,
    proportion_interval,
    wilson_interval,
)
from mygym_lite.stats.interval import Scores
from mygym_lite.studies.fidelity.estimates import estimate_from_resamples

RESAMPLES = 1000
_CHUNK = 200  # resamples whose rates are computed at once
_DIGITS = 10  # to which scores are rounded, so that sums in another order do not break ties


class Condition(NamedTuple):
    """A condition of a task; severity 0 is nominal."""

    task: str
    axis: str
    severity: int
    group: str

    @property
    def is_nominal(self) -> bool:
        """True for the task as declared."""
        return (self.axis, self.severity) == NOMINAL_KEY

    @property
    def name(self) -> str:
        """Name as in the CSV file of a real robot: ``nominal``, ``friction 3``."""
        return self.axis if self.is_nominal else f"{self.axis} {self.severity}"


class World(Protocol):
    """Success of policies (rows) under conditions (columns) in one world."""

    @property
    def name(self) -> str:
        """Name in reports."""

    @property
    def rates(self) -> Scores:
        """Success rates (policies, conditions), NaN without episodes."""

    def estimate(self, policy: int, condition: int) -> Estimate:
        """Estimate one rate with its Wilson interval."""


@dataclass(frozen=True)
class SimulatedWorld:
    """Outcomes by seed.

    Args:
        name: Name in reports.
        successes: Outcomes (policies, conditions, seeds), 0 or 1, NaN without an episode.
    """

    name: str
    successes: Scores

    @cached_property
    def rates(self) -> Scores:
        """Success rates (policies, conditions), NaN without episodes."""
        present = ~np.isnan(self.successes)
        return _divide(np.where(present, self.successes, 0.0).sum(axis=-1), present.sum(axis=-1))

    def resample_rates(self, seed_weights: Scores) -> Scores:
        """Compute the rates of resamples that hold whole seeds, with all their policies and conditions.

        Args:
            seed_weights: Number of times that each resample holds each seed (resamples, seeds).

        Returns:
            Rates (resamples, policies, conditions).
        """
        present = (~np.isnan(self.successes)).astype(np.float64)
        filled = np.where(present > 0.0, self.successes, 0.0)
        shape = (-1, *self.successes.shape[:2])
        outcomes, presence = (values.reshape(-1, values.shape[-1]).T for values in (filled, present))
        chunks = [seed_weights[start : start + _CHUNK] for start in range(0, len(seed_weights), _CHUNK)]
        return np.concatenate([_divide(chunk @ outcomes, chunk @ presence).reshape(shape) for chunk in chunks])

    def estimate(self, policy: int, condition: int) -> Estimate:
        """Estimate one rate with its Wilson interval."""
        outcomes = self.get_outcomes(policy, condition)
        return _estimate_rate(float(np.nansum(outcomes)), int(np.sum(~np.isnan(outcomes))))

    def get_outcomes(self, policy: int, condition: int) -> Scores:
        """Return the outcomes of one policy under one condition by seed."""
        outcomes: Scores = self.successes[policy, condition]
        return outcomes


@dataclass(frozen=True)
class CountedWorld:
    """Numbers of successes and episodes without seeds, such as those of a real robot.

    Args:
        name: Name in reports.
        successes: Successes (policies, conditions).
        episodes: Episodes (policies, conditions), 0 for none.
    """

    name: str
    successes: NDArray[np.int64]
    episodes: NDArray[np.int64]

    @property
    def rates(self) -> Scores:
        """Success rates (policies, conditions), NaN without episodes."""
        return _divide(self.successes.astype(np.float64), self.episodes.astype(np.float64))

    def draw_rates(self, count: int, rng: np.random.Generator) -> Scores:
        """Draw rates from Jeffreys' posterior of each count, which varies even if all or none of few succeed.

        Returns:
            Rates (``count``, policies, conditions).
        """
        shape = (count, *self.episodes.shape)
        drawn = rng.beta(self.successes + 0.5, self.episodes - self.successes + 0.5, shape)
        return np.where(self.episodes > 0, drawn, np.nan)

    def estimate(self, policy: int, condition: int) -> Estimate:
        """Estimate one rate with its Wilson interval."""
        return _estimate_rate(float(self.successes[policy, condition]), int(self.episodes[policy, condition]))


@dataclass(frozen=True)
class WorldPair:
    """Two worlds with the same policies and conditions; ``a`` predicts ``b``.

    Args:
        policies: Labels of the policies.
        conditions: Conditions, those of one task together.
        seeds: Seeds of the episodes of ``a``, and of ``b`` if it is simulated.
        a: World that predicts.
        b: World that is predicted: another engine, or reality.
    """

    policies: tuple[str, ...]
    conditions: tuple[Condition, ...]
    seeds: tuple[int, ...]
    a: SimulatedWorld
    b: SimulatedWorld | CountedWorld

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks on which policies are ranked."""
        return tuple(dict.fromkeys(self.conditions[column].task for column in self.select_shared()))

    @property
    def is_simulated(self) -> bool:
        """True if both worlds are simulated, so that their episodes are paired by seed."""
        return isinstance(self.b, SimulatedWorld)

    @cached_property
    def shared(self) -> NDArray[np.bool_]:
        """Conditions with episodes of every policy in both worlds, over which policies are ranked."""
        known: NDArray[np.bool_] = np.all(~np.isnan(self.a.rates + self.b.rates), axis=0)
        return known

    def select_shared(self, task: str | None = None) -> list[int]:
        """Return the numbers of the shared conditions, of one task or of all."""
        return [
            number
            for number, condition in enumerate(self.conditions)
            if self.shared[number] and task in (None, condition.task)
        ]

    def compute_scores(self, rates: Scores, columns: Sequence[int]) -> Scores:
        """Compute the score of each policy: its mean success over conditions, within each task first."""
        scores: Scores = np.round((rates[..., columns] * self._weigh_conditions(columns)).sum(axis=-1), _DIGITS)
        return scores

    def estimate_score(self, world: World, policy: int, columns: Sequence[int], resampled: Scores) -> Estimate:
        """Estimate the score of a policy: over seeds if they are known, else from its resamples."""
        if len(columns) == 1:
            return world.estimate(policy, columns[0])
        weights = self._weigh_conditions(columns)
        if isinstance(world, SimulatedWorld):
            return proportion_interval(compute_seed_scores(world.successes[policy, columns].T, weights))
        return estimate_from_resamples((world.rates[policy, columns] * weights).sum(), resampled)

    def _weigh_conditions(self, columns: Sequence[int]) -> Scores:
        """Weigh every task alike, and every condition of a task."""
        tasks = [self.conditions[column].task for column in columns]
        counts = Counter(tasks)
        return np.array([1.0 / (len(counts) * counts[task]) for task in tasks])

    def estimate_difference(self, policy: int, condition: int) -> Estimate:
        """Estimate the success in ``a`` minus that in ``b``, paired by seed if both are simulated."""
        if isinstance(self.b, SimulatedWorld):
            first, second = (world.get_outcomes(policy, condition) for world in (self.a, self.b))
            paired = ~np.isnan(first + second)
            return paired_difference(first[paired] == 1.0, second[paired] == 1.0)
        outcomes = self.a.get_outcomes(policy, condition)
        simulated = int(np.nansum(outcomes)), int(np.sum(~np.isnan(outcomes)))
        real = int(self.b.successes[policy, condition]), int(self.b.episodes[policy, condition])
        return proportion_difference(*simulated, *real)


@dataclass(frozen=True)
class Resamples:
    """Rates of both worlds in every resample, and the number of times that it holds each policy.

    Seeds are resampled whole, with all policies and conditions and in both worlds, since their episodes start alike;
    policies are resampled whole as well. Counts of real episodes are drawn from their posterior.

    Percentile intervals from 5 to 20 policies and 20 or 50 seeds cover the rank correlations of the population in 95%
    to 98% of trials, and Pearson's in 87% to 93%; over seeds alone those of the very policies in 89% to 99% and 87% to
    94%, less with few seeds, whose noise lowers every correlation.
    """

    a: Scores
    """Rates (resamples, policies, conditions)."""
    b: Scores
    policies: Scores
    """Number of times that a resample holds each policy (resamples, policies)."""

    @classmethod
    def draw(cls, pair: WorldPair, count: int = RESAMPLES, seed: int = 0) -> Resamples:
        """Draw resamples of seeds and policies."""
        rng = np.random.default_rng(seed)
        seeds, policies = (
            rng.multinomial(size, np.full(size, 1.0 / size), count).astype(np.float64)
            for size in (len(pair.seeds), len(pair.policies))
        )
        b = pair.b.resample_rates(seeds) if isinstance(pair.b, SimulatedWorld) else pair.b.draw_rates(count, rng)
        return cls(pair.a.resample_rates(seeds), b, policies)


def _divide(sums: Scores, counts: Scores | NDArray[np.int64]) -> Scores:
    with np.errstate(invalid="ignore", divide="ignore"):
        quotient: Scores = np.where(counts > 0, sums / counts, np.nan)
    return quotient


def _estimate_rate(successes: float, episodes: int) -> Estimate:
    rate = successes / episodes if episodes else None
    return Estimate(rate, *wilson_interval(successes, episodes))
