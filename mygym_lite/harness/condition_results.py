"""The episodes of one policy on one task under one suite, sorted into conditions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from mygym_lite.harness.episode_errors import has_outcome
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats.interval import Scores

ConditionKey = tuple[str, int]
"""A condition within a trial: axis and level."""
MeasureFunction = Callable[[EpisodeRecord], float | None]
NOMINAL_KEY: ConditionKey = (NOMINAL, 0)
IrrelevantAxes = Mapping[tuple[str, str, str], Mapping[str, str]]
"""Axes that cannot reach a policy, each with the reason, by policy, task and suite."""
NO_IRRELEVANT_AXES: IrrelevantAxes = MappingProxyType({})


@dataclass(frozen=True)
class ConditionResults:
    """How one policy did on one task, condition by condition."""

    policy: str
    task: str
    suite: str
    conditions: dict[ConditionKey, list[EpisodeRecord]]
    """In the order of the plan, each sorted by seed."""
    irrelevant_axes: Mapping[str, str] = field(default_factory=dict)
    """Axes that cannot reach the policy, each with the reason."""

    @cached_property
    def episodes(self) -> list[EpisodeRecord]:
        """Those of all conditions."""
        return [record for found in self.conditions.values() for record in found]

    @cached_property
    def has_outcome(self) -> bool:
        """Whether any episode has an outcome, so that there is a success rate."""
        return has_outcome(self.episodes)

    @property
    def nominal(self) -> list[EpisodeRecord]:
        """The episodes of the task as it is declared; there may be none."""
        return self.conditions.get(NOMINAL_KEY, [])

    @property
    def axes(self) -> dict[str, list[int]]:
        """The tested levels of each axis that reaches the policy, nominal apart."""
        found: dict[str, list[int]] = {}
        for axis, level in self.conditions:
            if (axis, level) != NOMINAL_KEY and axis not in self.irrelevant_axes:
                found.setdefault(axis, []).append(level)
        return found

    def tabulate_by_seed(self, measure: MeasureFunction) -> Scores:
        """Values by seed (rows) and condition (columns), NaN where there is none."""
        return build_seed_table([{r.seed: measure(r) for r in found} for found in self.conditions.values()])


def group_by_condition(
    records: Iterable[EpisodeRecord], irrelevant_axes: IrrelevantAxes = NO_IRRELEVANT_AXES
) -> list[ConditionResults]:
    """Sort episodes into trials and conditions, both in the order of the plan, whatever the order they come in."""
    found: dict[tuple[str, str, str], dict[ConditionKey, list[EpisodeRecord]]] = {}
    for record in sorted(records, key=lambda r: (r.seed, r.episode, r.policy, r.task, r.suite, r.axis, r.severity)):
        conditions = found.setdefault((record.policy, record.task, record.suite), {})
        conditions.setdefault((record.axis, record.severity), []).append(record)
    ordered = [
        ConditionResults(
            *name,
            dict(sorted(conditions.items(), key=lambda item: (_first(item[1]), item[0]))),
            irrelevant_axes.get(name, {}),
        )
        for name, conditions in found.items()
    ]
    return sorted(ordered, key=_place)


def _place(trial: ConditionResults) -> tuple[int, str, str, str]:
    return min(map(_first, trial.conditions.values())), trial.policy, trial.task, trial.suite


def _first(records: Sequence[EpisodeRecord]) -> int:
    return min(record.episode for record in records)


def build_seed_table(columns: Sequence[Mapping[int, float | None]]) -> Scores:
    """Values by seed (rows) and column, NaN where there is none."""
    row = {seed: place for place, seed in enumerate(sorted({seed for column in columns for seed in column}))}
    filled = np.full((len(row), len(columns)), math.nan)
    for place, column in enumerate(columns):
        for seed, value in column.items():
            filled[row[seed], place] = math.nan if value is None else value
    return filled


def collect_values(records: Iterable[EpisodeRecord], measure: MeasureFunction) -> list[float]:
    """The values of those episodes that have one."""
    values = (measure(record) for record in records)
    return [float(value) for value in values if value is not None and math.isfinite(value)]
