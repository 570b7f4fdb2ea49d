"""Episodes of one or several runs, grouped by task and suite, policy and condition."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mygym_lite.harness.condition_results import ConditionKey, IrrelevantAxes
from mygym_lite.harness.episode_errors import has_outcome
from mygym_lite.harness.relevant_axes import read_irrelevant_axes
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports.formatting import format_axis_count
from mygym_lite.rollout.record import EpisodeRecord

EpisodesByPolicy = Mapping[str, Mapping[ConditionKey, Sequence[EpisodeRecord]]]


@dataclass(frozen=True)
class AxisInfo:
    """One axis of a suite, and its applicability to a task."""

    name: str
    group: str
    about: str
    severities: tuple[int, ...]
    applicable: bool
    reason: str = ""
    """Reason if the axis is not applicable."""


@dataclass(frozen=True, eq=False)
class TaskSuite:
    """One task under one suite: episodes of every policy, by condition."""

    task: str
    suite: str
    about: str
    limits: Mapping[str, float]
    stages: tuple[str, ...]
    """Names of the task's stages, in order."""
    axes: tuple[AxisInfo, ...]
    policies: Mapping[str, int]
    """Policies with their color index, which is the same on the whole page."""
    episodes: EpisodesByPolicy
    irrelevant_axes: Mapping[str, Mapping[str, str]]
    """Axes that cannot affect a policy, with the reason, by policy."""

    @property
    def name(self) -> str:
        """Heading on the page."""
        return f"{self.task} under {self.suite}"

    @cached_property
    def severities(self) -> tuple[int, ...]:
        """Severities above 0."""
        return tuple(sorted({level for axis in self.axes for level in axis.severities}))

    @cached_property
    def policies_with_outcome(self) -> tuple[str, ...]:
        """Policies with at least one episode that did not end in a policy error."""
        return tuple(
            policy for policy, by_condition in self.episodes.items() if any(map(has_outcome, by_condition.values()))
        )

    @cached_property
    def shared_axes(self) -> tuple[AxisInfo, ...]:
        """Axes that can affect every policy with an outcome; policies are compared over these."""
        return tuple(
            axis
            for axis in self.axes
            if axis.applicable and all(self.is_relevant(axis.name, policy) for policy in self.policies_with_outcome)
        )

    @property
    def shared_axes_text(self) -> str:
        """Number of shared axes as text: ``29 shared axes``."""
        return format_axis_count(len(self.shared_axes), shared=len(self.policies_with_outcome) > 1)

    def is_relevant(self, axis: str, policy: str) -> bool:
        """Return True if an axis can affect a policy."""
        return axis not in self.irrelevant_axes.get(policy, {})

    @cached_property
    def contact_pair(self) -> str:
        """Reported contact pair: hand and object, or robot and table if the hand touches no objects."""
        conditions = (records for by_condition in self.episodes.values() for records in by_condition.values())
        pairs = {pair for records in conditions for record in records[:1] for pair in record.forces}
        return "hand_object" if "hand_object" in pairs else "robot_table"

    @property
    def force_metric(self) -> str:
        """Metric of the peak force of the reported contact pair."""
        return "peak_hand_force" if self.contact_pair == "hand_object" else "peak_table_force"

    def get_episodes(self, policy: str, axis: str, severity: int) -> Sequence[EpisodeRecord]:
        """Return the episodes of one condition."""
        return self.episodes[policy].get((axis, severity), ())

    def get_nominal_episodes(self, policy: str) -> Sequence[EpisodeRecord]:
        """Return the nominal episodes."""
        return self.get_episodes(policy, NOMINAL, 0)

    def get_perturbed_episodes(self, policy: str) -> list[EpisodeRecord]:
        """Return the episodes of all conditions that can affect the policy."""
        return [
            e
            for (axis, _), episodes in self.episodes[policy].items()
            if axis != NOMINAL and self.is_relevant(axis, policy)
            for e in episodes
        ]


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
    labels = _label_policies(runs, records_by_run)
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


