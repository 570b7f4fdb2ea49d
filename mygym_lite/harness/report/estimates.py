"""The statistics that the page shows, computed once and found by condition or by board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mygym_lite.harness.compare import Comparison, between_policies
from mygym_lite.harness.condition_results import NONE_UNREACHED, Unreached
from mygym_lite.harness.paired_comparison import Contrast, paired_rows
from mygym_lite.harness.report.report_data import Board
from mygym_lite.harness.summary import Row, summarise
from mygym_lite.harness.verdict import Verdict, verdicts
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import NOTHING, Estimate

Condition = tuple[str, str, str, str, int]
"""Policy, task, suite, axis, level."""


@dataclass(frozen=True, eq=False)
class Figures:
    """All of them."""

    rows: Mapping[Condition, Row]
    paired: Mapping[Condition, Contrast]
    """Each condition against nominal."""
    verdicts: Sequence[Verdict]
    comparisons: Sequence[Comparison]

    def of(self, condition: Condition, metric: str) -> Estimate:
        """A metric of a condition; nothing where it was not run."""
        row = self.rows.get(condition)
        return NOTHING if row is None else row.metrics[metric]

    def verdict(self, board: Board, policy: str) -> Verdict:
        """How a policy does on a board."""
        return next(v for v in self.verdicts if (v.policy, v.task, v.suite) == (policy, board.task, board.suite))

    def duels(self, board: Board) -> list[Comparison]:
        """The policies of a board against each other."""
        return [found for found in self.comparisons if (found.task, found.suite) == (board.task, board.suite)]


def figures(records: Sequence[EpisodeRecord], unreached: Unreached = NONE_UNREACHED) -> Figures:
    """Compute everything."""
    rows = {(row.policy, row.task, row.suite, row.axis, row.level): row for row in summarise(records, unreached)}
    paired = {(row.policy, row.task, row.suite, row.axis, row.level): row for row in paired_rows(records, unreached)}
    return Figures(rows, paired, verdicts(records, unreached), between_policies(records, unreached))
