"""The episodes of one policy on one task under one suite, sorted into conditions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from mygym_lite.harness.episode_errors import acted
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats.interval import Scores

Key = tuple[str, int]
"""A condition within a trial: axis and level."""
Measure = Callable[[EpisodeRecord], float | None]
DECLARED: Key = (NOMINAL, 0)
Unreached = Mapping[tuple[str, str, str], Mapping[str, str]]
"""Axes that cannot reach a policy, each with the reason, by policy, task and suite."""
NONE_UNREACHED: Unreached = MappingProxyType({})


@dataclass(frozen=True)
class Trial:
    """How one policy did on one task, condition by condition."""

    policy: str
    task: str
    suite: str
    conditions: dict[Key, list[EpisodeRecord]]
    """In the order of the plan, each sorted by seed."""
    unreached: Mapping[str, str] = field(default_factory=dict)
    """Axes that cannot reach the policy, each with the reason."""

    @cached_property
    def episodes(self) -> list[EpisodeRecord]:
        """Those of all conditions."""
        return [record for found in self.conditions.values() for record in found]

    @cached_property
    def acted(self) -> bool:
        """Whether any episode has an outcome, so that there is a success rate."""
        return acted(self.episodes)

    @property
    def nominal(self) -> list[EpisodeRecord]:
        """The episodes of the task as it is declared; there may be none."""
        return self.conditions.get(DECLARED, [])

    @property
    def axes(self) -> dict[str, list[int]]:
        """The tested levels of each axis that reaches the policy, nominal apart."""
        found: dict[str, list[int]] = {}
        for axis, level in self.conditions:
            if (axis, level) != DECLARED and axis not in self.unreached:
                found.setdefault(axis, []).append(level)
        return found

    def table(self, measure: Measure) -> Scores:
        """Values by seed (rows) and condition (columns), NaN where there is none."""
        return seed_table([{r.seed: measure(r) for r in found} for found in self.conditions.values()])


def trials(records: Iterable[EpisodeRecord], unreached: Unreached = NONE_UNREACHED) -> list[Trial]:
    """Sort episodes into trials and conditions, both in the order of the plan, whatever the order they come in."""
    found: dict[tuple[str, str, str], dict[Key, list[EpisodeRecord]]] = {}
    for record in sorted(records, key=lambda r: (r.seed, r.episode, r.policy, r.task, r.suite, r.axis, r.level)):
        conditions = found.setdefault((record.policy, record.task, record.suite), {})
        conditions.setdefault((record.axis, record.level), []).append(record)
    ordered = [
        Trial(
            *name,
            dict(sorted(conditions.items(), key=lambda item: (_first(item[1]), item[0]))),
            unreached.get(name, {}),
        )
        for name, conditions in found.items()
    ]
    return sorted(ordered, key=_place)


def _place(trial: Trial) -> tuple[int, str, str, str]:
    return min(map(_first, trial.conditions.values())), trial.policy, trial.task, trial.suite


def _first(records: Sequence[EpisodeRecord]) -> int:
    return min(record.episode for record in records)


def seed_table(columns: Sequence[Mapping[int, float | None]]) -> Scores:
    """Values by seed (rows) and column, NaN where there is none."""
    row = {seed: place for place, seed in enumerate(sorted({seed for column in columns for seed in column}))}
    filled = np.full((len(row), len(columns)), math.nan)
    for place, column in enumerate(columns):
        for seed, value in column.items():
            filled[row[seed], place] = math.nan if value is None else value
    return filled


def measured(records: Iterable[EpisodeRecord], measure: Measure) -> list[float]:
    """The values of those episodes that have one."""
    values = (measure(record) for record in records)
    return [float(value) for value in values if value is not None and math.isfinite(value)]
