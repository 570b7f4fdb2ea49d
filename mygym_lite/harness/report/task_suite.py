"""One task under one suite: its axes, and the episodes of every policy by condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mygym_lite.harness.condition_results import ConditionKey
from mygym_lite.harness.episode_errors import has_outcome
from mygym_lite.randomization.condition import NOMINAL
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
