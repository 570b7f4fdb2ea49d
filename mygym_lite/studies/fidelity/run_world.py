"""One run as a world: its policies, conditions and outcomes by seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mygym_lite.errors import UsageError
from mygym_lite.harness.condition_results import ConditionKey, ConditionResults, group_by_condition
from mygym_lite.harness.relevant_axes import read_irrelevant_axes
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats.interval import Scores
from mygym_lite.studies.fidelity.world_pair import Condition

MIN_POLICIES = 3


@dataclass(frozen=True)
class RunResults:
    """Records of a run by policy, task and condition."""

    run: RunFolder

    @cached_property
    def results(self) -> Mapping[tuple[str, str], ConditionResults]:
        """Results by policy and task."""
        grouped = group_by_condition(self.run.read_records(), read_irrelevant_axes(self.run.manifest))
        return {(results.policy, results.task): results for results in grouped}

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks of the run, in its order."""
        return tuple(self.run.manifest["tasks"])

    @property
    def policies(self) -> tuple[str, ...]:
        """Policies of the run, in its order."""
        return tuple(self.run.manifest["policies"])

    def list_failed_policies(self) -> tuple[str, ...]:
        """List the policies without any outcome on one of the tasks: they broke in every episode."""
        failed = {policy for (policy, _), results in self.results.items() if not results.has_outcome}
        return tuple(policy for policy in self.policies if policy in failed)

    def list_conditions(self) -> tuple[Condition, ...]:
        """List the conditions with episodes that can affect any policy, those of one task together."""
        found: dict[str, dict[Condition, None]] = {task: {} for task in self.tasks}
        for (_, task), results in self.results.items():
            for (axis, severity), records in results.conditions.items():
                if axis not in results.irrelevant_axes:
                    found[task].setdefault(Condition(task, axis, severity, records[0].group))
        return tuple(condition for conditions in found.values() for condition in conditions)

    def is_irrelevant(self, policy: str, condition: Condition) -> bool:
        """Return True if the axis of a condition cannot affect a policy."""
        results = self.results.get((policy, condition.task))
        return results is not None and condition.axis in results.irrelevant_axes

    def get_records(self, policy: str, condition: Condition) -> Mapping[int, EpisodeRecord]:
        """Return the records of a policy under a condition by seed; none if the axis cannot affect it."""
        results = self.results.get((policy, condition.task))
        if results is None or self.is_irrelevant(policy, condition):
            return {}
        key: ConditionKey = (condition.axis, condition.severity)
        return {record.seed: record for record in results.conditions.get(key, [])}

    def tabulate(self, policies: Sequence[str], conditions: Sequence[Condition], seeds: Sequence[int]) -> Scores:
        """Tabulate success (policies, conditions, seeds), NaN without an episode."""
        rows = {seed: row for row, seed in enumerate(seeds)}
        table = np.full((len(policies), len(conditions), len(seeds)), math.nan)
        for number, policy in enumerate(policies):
            for column, condition in enumerate(conditions):
                for seed, record in self.get_records(policy, condition).items():
                    if seed in rows:
                        table[number, column, rows[seed]] = record.success
        return table


def require_policies(policies: Sequence[str], where: str) -> None:
    """Refuse fewer policies than can be ranked.

    Raises:
        UsageError: They are too few.
    """
    if len(policies) < MIN_POLICIES:
        names = f" ({', '.join(policies)})" if policies else ""
        raise UsageError(
            f"{where}: {len(policies)} policies with results in both{names}; ranks need at least {MIN_POLICIES}: "
            "evaluate more of the same policies in both"
        )
