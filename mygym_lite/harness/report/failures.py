"""Why episodes failed: each code with its count and share, where nothing differs and where something does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mygym_lite.harness.report.report_data import TaskSuite
from mygym_lite.reports.formatting import format_name
from mygym_lite.rollout.record import EpisodeRecord

_SOLVED = "solved"


@dataclass(frozen=True)
class OutcomeShare:
    """How many episodes of a policy ended in one way."""

    color: int
    count: int
    episodes: int
    nominal: int
    nominal_episodes: int

    @property
    def rate(self) -> float:
        """Of the perturbed episodes, or of the nominal ones where there are no others."""
        return self.count / self.episodes if self.episodes else 0.0


@dataclass(frozen=True)
class OutcomeRow:
    """One way to end, for each policy."""

    name: str
    is_success: bool
    shares: tuple[OutcomeShare, ...]


def count_outcomes(task_suite: TaskSuite) -> list[OutcomeRow]:
    """Success first, then failures, the most frequent first."""
    nominal = {policy: _count(task_suite.get_nominal_episodes(policy)) for policy in task_suite.policies}
    perturbed = {policy: _count(task_suite.get_perturbed_episodes(policy)) for policy in task_suite.policies}
    total = sum((counts for told in (nominal, perturbed) for counts in told.values()), Counter[str]())
    codes = [_SOLVED, *(code for code, _ in total.most_common() if code != _SOLVED)]
    return [
        OutcomeRow(format_name(code), code == _SOLVED,
               tuple(_share(color, code, perturbed[p], nominal[p]) for p, color in task_suite.policies.items()))
        for code in codes
    ]  # fmt: skip


def _count(records: Sequence[EpisodeRecord]) -> Counter[str]:
    return Counter(_SOLVED if e.success else e.failure or "unknown" for e in records)


def _share(color: int, code: str, perturbed: Counter[str], nominal: Counter[str]) -> OutcomeShare:
    """Of a run without perturbations the nominal episodes are all there is."""
    main = perturbed if perturbed.total() else nominal
    return OutcomeShare(color, main[code], main.total(), nominal[code], nominal.total())


def count_messages(task_suite: TaskSuite, limit: int = 5) -> list[tuple[str, str, int]]:
    """What broke policies and physics said: policy, message, how often."""
    told = Counter(
        (policy, e.message)
        for policy, places in task_suite.episodes.items()
        for found in places.values()
        for e in found
        if e.message
    )
    return [(policy, message, count) for (policy, message), count in told.most_common(limit)]
