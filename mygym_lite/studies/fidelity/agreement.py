"""Agreement of the rankings of policies in two worlds, over all tasks and on each, and pairs in opposite order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mygym_lite.stats import Estimate
from mygym_lite.stats.interval import Scores
from mygym_lite.stats.rank_agreement import AGREEMENT_STATISTICS
from mygym_lite.studies.fidelity.estimates import estimate_from_resamples
from mygym_lite.studies.fidelity.world_pair import Resamples, WorldPair


@dataclass(frozen=True)
class PolicyScore:
    """Success of one policy, averaged over the shared conditions, in both worlds."""

    policy: str
    a: Estimate
    b: Estimate


@dataclass(frozen=True)
class RankFlip:
    """Two policies in strictly opposite order in the two worlds.

    Args:
        better_in_a: Policy that succeeds more often in the first world.
        better_in_b: Policy that succeeds more often in the second.
        difference_a: Success of ``better_in_a`` minus that of ``better_in_b`` in the first world, above 0.
        difference_b: The same in the second world, below 0.
        probability: Share of resamples of seeds in which the order is opposite.
    """

    better_in_a: str
    better_in_b: str
    difference_a: Estimate
    difference_b: Estimate
    probability: float

    @property
    def significant(self) -> bool:
        """True if both 95% intervals exclude 0, so that neither order is a matter of few episodes."""
        return (self.difference_a.low or 0.0) > 0.0 and (self.difference_b.high or 0.0) < 0.0

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain tables."""
        estimates = {name: getattr(self, name)._asdict() for name in ("difference_a", "difference_b")}
        return asdict(self) | estimates | {"significant": self.significant}


@dataclass(frozen=True)
class Agreement:
    """Agreement over all tasks, or on one.

    Args:
        task: Name of the task; None for the mean over all.
        conditions: Number of conditions over which success is averaged.
        scores: Success of each policy.
        statistics: Each statistic with its interval over seeds and policies together: for policies like these.
        over_seeds: Each statistic with its interval over seeds alone: for these very policies.
        flips: Pairs in opposite order, those first that differ most in the second world.
    """

    task: str | None
    conditions: int
    scores: tuple[PolicyScore, ...]
    statistics: dict[str, Estimate]
    over_seeds: dict[str, Estimate]
    flips: tuple[RankFlip, ...]

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain tables."""
        return {
            "task": self.task,
            "conditions": self.conditions,
            "policies": [
                {"policy": score.policy, "a": score.a._asdict(), "b": score.b._asdict()} for score in self.scores
            ],
            "statistics": {name: estimate._asdict() for name, estimate in self.statistics.items()},
            "statistics_of_these_policies": {name: estimate._asdict() for name, estimate in self.over_seeds.items()},
            "rank_flips": [flip.to_dict() for flip in self.flips],
        }


def measure_agreement(pair: WorldPair, resamples: Resamples, task: str | None = None) -> Agreement:
    """Measure the agreement over all tasks, or on one, which must have a shared condition."""
    columns = pair.select_shared(task)
    a, b = (pair.compute_scores(rates, columns) for rates in (pair.a.rates, pair.b.rates))
    resampled_a, resampled_b = (pair.compute_scores(rates, columns) for rates in (resamples.a, resamples.b))
    statistics, over_seeds = {}, {}
    varies = bool(np.ptp(resampled_a, axis=0).any() or np.ptp(resampled_b, axis=0).any())
    for name, compute in AGREEMENT_STATISTICS.items():
        value = compute(a, b)
        statistics[name] = estimate_from_resamples(value, compute(resampled_a, resampled_b, resamples.policies))
        over_seeds[name] = estimate_from_resamples(value, compute(resampled_a, resampled_b), allow_point=varies)
    return Agreement(
        task=task,
        conditions=len(columns),
        scores=tuple(
            PolicyScore(
                policy,
                pair.estimate_score(pair.a, number, columns, resampled_a[:, number]),
                pair.estimate_score(pair.b, number, columns, resampled_b[:, number]),
            )
            for number, policy in enumerate(pair.policies)
        ),
        statistics=statistics,
        over_seeds=over_seeds,
        flips=_find_flips(pair.policies, (a, b), (resampled_a, resampled_b)),
    )


def _find_flips(
    policies: Sequence[str], scores: tuple[Scores, Scores], resampled: tuple[Scores, Scores]
) -> tuple[RankFlip, ...]:
    flips = []
    for i, j in combinations(range(len(policies)), 2):
        differences = [float(world[i] - world[j]) for world in scores]
        if differences[0] * differences[1] >= 0.0:
            continue
        first, second = (i, j) if differences[0] > 0.0 else (j, i)
        changes = [world[:, first] - world[:, second] for world in resampled]
        flips.append(
            RankFlip(
                policies[first],
                policies[second],
                estimate_from_resamples(scores[0][first] - scores[0][second], changes[0]),
                estimate_from_resamples(scores[1][first] - scores[1][second], changes[1]),
                float(np.mean(changes[0] * changes[1] < 0.0)),
            )
        )
    return tuple(sorted(flips, key=lambda flip: flip.difference_b.value or 0.0))
