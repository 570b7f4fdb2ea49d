"""A run that has ended, as Python sees it."""

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

_HEAD = ("policy", "task", "success", "seconds", "peak hand N", "robustness", "at severity 3", "weakest axis")


class EvaluationResult:
    """What came of an evaluation.

    Args:
        run: Its folder.
        missing_episodes: Why episodes have no record, by number: their policy could not be reached.
    """

    def __init__(self, run: RunFolder, missing_episodes: Mapping[int, str] | None = None) -> None:
        self.run, self.missing_episodes = run, dict(missing_episodes or {})

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return self.run.folder

    @cached_property
    def records(self) -> list[EpisodeRecord]:
        """One for each episode."""
        return self.run.read_records()

    @cached_property
    def summary(self) -> list[ConditionSummary]:
        """One row for each policy, task and condition."""
        return summarize_conditions(self.records, read_irrelevant_axes(self.run.manifest))

    @cached_property
    def policy_summaries(self) -> list[PolicySummary]:
        """One for each policy and task."""
        return summarize_policies(self.records, read_irrelevant_axes(self.run.manifest))

    def find_failures(self) -> list[EpisodeRecord]:
        """The episodes that were not solved."""
        return [record for record in self.records if not record.success]

    @property
    def incomplete_message(self) -> str | None:
        """Episodes without a record and the most frequent reason, in one line; None if the run is complete."""
        if not self.missing_episodes:
            return None
        [(reason, _)] = Counter(self.missing_episodes.values()).most_common(1)
        planned = len(self.records) + len(self.missing_episodes)
        return f"incomplete: {len(self.missing_episodes)} of {planned} episodes were not played ({reason})"

    def format_table(self, width: int | None = None) -> str:
        """One line for each policy and task: nominal success, time and force, and what is left under the suite.

        Below it stand the episodes that ended in an error, and the axes over which policies are compared.

        Args:
            width: Columns of text that it may take; any number if left out.
        """
        lines = [_HEAD, *map(_line, self.policy_summaries)]
        padded = format_table_lines(lines, width)
        warnings = dict.fromkeys(v.warning for v in self.policy_summaries if v.warning)
        shortfall = [self.incomplete_message] if self.incomplete_message else []
        return "\n".join([*padded, *warnings, *shortfall, *self._errors(), *self._axes()]) + "\n"

    def _errors(self) -> list[str]:
        return [
            f"{one.policy} on {one.task}: {found.sentence}" for one in self.policy_summaries for found in one.errors
        ]

    def _axes(self) -> list[str]:
        compared: dict[str, list[PolicySummary]] = {}
        for verdict in self.policy_summaries:
            compared.setdefault(verdict.task, []).append(verdict)
        return [note for found in compared.values() if (note := _axes(found))]


def _line(verdict: PolicySummary) -> tuple[str, ...]:
    return (
        verdict.policy,
        verdict.task,
        _share(verdict.success) if verdict.has_outcome else "error",
        _number(verdict.time_to_success),
        _number(verdict.peak_hand_force),
        _share(verdict.robustness),
        _share(verdict.success_at_severity),
        (verdict.weakest_axis or "-").replace("_", " ") if verdict.robustness.value else "-",
    )


def _axes(compared: list[PolicySummary]) -> str:
    """The axes over which policies are compared, where some do not reach every one of them."""
    apart = [
        f"{one.policy} {_share(one.other_robustness)} over {len(one.other_axes)} more"
        for one in compared
        if one.other_axes
    ]
    missed = [f"{len(one.irrelevant_axes)} for {one.policy}" for one in compared if one.irrelevant_axes]
    if not apart and not missed:
        return ""
    count = max(len(one.shared_axes) for one in compared)
    parts = [
        f"{compared[0].task}: robustness and severity {REPORTED_SEVERITY} are over the axes that reach every policy, {count}"
    ]
    parts += [f"apart from these: {', '.join(apart)}"] if apart else []
    parts += [f"axes that do not reach: {', '.join(missed)}"] if missed else []
    return "; ".join(parts)


def _share(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "-"
    return f"{estimate.value:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"


def _number(estimate: Estimate) -> str:
    if estimate.value is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3g}"
    return f"{estimate.value:.3g} ({estimate.low:.3g} to {estimate.high:.3g})"
