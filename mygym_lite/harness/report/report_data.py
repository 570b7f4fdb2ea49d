"""Episodes of one or several runs, grouped by task and suite, policy and condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mygym_lite.harness.condition_results import ConditionKey, IrrelevantAxes
from mygym_lite.harness.relevant_axes import read_irrelevant_axes
from mygym_lite.harness.report.policy_labels import label_policies
from mygym_lite.harness.report.suite_axes import list_axes
from mygym_lite.harness.report.task_suite import EpisodesByPolicy, TaskSuite
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.rollout.record import EpisodeRecord


@dataclass(frozen=True, eq=False)
class ReportData:
    """Input of a report."""

    runs: Sequence[RunFolder]
    records: Sequence[EpisodeRecord]
    """Episodes of all runs; policies are renamed where several runs use one name for different policies."""
    policies: tuple[str, ...]
    task_suites: tuple[TaskSuite, ...]
    runs_by_policy: Mapping[tuple[str, str, str], RunFolder]
    """Run by policy, task and suite."""
    irrelevant_axes: IrrelevantAxes
    """Axes that cannot affect a policy."""

    def find_run(self, record: EpisodeRecord) -> RunFolder:
        """Return the run that contains an episode."""
        return self.runs_by_policy[record.policy, record.task, record.suite]


def collect_report_data(runs: Sequence[RunFolder]) -> ReportData:
    """Read runs and group their episodes by task and suite."""
    records_by_run = [run.read_records() for run in runs]
    labels = label_policies(runs, records_by_run)
    origins: dict[tuple[str, str, str], RunFolder] = {}
    grouped: dict[tuple[str, str], dict[str, dict[ConditionKey, list[EpisodeRecord]]]] = {}
    records: list[EpisodeRecord] = []
    for number, run in enumerate(runs):
        for original in records_by_run[number]:
            label = labels[number, original.policy]
            record = original if label == original.policy else replace(original, policy=label)
            records.append(record)
            origins[label, record.task, record.suite] = run
            by_policy = grouped.setdefault((record.task, record.suite), {})
            by_policy.setdefault(label, {}).setdefault((record.axis, record.severity), []).append(record)
    policies = tuple(dict.fromkeys(record.policy for record in records))
    irrelevant_axes = _collect_irrelevant_axes(runs, labels)
    task_suites = tuple(
        _build_task_suite(runs, key, policies, episodes=episodes, irrelevant_axes=irrelevant_axes)
        for key, episodes in grouped.items()
    )
    return ReportData(
        runs=runs,
        records=records,
        policies=policies,
        task_suites=task_suites,
        runs_by_policy=origins,
        irrelevant_axes=irrelevant_axes,
    )


def _collect_irrelevant_axes(runs: Sequence[RunFolder], labels: Mapping[tuple[int, str], str]) -> IrrelevantAxes:
    """Collect the irrelevant axes of all runs, under the labels of their policies."""
    return {
        (labels[number, policy], task, suite): axes
        for number, run in enumerate(runs)
        for (policy, task, suite), axes in read_irrelevant_axes(run.manifest).items()
        if (number, policy) in labels
    }


def _build_task_suite(
    runs: Sequence[RunFolder],
    key: tuple[str, str],
    policies: Sequence[str],
    *,
    episodes: EpisodesByPolicy,
    irrelevant_axes: IrrelevantAxes,
) -> TaskSuite:
    task, suite = key
    infos = [run.manifest["tasks"][task] for run in runs if task in run.manifest.get("tasks", {})]
    info = infos[0] if infos else {}
    return TaskSuite(
        task=task,
        suite=suite,
        about=info.get("about", ""),
        limits=info.get("limits", {}),
        stages=tuple(str(stage["name"]) for stage in info.get("fields", {}).get("stages", ())),
        axes=list_axes(runs, task, suite, episodes),
        policies={policy: color for color, policy in enumerate(policies) if policy in episodes},
        episodes=episodes,
        irrelevant_axes={policy: irrelevant_axes.get((policy, task, suite), {}) for policy in episodes},
    )
