"""Statistics of the report, computed once and looked up by condition or by task and suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mygym_lite.harness.compare import Comparison, compare_policies
from mygym_lite.harness.condition_results import NO_IRRELEVANT_AXES, IrrelevantAxes
from mygym_lite.harness.paired_comparison import PairedComparison, compare_with_nominal
from mygym_lite.harness.report.task_suite import TaskSuite
from mygym_lite.harness.summary import ConditionSummary, summarize_conditions
from mygym_lite.harness.verdict import PolicySummary, summarize_policies
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import NO_ESTIMATE, Estimate

CellKey = tuple[str, str, str, str, int]
"""Policy, task, suite, axis, severity."""


@dataclass(frozen=True, eq=False)
class Estimates:
    """All statistics of a report."""

    rows: Mapping[CellKey, ConditionSummary]
    nominal_comparisons: Mapping[CellKey, PairedComparison]
    """Paired comparison of each condition with nominal."""
    policy_summaries: Sequence[PolicySummary]
    comparisons: Sequence[Comparison]

    def get_estimate(self, condition: CellKey, metric: str) -> Estimate:
        """Return a metric of a condition, or an empty estimate if the condition was not run."""
        row = self.rows.get(condition)
        return NO_ESTIMATE if row is None else row.metrics[metric]

    def find_policy_summary(self, task_suite: TaskSuite, policy: str) -> PolicySummary:
        """Return the summary of a policy on a task under a suite."""
        key = (policy, task_suite.task, task_suite.suite)
        return next(s for s in self.policy_summaries if (s.policy, s.task, s.suite) == key)

    def find_comparisons(self, task_suite: TaskSuite) -> list[Comparison]:
        """Return the comparisons between policies on a task under a suite."""
        return [c for c in self.comparisons if (c.task, c.suite) == (task_suite.task, task_suite.suite)]


def compute_estimates(
    records: Sequence[EpisodeRecord], irrelevant_axes: IrrelevantAxes = NO_IRRELEVANT_AXES
) -> Estimates:
    """Compute all statistics of a report."""
    rows = {
        (row.policy, row.task, row.suite, row.axis, row.severity): row
        for row in summarize_conditions(records, irrelevant_axes)
    }
    paired = {
        (row.policy, row.task, row.suite, row.axis, row.severity): row
        for row in compare_with_nominal(records, irrelevant_axes)
    }
    return Estimates(
        rows, paired, summarize_policies(records, irrelevant_axes), compare_policies(records, irrelevant_axes)
    )
