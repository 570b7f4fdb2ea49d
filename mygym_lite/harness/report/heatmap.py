"""Heatmap: success of every policy on every axis at every severity, with intervals and tooltips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mygym_lite.harness.episode_errors import count_errors
from mygym_lite.harness.paired_comparison import PairedComparison
from mygym_lite.harness.report.charts import format_contact
from mygym_lite.harness.report.estimates import Estimates
from mygym_lite.harness.report.task_suite import AxisInfo, TaskSuite
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.reports.formatting import (
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
"""Largest Holm-corrected p-value at which a difference from nominal is marked."""


@dataclass(frozen=True)
class HeatmapCell:
    """Results of one policy under one condition."""

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
    """Reason if the axis cannot affect the policy, else empty."""

    @property
    def has_rate(self) -> bool:
        """True if the cell has a success rate."""
        return not self.irrelevance_reason and self.success.value is not None

    @property
    def color_index(self) -> int:
        """Index of the cell color."""
        return get_color_index(self.success.value or 0.0)

    @property
    def significant(self) -> bool:
        """True if success differs significantly from nominal."""
        return self.nominal_comparison is not None and self.nominal_comparison.p_holm < SIGNIFICANCE_LEVEL

    @property
    def failure_text(self) -> str:
        """Failure codes with counts, as text."""
        return ", ".join(f"{format_name(code)} {count}" for code, count in self.failures.items())


@dataclass(frozen=True)
class AxisRow:
    """One axis; without cells and with a ``reason`` if it is not applicable or cannot affect any policy."""

    name: str
    about: str
    cells: Sequence[Sequence[HeatmapCell | None]]
    """Cells by policy and severity; None if not run."""
    reason: str


@dataclass(frozen=True)
class Heatmap:
    """Heatmap of one task under one suite."""

    nominal: Sequence[HeatmapCell | None]
    groups: Sequence[tuple[str, Sequence[AxisRow]]]

    @property
    def cells(self) -> list[HeatmapCell]:
        """All conditions that were run and can affect the policy, nominal first."""
        rows = (row for _, rows in self.groups for row in rows)
        cells = (*self.nominal, *(cell for row in rows for severities in row.cells for cell in severities))
        return [cell for cell in cells if cell is not None and not cell.irrelevance_reason]


def build_heatmap(task_suite: TaskSuite, estimates: Estimates) -> Heatmap:
    """Build the heatmap of one task under one suite."""
    groups: dict[str, list[AxisRow]] = {}
    for axis in task_suite.axes:
        groups.setdefault(axis.group, []).append(_build_row(task_suite, axis, estimates))
    return Heatmap(
        [_build_cell(task_suite, policy, NOMINAL, 0, estimates) for policy in task_suite.policies], list(groups.items())
    )


def _build_row(task_suite: TaskSuite, axis: AxisInfo, estimates: Estimates) -> AxisRow:
    if not axis.applicable:
        return AxisRow(axis.name, axis.about, (), axis.reason)
    if not any(task_suite.is_relevant(axis.name, policy) for policy in task_suite.policies):
        return AxisRow(
            axis.name,
            axis.about,
            (),
            next(task_suite.irrelevant_axes[policy][axis.name] for policy in task_suite.policies),
        )
    cells = [
        [_build_cell(task_suite, p, axis.name, severity, estimates) for severity in task_suite.severities]
        for p in task_suite.policies
    ]
    return AxisRow(axis.name, axis.about, cells, "")


def _build_cell(
    task_suite: TaskSuite, policy: str, axis: str, severity: int, estimates: Estimates
) -> HeatmapCell | None:
    episodes = task_suite.get_episodes(policy, axis, severity)
    if not episodes:
        return None
    key = (policy, task_suite.task, task_suite.suite, axis, severity)
    failures = Counter(episode.failure or "unknown" for episode in episodes if not episode.success)
    cell = HeatmapCell(
        policy=policy,
        axis=axis,
        severity=severity,
        episodes=len(episodes),
        success=estimates.get_estimate(key, "success"),
        time_to_success=estimates.get_estimate(key, "time_to_success"),
        force=estimates.get_estimate(key, task_suite.force_metric),
        nominal_comparison=estimates.nominal_comparisons.get(key),
        failures=dict(failures.most_common()),
        label="",
        irrelevance_reason=task_suite.irrelevant_axes[policy].get(axis, ""),
    )
    return replace(cell, label="; ".join(_describe_cell(cell, episodes, format_contact(task_suite.contact_pair))))


def _describe_cell(cell: HeatmapCell, episodes: Sequence[EpisodeRecord], contact: str) -> list[str]:
    """Return the lines of the tooltip, also read by screen readers."""
    condition = NOMINAL if cell.axis == NOMINAL else f"{format_name(cell.axis)} at severity {cell.severity}"
    lines = [f"{cell.policy}, {condition}"]
    if cell.irrelevance_reason:
        return [*lines, cell.irrelevance_reason]
    if cell.success.value is None:
        return [*lines, *(error.sentence for error in count_errors(episodes))]
    lines.append(
        f"{format_percent(cell.success.value)}% of {len(episodes)} solved ({format_percent_range(cell.success)})"
    )
    if comparison := cell.nominal_comparison:
        difference = comparison.difference
        lines.append(
            f"{format_points(difference.value)} points vs nominal ({format_points_range(difference)}), "
            f"Holm-corrected p {format_p_value(comparison.p_holm)}"
        )
    if cell.time_to_success.value is not None:
        seconds = format_amount(cell.time_to_success.value)
        lines.append(f"time to success {seconds} s{_format_interval(cell.time_to_success)}")
    if cell.force.value is not None:
        lines.append(f"peak force {format_amount(cell.force.value)} N {contact}{_format_interval(cell.force)}")
    if cell.failures:
        lines.append(f"failures: {cell.failure_text}")
    return lines


def _format_interval(estimate: Estimate) -> str:
    interval = format_amount_range(estimate)
    return f" ({interval})" if interval else ""