def _label_policies(
    runs: Sequence[RunFolder], records_by_run: Sequence[Sequence[EpisodeRecord]]
) -> dict[tuple[int, str], str]:
    """Label the policies of each run; the run name is appended if a policy name is ambiguous."""
    used: dict[str, list[int]] = defaultdict(list)
    occurrences: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for number, records in enumerate(records_by_run):
        for policy, task, suite in dict.fromkeys((e.policy, e.task, e.suite) for e in records):
            occurrences[policy][task, suite] += 1
            used[policy] = sorted({*used[policy], number})
    names = _name_runs(runs)
    labels = {}
    for policy, numbers in used.items():
        ambiguous = _is_ambiguous(runs, policy, numbers, occurrences[policy])
        for number in numbers:
            labels[number, policy] = f"{policy} ({names[number]})" if ambiguous else policy
    return labels


def _is_ambiguous(
    runs: Sequence[RunFolder], policy: str, numbers: Sequence[int], occurrences: Mapping[Any, int]
) -> bool:
    digests = {runs[number].manifest.get("policies", {}).get(policy, {}).get("digest") for number in numbers}
    return len(digests) > 1 or max(occurrences.values()) > 1


def _name_runs(runs: Sequence[RunFolder]) -> list[str]:
    names = [run.folder.resolve().name for run in runs]
    counts = Counter(names)
    return [name if counts[name] == 1 else f"{name}, run {number}" for number, name in enumerate(names, start=1)]


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
        axes=_list_axes(runs, task, suite, episodes),
        policies={policy: color for color, policy in enumerate(policies) if policy in episodes},
        episodes=episodes,
        irrelevant_axes={policy: irrelevant_axes.get((policy, task, suite), {}) for policy in episodes},
    )


def _list_axes(runs: Sequence[RunFolder], task: str, suite: str, episodes: EpisodesByPolicy) -> tuple[AxisInfo, ...]:
    """List the axes of a suite in declared order; for a suite that combines axes, the combinations that were run."""
    tested: dict[str, set[int]] = {}
    groups: dict[str, str] = {}
    for by_condition in episodes.values():
        for (axis, severity), records in by_condition.items():
            if axis != NOMINAL:
                tested.setdefault(axis, set()).add(severity)
                groups.setdefault(axis, records[0].group)
    if suite in tested:
        return tuple(
            AxisInfo(name, groups[name], "", tuple(sorted(severities)), applicable=True)
            for name, severities in tested.items()
        )
    declared = {axis["name"]: axis for axis in _read_suite_axes(runs, suite)}
    return tuple(
        _build_axis(name, declared.get(name, {}), task, tested.get(name, set()), groups.get(name, ""))
        for name in dict.fromkeys([*declared, *tested])
    )


def _read_suite_axes(runs: Sequence[RunFolder], suite: str) -> Iterable[Mapping[str, Any]]:
    """Read the axes of a suite from the manifests, with the severities at which the suite tests them."""
    for info in (run.manifest.get("suite") or {} for run in runs):
        if info.get("name") == suite and not info.get("combine"):
            tested = set(info.get("severities") or range(6))
            for axis in info.get("axes", ()):
                yield {
                    **axis,
                    "severities": [severity for severity in axis.get("severities", ()) if severity in tested],
                }


def _build_axis(name: str, declared: Mapping[str, Any], task: str, tested: set[int], group: str) -> AxisInfo:
    applicable = bool(tested) or bool(declared.get("applicable", {}).get(task, True))
    return AxisInfo(
        name=name,
        group=declared.get("group", group),
        about=declared.get("about", ""),
        severities=tuple(sorted({*declared.get("severities", ()), *tested})),
        applicable=applicable,
        reason="" if applicable else _explain_inapplicable(declared, task),
    )


def _explain_inapplicable(declared: Mapping[str, Any], task: str) -> str:
    """Return the reason why an axis does not apply: the task lacks or does not observe what it varies."""
    if declared.get("observes"):
        return f"{task} does not observe what this axis perturbs"
    paths = list(declared.get("needs") or declared.get("changes") or ())
    return f"{task} has no {paths[0]}" if paths else f"{task} has nothing that this axis varies"
