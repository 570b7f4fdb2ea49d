"""All episodes of one or several runs, arranged by what they are compared on: boards of one task and one suite."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mygym_lite.harness.condition_results import IrrelevantAxes
from mygym_lite.harness.episode_errors import has_outcome
from mygym_lite.harness.relevant_axes import read_irrelevant_axes
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.reports.formatting import format_axis_count
from mygym_lite.rollout.record import EpisodeRecord

ConditionKey = tuple[str, int]
"""An axis and a level of it."""


@dataclass(frozen=True)
class AxisInfo:
    """What a suite says of an axis, and whether the board's task has what it changes."""

    name: str
    group: str
    about: str
    severities: tuple[int, ...]
    applicable: bool
    reason: str = ""
    """Why it is not applicable."""


@dataclass(frozen=True, eq=False)
class TaskSuite:
    """One task under one suite: every policy's episodes, by condition."""

    task: str
    suite: str
    about: str
    limits: Mapping[str, float]
    axes: tuple[AxisInfo, ...]
    policies: Mapping[str, int]
    """Those that were run on it, with the number that stands for their colour on the whole page."""
    episodes: Mapping[str, Mapping[ConditionKey, Sequence[EpisodeRecord]]]
    irrelevant_axes: Mapping[str, Mapping[str, str]]
    """Axes that cannot reach a policy, each with the reason, by policy."""

    @property
    def name(self) -> str:
        """What it is called on the page."""
        return f"{self.task} under {self.suite}"

    @cached_property
    def severities(self) -> tuple[int, ...]:
        """Every severity beyond nominal."""
        return tuple(sorted({level for axis in self.axes for level in axis.severities}))

    @cached_property
    def policies_with_outcome(self) -> tuple[str, ...]:
        """The policies that have an outcome in any episode."""
        return tuple(p for p, told in self.episodes.items() if any(has_outcome(found) for found in told.values()))

    @cached_property
    def shared_axes(self) -> tuple[AxisInfo, ...]:
        """The axes that reach every policy that acted, over which they are compared."""
        return tuple(
            axis
            for axis in self.axes
            if axis.applicable and all(self.is_relevant(axis.name, policy) for policy in self.policies_with_outcome)
        )

    @property
    def shared_axes_text(self) -> str:
        """Those axes in words: ``29 shared axes``."""
        return format_axis_count(len(self.shared_axes), shared=len(self.policies_with_outcome) > 1)

    def is_relevant(self, axis: str, policy: str) -> bool:
        """Whether an axis can change anything for a policy."""
        return axis not in self.irrelevant_axes.get(policy, {})

    @cached_property
    def contact_pair(self) -> str:
        """Whose contact the page speaks of: the hand's with objects, else the robot's with the table."""
        pairs = {
            pair for told in self.episodes.values() for found in told.values() for e in found[:1] for pair in e.forces
        }
        return "hand_object" if "hand_object" in pairs else "robot_table"

    @property
    def force_metric(self) -> str:
        """The metric of it."""
        return "peak_hand_force" if self.contact_pair == "hand_object" else "peak_table_force"

    def get_episodes(self, policy: str, axis: str, severity: int) -> Sequence[EpisodeRecord]:
        """The episodes of one condition."""
        return self.episodes[policy].get((axis, severity), ())

    def get_nominal_episodes(self, policy: str) -> Sequence[EpisodeRecord]:
        """The episodes in which nothing differs."""
        return self.get_episodes(policy, NOMINAL, 0)

    def get_perturbed_episodes(self, policy: str) -> list[EpisodeRecord]:
        """The episodes in which something differs for the policy."""
        return [
            e
            for (axis, _), found in self.episodes[policy].items()
            if axis != NOMINAL and self.is_relevant(axis, policy)
            for e in found
        ]


@dataclass(frozen=True, eq=False)
class ReportData:
    """Everything that a report is made from."""

    runs: Sequence[RunFolder]
    records: Sequence[EpisodeRecord]
    """Under names of policies that tell runs apart where they must."""
    policies: tuple[str, ...]
    task_suites: tuple[TaskSuite, ...]
    runs_by_policy: Mapping[tuple[str, str, str], RunFolder]
    """Which run the episodes of a policy on a task under a suite are from."""
    irrelevant_axes: IrrelevantAxes
    """Axes that cannot reach a policy."""

    def find_run(self, record: EpisodeRecord) -> RunFolder:
        """The run that an episode is from."""
        return self.runs_by_policy[record.policy, record.task, record.suite]


def collect_report_data(runs: Sequence[RunFolder]) -> ReportData:
    """Read runs and put what belongs together side by side."""
    told = [run.read_records() for run in runs]
    renamed = _labels(runs, told)
    origins: dict[tuple[str, str, str], RunFolder] = {}
    grouped: dict[tuple[str, str], dict[str, dict[ConditionKey, list[EpisodeRecord]]]] = {}
    records: list[EpisodeRecord] = []
    for number, run in enumerate(runs):
        for record in told[number]:
            name = renamed[number, record.policy]
            one = record if name == record.policy else replace(record, policy=name)
            records.append(one)
            origins[name, one.task, one.suite] = run
            board = grouped.setdefault((one.task, one.suite), {})
            board.setdefault(name, {}).setdefault((one.axis, one.severity), []).append(one)
    policies = tuple(dict.fromkeys(record.policy for record in records))
    unreached = _unreached(runs, renamed)
    boards = tuple(_board(runs, task, suite, policies, found, unreached) for (task, suite), found in grouped.items())
    return ReportData(runs, records, policies, boards, origins, unreached)


