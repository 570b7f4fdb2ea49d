"""The result of an evaluation, as a Python object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from mygym_lite.harness.relevant_axes import read_irrelevant_axes
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.harness.summary import ConditionSummary, summarize_conditions
from mygym_lite.harness.verdict import REPORTED_SEVERITY, PolicySummary, summarize_policies
from mygym_lite.reports.text_table import format_table_lines
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate

_HEADER = ("policy", "task", "success", "seconds", "peak hand N", "robustness", "at severity 3", "weakest axis")
_PROGRESS = "progress"  # column after success, if any task has stages


class EvaluationResult:
    """Result of an evaluation.

    Args:
        run: Folder of the run.
        missing_episodes: Reasons why episodes have no record, by number: their policy could not be reached.
    """

    def __init__(self, run: RunFolder, missing_episodes: Mapping[int, str] | None = None) -> None:
        self.run, self.missing_episodes = run, dict(missing_episodes or {})

    @property
    def folder(self) -> Path:
        """Folder of the run."""
        return self.run.folder

    @cached_property
    def records(self) -> list[EpisodeRecord]:
        """Records of all episodes."""
        return self.run.read_records()

    @cached_property
    def summary(self) -> list[ConditionSummary]:
        """Metrics of each policy, task and condition."""
        return summarize_conditions(self.records, read_irrelevant_axes(self.run.manifest))

    @cached_property
    def policy_summaries(self) -> list[PolicySummary]:
        """Summary of each policy and task."""
        return summarize_policies(self.records, read_irrelevant_axes(self.run.manifest))

    def find_failures(self) -> list[EpisodeRecord]:
        """Find the episodes without success."""
        return [record for record in self.records if not record.success]

    @property
    def incomplete_message(self) -> str | None:
        """Number of episodes without a record, with the most frequent reason; None if the run is complete."""
        if not self.missing_episodes:
            return None
        [(reason, _)] = Counter(self.missing_episodes.values()).most_common(1)
        planned = len(self.records) + len(self.missing_episodes)
        return f"incomplete: {len(self.missing_episodes)} of {planned} episodes were not played ({reason})"

    def format_table(self, width: int | None = None) -> str:
        """Format a line for each policy and task: nominal success, time and force, and robustness.

        Tasks with stages add a column with their progress, the mean share of stages that were reached.

        Notes below list warnings, errors, and the axes over which policies are compared.

        Args:
            width: Maximal width of the table, columns of text; unlimited if left out.
        """
        summaries = self.policy_summaries
        has_stages = any(summary.progress.value is not None for summary in summaries)
        lines = format_table_lines(_insert_progress(summaries) if has_stages else _build_rows(summaries), width)
        lines += dict.fromkeys(summary.warning for summary in summaries if summary.warning)
        lines += [self.incomplete_message] if self.incomplete_message else []
        lines += [f"{entry.policy} on {entry.task}: {error.sentence}" for entry in summaries for error in entry.errors]
        by_task: dict[str, list[PolicySummary]] = {}
        for summary in summaries:
            by_task.setdefault(summary.task, []).append(summary)
        lines += filter(None, map(_format_axes, by_task.values()))
        return "\n".join(lines) + "\n"


def _build_rows(summaries: list[PolicySummary]) -> list[tuple[str, ...]]:
    return [_HEADER, *map(_format_row, summaries)]


def _insert_progress(summaries: list[PolicySummary]) -> list[tuple[str, ...]]:
    """Build the rows with the column of progress."""
    after = _HEADER.index("success") + 1
    cells = [_PROGRESS, *(_format_rate(summary.progress) for summary in summaries)]
    rows = zip(_build_rows(summaries), cells, strict=True)
    return [(*row[:after], cell, *row[after:]) for row, cell in rows]


def _format_row(summary: PolicySummary) -> tuple[str, ...]:
    return (
        summary.policy,
        summary.task,
        _format_rate(summary.success) if summary.has_outcome else "error",
        _format_number(summary.time_to_success),
        _format_number(summary.peak_hand_force),
        _format_rate(summary.robustness),
        _format_rate(summary.success_at_severity),
        (summary.weakest_axis or "-").replace("_", " ") if summary.robustness.value else "-",
    )


def _format_axes(summaries: list[PolicySummary]) -> str:
    """Describe the axes over which the policies of a task are compared, if some do not affect all of them."""
    others = [
        f"{summary.policy} {_format_rate(summary.other_robustness)} over {len(summary.other_axes)} more"
        for summary in summaries
        if summary.other_axes
    ]
    irrelevant = [f"{len(entry.irrelevant_axes)} for {entry.policy}" for entry in summaries if entry.irrelevant_axes]
    if not others and not irrelevant:
        return ""
    count = max(len(summary.shared_axes) for summary in summaries)
    parts = [
        f"{summaries[0].task}: robustness and severity {REPORTED_SEVERITY} are over the axes that reach every policy, "
        f"{count}"
    ]
    parts += [f"apart from these: {', '.join(others)}"] if others else []
    parts += [f"axes that do not reach: {', '.join(irrelevant)}"] if irrelevant else []
    return "; ".join(parts)


def _format_rate(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "-"
    return f"{estimate.value:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"


def _format_number(estimate: Estimate) -> str:
    if estimate.value is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3g}"
    return f"{estimate.value:.3g} ({estimate.low:.3g} to {estimate.high:.3g})"
