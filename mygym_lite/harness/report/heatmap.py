"""The heatmap: success of every policy on every axis at every severity, each cell with its interval and its story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mygym_lite.harness.episode_errors import count_errors
from mygym_lite.harness.paired_comparison import PairedComparison
from mygym_lite.harness.report.charts import format_contact
from mygym_lite.harness.report.estimates import Estimates
from mygym_lite.harness.report.report_data import AxisInfo, TaskSuite
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports.formatting import (  # fmt: skip
    format_amount,
    format_amount_range,
    format_name,
    format_p_value,
    format_percent,
    format_percent_range,
    format_points,
    format_points_range,
)
from mygym_lite.reports.heatmap_colors import get_color_index
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate

SIGNIFICANCE_LEVEL = 0.05
"""Below this chance, corrected for the number of axes, a difference to nominal is marked."""


@dataclass(frozen=True)
class HeatmapCell:
    """One condition of one policy."""

    policy: str
    axis: str
    severity: int
    episodes: int
    success: Estimate
    time_to_success: Estimate
    force: Estimate
    nominal_comparison: PairedComparison | None
    failures: Mapping[str, int]
    label: str
    irrelevance_reason: str = ""
    """Why the axis cannot reach the policy, where it cannot."""

    @property
    def has_rate(self) -> bool:
        """Whether there is a success rate to show."""
        return not self.irrelevance_reason and self.success.value is not None

    @property
    def color_index(self) -> int:
        """Number of its colour."""
        return get_color_index(self.success.value or 0.0)

    @property
    def significant(self) -> bool:
        """Whether it differs from nominal beyond chance."""
        return self.nominal_comparison is not None and self.nominal_comparison.p_holm < SIGNIFICANCE_LEVEL

    @property
    def failure_text(self) -> str:
        """How often and why it failed, in words."""
        return ", ".join(f"{format_name(code)} {count}" for code, count in self.failures.items())


@dataclass(frozen=True)
class AxisRow:
    """One axis; where it is not applicable or reaches no policy, ``reason`` says why and there are no cells."""

    name: str
    about: str
    cells: Sequence[Sequence[HeatmapCell | None]]
    """For each policy, one for each severity; None where nothing was run."""
    reason: str


@dataclass(frozen=True)
class Heatmap:
    """The whole table of one board."""

    nominal: Sequence[HeatmapCell | None]
    groups: Sequence[tuple[str, Sequence[AxisRow]]]

    @property
    def cells(self) -> list[HeatmapCell]:
        """Every condition that was run and reaches its policy, nominal first."""
        rows = (row for _, rows in self.groups for row in rows)
        found = (*self.nominal, *(cell for row in rows for cells in row.cells for cell in cells))
        return [cell for cell in found if cell is not None and not cell.irrelevance_reason]


def build_heatmap(task_suite: TaskSuite, estimates: Estimates) -> Heatmap:
    """Fill the table."""
    groups: dict[str, list[AxisRow]] = {}
    for axis in task_suite.axes:
        groups.setdefault(axis.group, []).append(_row(task_suite, axis, estimates))
    return Heatmap(
        [_cell(task_suite, policy, NOMINAL, 0, estimates) for policy in task_suite.policies], list(groups.items())
    )


def _row(board: TaskSuite, axis: AxisInfo, figures: Estimates) -> AxisRow:
    if not axis.applicable:
        return AxisRow(axis.name, axis.about, (), axis.reason)
    if not any(board.is_relevant(axis.name, policy) for policy in board.policies):
        return AxisRow(
            axis.name, axis.about, (), next(board.irrelevant_axes[policy][axis.name] for policy in board.policies)
        )
    cells = [[_cell(board, p, axis.name, level, figures) for level in board.severities] for p in board.policies]
    return AxisRow(axis.name, axis.about, cells, "")


def _cell(board: TaskSuite, policy: str, axis: str, level: int, figures: Estimates) -> HeatmapCell | None:
    found = board.get_episodes(policy, axis, level)
    if not found:
        return None
    place = (policy, board.task, board.suite, axis, level)
    success, seconds = figures.get_estimate(place, "success"), figures.get_estimate(place, "time_to_success")
    force = figures.get_estimate(place, board.force_metric)
    paired, failures = (
        figures.nominal_comparisons.get(place),
        Counter(e.failure or "unknown" for e in found if not e.success),
    )
    told, missed = dict(failures.most_common()), board.irrelevant_axes[policy].get(axis, "")
    label = "; ".join(_story(board, found, success, seconds, force, paired, told))
    if missed:
        label = f"{policy}, {format_name(axis)} at severity {level}; {missed}"
    return HeatmapCell(policy, axis, level, len(found), success, seconds, force, paired, told, label, missed)


def _story(
    board: TaskSuite,
    found: Sequence[EpisodeRecord],
    success: Estimate,
    seconds: Estimate,
    force: Estimate,
    paired: PairedComparison | None,
    failures: Mapping[str, int],
) -> list[str]:
    first = found[0]
    where = NOMINAL if first.axis == NOMINAL else f"{format_name(first.axis)} at severity {first.severity}"
    lines = [f"{first.policy}, {where}"]
    if success.value is None:
        return [*lines, *(error.sentence for error in count_errors(found))]
    lines.append(f"{format_percent(success.value)}% of {len(found)} solved ({format_percent_range(success)})")
    if paired is not None:
        lines.append(
            f"{format_points(paired.difference.value)} points against nominal ({format_points_range(paired.difference)}), "
            f"p {format_p_value(paired.p_holm)} after Holm"
        )
    if seconds.value is not None:
        lines.append(f"{format_amount(seconds.value)} s to success{_within(seconds)}")
    if force.value is not None:
        lines.append(f"peak {format_amount(force.value)} N {format_contact(board.contact_pair)}{_within(force)}")
    if failures:
        lines.append("failed: " + ", ".join(f"{format_name(code)} {count}" for code, count in failures.items()))
    return lines


def _within(estimate: Estimate) -> str:
    between = format_amount_range(estimate)
    return f" ({between})" if between else ""
