"""The statistics that the page shows, computed once and found by condition or by board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mygym_lite.harness.compare import Comparison, compare_policies
from mygym_lite.harness.condition_results import NO_IRRELEVANT_AXES, IrrelevantAxes
from mygym_lite.harness.paired_comparison import PairedComparison, compare_with_nominal
from mygym_lite.harness.report.report_data import TaskSuite
from mygym_lite.harness.summary import ConditionSummary, summarize_conditions
from mygym_lite.harness.verdict import PolicySummary, summarize_policies
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import NO_ESTIMATE, Estimate

CellKey = tuple[str, str, str, str, int]
"""Policy, task, suite, axis, level."""


@dataclass(frozen=True, eq=False)
class Estimates:
    """All of them."""

    rows: Mapping[CellKey, ConditionSummary]
    nominal_comparisons: Mapping[CellKey, PairedComparison]
    """Each condition against nominal."""
    policy_summaries: Sequence[PolicySummary]
    comparisons: Sequence[Comparison]

    def get_estimate(self, condition: CellKey, metric: str) -> Estimate:
        """A metric of a condition; nothing where it was not run."""
        row = self.rows.get(condition)
        return NO_ESTIMATE if row is None else row.metrics[metric]

    def find_policy_summary(self, task_suite: TaskSuite, policy: str) -> PolicySummary:
        """How a policy does on a board."""
        return next(
            v
            for v in self.policy_summaries
            if (v.policy, v.task, v.suite) == (policy, task_suite.task, task_suite.suite)
        )

    def find_comparisons(self, task_suite: TaskSuite) -> list[Comparison]:
        """The policies of a board against each other."""
        return [found for found in self.comparisons if (found.task, found.suite) == (task_suite.task, task_suite.suite)]


def compute_estimates(
    records: Sequence[EpisodeRecord], irrelevant_axes: IrrelevantAxes = NO_IRRELEVANT_AXES
) -> Estimates:
    """Compute everything."""
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
