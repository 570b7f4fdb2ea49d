"""The episodes of a policy on a task under a suite, grouped by condition."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from mygym_lite.harness.episode_errors import has_outcome
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats.interval import Scores

ConditionKey = tuple[str, int]
"""Axis and severity."""
MeasureFunction = Callable[[EpisodeRecord], float | None]
NOMINAL_KEY: ConditionKey = (NOMINAL, 0)
IrrelevantAxes = Mapping[tuple[str, str, str], Mapping[str, str]]
"""Axes that cannot affect a policy, each with the reason, by policy, task and suite."""
NO_IRRELEVANT_AXES: IrrelevantAxes = MappingProxyType({})


@dataclass(frozen=True)
class ConditionResults:
    """Episodes of one policy on one task, by condition."""

    policy: str
    task: str
    suite: str
    conditions: dict[ConditionKey, list[EpisodeRecord]]
    """Records in the order of the plan, each condition sorted by seed."""
    irrelevant_axes: Mapping[str, str] = field(default_factory=dict)
    """Axes that cannot affect the policy, each with the reason."""

    @cached_property
    def episodes(self) -> list[EpisodeRecord]:
        """Records of all conditions."""
        return [record for records in self.conditions.values() for record in records]

    @cached_property
    def has_outcome(self) -> bool:
        """True if any episode has an outcome, so that there is a success rate."""
        return has_outcome(self.episodes)

    @property
    def nominal(self) -> list[EpisodeRecord]:
        """Records of the nominal condition; there may be none."""
        return self.conditions.get(NOMINAL_KEY, [])

    @property
    def axes(self) -> dict[str, list[int]]:
        """Tested severities of each axis that affects the policy."""
        severities: dict[str, list[int]] = {}
        for axis, severity in self.conditions:
            if (axis, severity) != NOMINAL_KEY and axis not in self.irrelevant_axes:
                severities.setdefault(axis, []).append(severity)
        return severities

    def tabulate_by_seed(self, measure: MeasureFunction) -> Scores:
        """Tabulate a measure by seed (rows) and condition (columns); NaN without a value."""
        return build_seed_table([{r.seed: measure(r) for r in records} for records in self.conditions.values()])


def group_by_condition(
    records: Iterable[EpisodeRecord], irrelevant_axes: IrrelevantAxes = NO_IRRELEVANT_AXES
) -> list[ConditionResults]:
    """Group records by policy, task and suite, then by condition, both in the order of the plan."""
    groups: dict[tuple[str, str, str], dict[ConditionKey, list[EpisodeRecord]]] = {}
    for record in sorted(records, key=lambda r: (r.seed, r.episode, r.policy, r.task, r.suite, r.axis, r.severity)):
        conditions = groups.setdefault((record.policy, record.task, record.suite), {})
        conditions.setdefault((record.axis, record.severity), []).append(record)
    ordered = [
        ConditionResults(
            *name,
            dict(sorted(conditions.items(), key=lambda item: (_find_first_episode(item[1]), item[0]))),
            irrelevant_axes.get(name, {}),
        )
        for name, conditions in groups.items()
    ]
    return sorted(
        ordered,
        key=lambda results: (_find_first_episode(results.episodes), results.policy, results.task, results.suite),
    )


def _find_first_episode(records: Sequence[EpisodeRecord]) -> int:
    return min(record.episode for record in records)


def build_seed_table(columns: Sequence[Mapping[int, float | None]]) -> Scores:
    """Tabulate values by seed (rows) and column; NaN without a value."""
    row = {seed: index for index, seed in enumerate(sorted({seed for column in columns for seed in column}))}
    table = np.full((len(row), len(columns)), math.nan)
    for index, column in enumerate(columns):
        for seed, value in column.items():
            table[row[seed], index] = math.nan if value is None else value
    return table


def collect_values(records: Iterable[EpisodeRecord], measure: MeasureFunction) -> list[float]:
    """Collect the values of the episodes that have one."""
    values = (measure(record) for record in records)
    return [float(value) for value in values if value is not None and math.isfinite(value)]