def _unreached(runs: Sequence[RunFolder], renamed: Mapping[tuple[int, str], str]) -> IrrelevantAxes:
    """Findings of the runs, under the names that policies have here."""
    return {
        (renamed[number, policy], task, suite): axes
        for number, run in enumerate(runs)
        for (policy, task, suite), axes in read_irrelevant_axes(run.manifest).items()
        if (number, policy) in renamed
    }


def _labels(runs: Sequence[RunFolder], told: Sequence[Sequence[EpisodeRecord]]) -> dict[tuple[int, str], str]:
    """A name for each run's policy: with the run's, where one name would stand for two things."""
    used: dict[str, list[int]] = defaultdict(list)
    places: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for number, records in enumerate(told):
        for policy, task, suite in dict.fromkeys((e.policy, e.task, e.suite) for e in records):
            places[policy][task, suite] += 1
            used[policy] = sorted({*used[policy], number})
    names = _run_names(runs)
    return {
        (number, policy): f"{policy} ({names[number]})" if _ambiguous(runs, policy, numbers, places[policy]) else policy
        for policy, numbers in used.items()
        for number in numbers
    }


def _ambiguous(runs: Sequence[RunFolder], policy: str, numbers: Sequence[int], places: Mapping[Any, int]) -> bool:
    digests = {runs[number].manifest.get("policies", {}).get(policy, {}).get("digest") for number in numbers}
    return len(digests) > 1 or max(places.values()) > 1


def _run_names(runs: Sequence[RunFolder]) -> list[str]:
    names = [run.folder.resolve().name for run in runs]
    counts = Counter(names)
    return [name if counts[name] == 1 else f"{name}, run {place}" for place, name in enumerate(names, start=1)]


def _board(
    runs: Sequence[RunFolder],
    task: str,
    suite: str,
    policies: Sequence[str],
    found: Mapping[str, Mapping[ConditionKey, Sequence[EpisodeRecord]]],
    unreached: IrrelevantAxes,
) -> TaskSuite:
    cards = [run.manifest["tasks"][task] for run in runs if task in run.manifest.get("tasks", {})]
    card = cards[0] if cards else {}
    colors = {policy: number for number, policy in enumerate(policies) if policy in found}
    axes = _axes(runs, task, suite, found)
    missed = {policy: unreached.get((policy, task, suite), {}) for policy in found}
    return TaskSuite(task, suite, card.get("about", ""), card.get("limits", {}), axes, colors, found, missed)


def _axes(
    runs: Sequence[RunFolder],
    task: str,
    suite: str,
    found: Mapping[str, Mapping[ConditionKey, Sequence[EpisodeRecord]]],
) -> tuple[AxisInfo, ...]:
    """The suite's axes in its order; of a suite that combines axes, the combinations that were run."""
    seen: dict[str, set[int]] = {}
    groups: dict[str, str] = {}
    for (axis, level), records in ((place, e) for told in found.values() for place, e in told.items()):
        if axis != NOMINAL:
            seen.setdefault(axis, set()).add(level)
            groups.setdefault(axis, records[0].group)
    if suite in seen:
        return tuple(AxisInfo(name, groups[name], "", tuple(sorted(levels)), True) for name, levels in seen.items())
    cards = {card["name"]: card for card in _suite_axes(runs, suite)}
    names = dict.fromkeys([*cards, *seen])
    return tuple(_axis(name, cards.get(name, {}), task, seen.get(name, set()), groups.get(name, "")) for name in names)


def _suite_axes(runs: Sequence[RunFolder], suite: str) -> Iterable[Mapping[str, Any]]:
    """What manifests say of a suite's axes, at the levels at which the suite tests them."""
    for told in (run.manifest.get("suite") or {} for run in runs):
        if told.get("name") == suite and not told.get("combine"):
            tested = set(told.get("severities") or range(6))
            for card in told.get("axes", ()):
                yield {**card, "severities": [level for level in card.get("severities", ()) if level in tested]}


def _axis(name: str, card: Mapping[str, Any], task: str, seen: set[int], group: str) -> AxisInfo:
    levels = tuple(sorted({*card.get("severities", ()), *seen}))
    applicable = bool(seen) or bool(card.get("applicable", {}).get(task, True))
    reason = "" if applicable else _reason(card, task)
    return AxisInfo(name, card.get("group", group), card.get("about", ""), levels, applicable, reason)


def _reason(card: Mapping[str, Any], task: str) -> str:
    """Why a task is not tested on an axis: it lacks what the axis changes, or does not look at it."""
    if card.get("observes"):
        return f"{task} does not observe what it disturbs"
    paths = list(card.get("needs") or card.get("changes") or ())
    return f"{task} has no {paths[0]}" if paths else f"{task} has nothing that it changes"
