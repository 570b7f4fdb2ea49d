"""Failure modes: count and share of each outcome, nominal and perturbed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mygym_lite.harness.report.task_suite import TaskSuite
from mygym_lite.reports.formatting import format_name
from mygym_lite.rollout.record import EpisodeRecord

_SOLVED = "solved"


@dataclass(frozen=True)
class OutcomeShare:
    """Number of episodes of one policy with one outcome."""

    color: int
    count: int
    episodes: int
    nominal: int
    nominal_episodes: int

    @property
    def rate(self) -> float:
        """Share of the perturbed episodes, or of the nominal ones if none are perturbed."""
        return self.count / self.episodes if self.episodes else 0.0


@dataclass(frozen=True)
class OutcomeRow:
    """One outcome, with its share for each policy."""

    name: str
    is_success: bool
    shares: tuple[OutcomeShare, ...]


def count_outcomes(task_suite: TaskSuite) -> list[OutcomeRow]:
    """Count outcomes: success first, then failures by frequency."""
    nominal = {policy: _count_codes(task_suite.get_nominal_episodes(policy)) for policy in task_suite.policies}
    perturbed = {policy: _count_codes(task_suite.get_perturbed_episodes(policy)) for policy in task_suite.policies}
    total = sum((counts for by_policy in (nominal, perturbed) for counts in by_policy.values()), Counter[str]())
    codes = [_SOLVED, *(code for code, _ in total.most_common() if code != _SOLVED)]
    rows = []
    for code in codes:
        shares = [
            _build_share(color, code, perturbed[policy], nominal[policy])
            for policy, color in task_suite.policies.items()
        ]
        rows.append(OutcomeRow(format_name(code), code == _SOLVED, tuple(shares)))
    return rows


def _count_codes(records: Sequence[EpisodeRecord]) -> Counter[str]:
    return Counter(_SOLVED if e.success else e.failure or "unknown" for e in records)


def _build_share(color: int, code: str, perturbed: Counter[str], nominal: Counter[str]) -> OutcomeShare:
    """Count one outcome among the perturbed episodes, or the nominal ones if none are perturbed."""
    main = perturbed if perturbed.total() else nominal
    return OutcomeShare(color, main[code], main.total(), nominal[code], nominal.total())


def count_messages(task_suite: TaskSuite, limit: int = 5) -> list[tuple[str, str, int]]:
    """Count error messages of policies and physics: policy, message, count."""
    counts = Counter(
        (policy, e.message)
        for policy, by_condition in task_suite.episodes.items()
        for records in by_condition.values()
        for e in records
        if e.message
    )
    return [(policy, message, count) for (policy, message), count in counts.most_common(limit)]
