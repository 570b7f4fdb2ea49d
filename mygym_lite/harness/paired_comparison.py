"""Paired comparisons of success, seed by seed: a condition with nominal, or a policy with another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from mygym_lite.harness.condition_results import (
    NO_IRRELEVANT_AXES,
    NOMINAL_KEY,
    ConditionResults,
    IrrelevantAxes,
    group_by_condition,
)
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate, adjust_p_values, mcnemar_p_value, paired_difference

Pair = tuple[EpisodeRecord, EpisodeRecord]


@dataclass(frozen=True)
class PairedComparison:
    """Success of a policy under one condition against a reference on the same seeds."""

    policy: str
    reference: str
    """``nominal``, or another policy under the same condition."""
    task: str
    suite: str
    axis: str
    group: str
    severity: int
    pairs: int
    rate: float
    reference_rate: float
    difference: Estimate
    """``rate`` minus ``reference_rate``, with Newcombe's 95% interval."""
    p: float
    """p-value of McNemar's exact test."""
    p_holm: float
    """p-value after Holm's correction over all conditions that are tested together."""

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain tables."""
        return {field.name: getattr(self, field.name) for field in fields(self)} | {
            "difference": self.difference._asdict()
        }


def compare_with_nominal(
    records: Iterable[EpisodeRecord], irrelevant_axes: IrrelevantAxes = NO_IRRELEVANT_AXES
) -> list[PairedComparison]:
    """Compare every condition that affects a policy with nominal, in the order of the plan."""
    return [
        row
        for results in group_by_condition(records, irrelevant_axes)
        if results.has_outcome
        for row in _compare_results(results)
    ]


def _compare_results(results: ConditionResults) -> list[PairedComparison]:
    columns = [
        pair_by_seed(episodes, results.nominal)
        for key, episodes in results.conditions.items()
        if key != NOMINAL_KEY and key[0] not in results.irrelevant_axes
    ]
    return correct_p_values([compare_pairs(NOMINAL, pairs) for pairs in columns if pairs])


def pair_by_seed(episodes: Iterable[EpisodeRecord], reference: Iterable[EpisodeRecord]) -> list[Pair]:
    """Pair episodes of the same seed; seeds of one side alone are left out."""
    by_seed = {record.seed: record for record in reference}
    return [(record, by_seed[record.seed]) for record in episodes if record.seed in by_seed]


def compare_pairs(reference: str, pairs: Sequence[Pair]) -> PairedComparison:
    """Compare the episodes of one condition, without correction of the p-value."""
    successes, reference_successes = [a.success for a, _ in pairs], [b.success for _, b in pairs]
    record, p = pairs[0][0], mcnemar_p_value(successes, reference_successes)
    return PairedComparison(
        policy=record.policy,
        reference=reference,
        task=record.task,
        suite=record.suite,
        axis=record.axis,
        group=record.group,
        severity=record.severity,
        pairs=len(pairs),
        rate=sum(successes) / len(pairs),
        reference_rate=sum(reference_successes) / len(pairs),
        difference=paired_difference(successes, reference_successes),
        p=p,
        p_holm=p,
    )


def correct_p_values(comparisons: Sequence[PairedComparison]) -> list[PairedComparison]:
    """Apply Holm's correction to comparisons that are tested together."""
    adjusted = adjust_p_values([row.p for row in comparisons])
    return [replace(row, p_holm=p) for row, p in zip(comparisons, adjusted, strict=True)]
