"""What differs, seed by seed: a condition against nominal, or a policy against another."""

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
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate, adjust_p_values, mcnemar_p_value, paired_difference

Pair = tuple[EpisodeRecord, EpisodeRecord]


@dataclass(frozen=True)
class PairedComparison:
    """Success of a policy under one condition against something else on the same seeds."""

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
    """``rate`` less ``rate_against``, with Newcombe's 95% interval."""
    p: float
    """Of McNemar's exact test."""
    p_holm: float
    """The same, corrected for all conditions of the trial that are looked at together."""

    def to_dict(self) -> dict[str, Any]:
        """Plain tables."""
        return {field.name: getattr(self, field.name) for field in fields(self)} | {
            "difference": self.difference._asdict()
        }


def compare_with_nominal(
    records: Iterable[EpisodeRecord], irrelevant_axes: IrrelevantAxes = NO_IRRELEVANT_AXES
) -> list[PairedComparison]:
    """Every condition that reaches a policy against nominal, in the order of the plan."""
    return [
        row
        for trial in group_by_condition(records, irrelevant_axes)
        if trial.has_outcome
        for row in _against_nominal(trial)
    ]


def _against_nominal(trial: ConditionResults) -> list[PairedComparison]:
    found = {
        key: pair_by_seed(episodes, trial.nominal)
        for key, episodes in trial.conditions.items()
        if key != NOMINAL_KEY and key[0] not in trial.irrelevant_axes
    }
    return correct_p_values([compare_pairs(NOMINAL, pairs) for pairs in found.values() if pairs])


def pair_by_seed(episodes: Iterable[EpisodeRecord], reference: Iterable[EpisodeRecord]) -> list[Pair]:
    """Episodes beside those of the same seed; seeds that only one side has are left out."""
    other = {record.seed: record for record in reference}
    return [(record, other[record.seed]) for record in episodes if record.seed in other]


def compare_pairs(reference: str, pairs: Sequence[Pair]) -> PairedComparison:
    """One condition's contrast, looked at alone."""
    one, other = [a.success for a, _ in pairs], [b.success for _, b in pairs]
    record, p = pairs[0][0], mcnemar_p_value(one, other)
    return PairedComparison(
        record.policy, reference, record.task, record.suite, record.axis, record.group, record.severity,
        len(pairs), sum(one) / len(one), sum(other) / len(other), paired_difference(one, other), p, p,
    )  # fmt: skip


def correct_p_values(comparisons: Sequence[PairedComparison]) -> list[PairedComparison]:
    """Contrasts that are looked at together: whoever picks the smallest p of many picks luck."""
    return [
        replace(row, p_holm=p)
        for row, p in zip(comparisons, adjust_p_values([row.p for row in comparisons]), strict=True)
    ]
