"""Ranks of policies by success, in which policies that cannot be told apart share a rank."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.stats import Estimate, adjust_p_values, paired_difference, sign_flip_p_value

SIGNIFICANCE = 0.05
"""Level of the corrected p-value below which two policies differ."""
Outcomes = NDArray[np.bool_]
"""Success by seed (rows) and task (columns)."""


@dataclass(frozen=True)
class PairTest:
    """Two policies on the same seeds.

    Args:
        a: First policy.
        b: Second policy.
        difference: Success of ``a`` minus that of ``b``, with its 95% interval.
        p: p-value of the paired test that both succeed equally often.
        p_holm: p-value after Holm's correction over all pairs of the ranking.
    """

    a: str
    b: str
    difference: Estimate
    p: float
    p_holm: float

    @property
    def better(self) -> str | None:
        """Policy that is significantly better; None if the two cannot be told apart."""
        if self.p_holm >= SIGNIFICANCE or not self.difference.value:
            return None
        return self.a if self.difference.value > 0.0 else self.b

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain tables."""
        return {
            "a": self.a,
            "b": self.b,
            "difference": self.difference._asdict(),
            "p": self.p,
            "p_holm": self.p_holm,
            "better": self.better,
        }


@dataclass(frozen=True)
class Ranking:
    """Ranks of some policies.

    Args:
        ranks: Rank of each policy, in the order of the leaderboard: 1 plus the number of significantly better ones.
        tests: Tests of all pairs.
    """

    ranks: Mapping[str, int]
    tests: tuple[PairTest, ...]

    @property
    def tie_groups(self) -> list[tuple[str, ...]]:
        """Policies of each rank, the best rank first."""
        return [
            tuple(policy for policy, own in self.ranks.items() if own == rank)
            for rank in dict.fromkeys(self.ranks.values())
        ]

    def list_ties(self, policy: str) -> tuple[str, ...]:
        """List the other policies of the same rank."""
        return tuple(other for other, rank in self.ranks.items() if rank == self.ranks[policy] and other != policy)


def rank_policies(outcomes: Mapping[str, Outcomes]) -> Ranking:
    """Rank policies by success, or by mean success over several tasks.

    The rank of a policy is 1 plus the number of policies that are significantly better. All pairs are tested on the
    same seeds: on one task by McNemar's exact test, over several by the sign-flip test, which is the same with one.
    Equal ranks are listed by success, and equal success by name.

    Args:
        outcomes: Outcomes of each policy, on the same seeds and tasks.
    """
    tests = _test_pairs(outcomes)
    ranks = {policy: 1 + sum(_loses(policy, test) for test in tests) for policy in outcomes}
    order = sorted(outcomes, key=lambda policy: (ranks[policy], -int(outcomes[policy].sum()), policy))
    return Ranking({policy: ranks[policy] for policy in order}, tuple(tests))


def compute_required_seeds(policies: int) -> int:
    """Compute the number of seeds below which no two policies could differ significantly, however they fare."""
    pairs = policies * (policies - 1) // 2
    return math.floor(math.log2(2 * pairs / SIGNIFICANCE)) + 1 if pairs else 1


def _loses(policy: str, test: PairTest) -> bool:
    return policy in (test.a, test.b) and test.better not in (policy, None)


def _test_pairs(outcomes: Mapping[str, Outcomes]) -> list[PairTest]:
    pairs = list(combinations(sorted(outcomes), 2))
    p_values = [_compute_p_value(outcomes[a], outcomes[b]) for a, b in pairs]
    corrected = adjust_p_values(p_values)
    return [
        PairTest(a, b, _estimate_difference(outcomes[a], outcomes[b]), p, p_holm)
        for (a, b), p, p_holm in zip(pairs, p_values, corrected, strict=True)
    ]


def _compute_p_value(a: Outcomes, b: Outcomes) -> float:
    return sign_flip_p_value(_count_solved(a) - _count_solved(b))


def _estimate_difference(a: Outcomes, b: Outcomes) -> Estimate:
    if a.shape[1] == 1:
        return paired_difference(a[:, 0], b[:, 0])
    value, low, high = paired_difference(_count_solved(a) / a.shape[1], _count_solved(b) / b.shape[1])
    return Estimate(value, None if low is None else max(-1.0, low), None if high is None else min(1.0, high))


def _count_solved(outcomes: Outcomes) -> NDArray[np.int64]:
    """Count the tasks solved on each seed."""
    counts: NDArray[np.int64] = outcomes.sum(axis=1, dtype=np.int64)
    return counts
