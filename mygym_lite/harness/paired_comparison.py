"""What differs, seed by seed: a condition against nominal, or a policy against another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from mygym_lite.harness.condition_results import DECLARED, NONE_UNREACHED, Trial, Unreached, trials
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate, holm, mcnemar, paired_difference

Pair = tuple[EpisodeRecord, EpisodeRecord]


@dataclass(frozen=True)
class Contrast:
    """Success of a policy under one condition against something else on the same seeds."""

    policy: str
    against: str
    """``nominal``, or another policy under the same condition."""
    task: str
    suite: str
    axis: str
    group: str
    level: int
    pairs: int
    rate: float
    rate_against: float
    difference: Estimate
    """``rate`` less ``rate_against``, with Newcombe's 95% interval."""
    p: float
    """Of McNemar's exact test."""
    p_holm: float
    """The same, corrected for all conditions of the trial that are looked at together."""

    def as_json(self) -> dict[str, Any]:
        """Plain tables."""
        return {field.name: getattr(self, field.name) for field in fields(self)} | {
            "difference": self.difference._asdict()
        }


def paired_rows(records: Iterable[EpisodeRecord], unreached: Unreached = NONE_UNREACHED) -> list[Contrast]:
    """Every condition that reaches a policy against nominal, in the order of the plan."""
    return [row for trial in trials(records, unreached) if trial.acted for row in _against_nominal(trial)]


def _against_nominal(trial: Trial) -> list[Contrast]:
    found = {
        key: paired(episodes, trial.nominal)
        for key, episodes in trial.conditions.items()
        if key != DECLARED and key[0] not in trial.unreached
    }
    return corrected([contrast(NOMINAL, pairs) for pairs in found.values() if pairs])


def paired(episodes: Iterable[EpisodeRecord], against: Iterable[EpisodeRecord]) -> list[Pair]:
    """Episodes beside those of the same seed; seeds that only one side has are left out."""
    other = {record.seed: record for record in against}
    return [(record, other[record.seed]) for record in episodes if record.seed in other]


def contrast(against: str, pairs: Sequence[Pair]) -> Contrast:
    """One condition's contrast, looked at alone."""
    one, other = [a.success for a, _ in pairs], [b.success for _, b in pairs]
    record, p = pairs[0][0], mcnemar(one, other)
    return Contrast(
        record.policy, against, record.task, record.suite, record.axis, record.group, record.level,
        len(pairs), sum(one) / len(one), sum(other) / len(other), paired_difference(one, other), p, p,
    )  # fmt: skip


def corrected(rows: Sequence[Contrast]) -> list[Contrast]:
    """Contrasts that are looked at together: whoever picks the smallest p of many picks luck."""
    return [replace(row, p_holm=p) for row, p in zip(rows, holm([row.p for row in rows]), strict=True)]
