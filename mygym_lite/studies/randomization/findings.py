"""What a study found: how every twin does on every axis, on average, and against the one without randomization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from mygym_lite.harness.condition_results import NOMINAL_KEY
from mygym_lite.stats import NO_ESTIMATE, Estimate
from mygym_lite.stats.interval import Scores
from mygym_lite.stats.nested_bootstrap import NestedBootstrap, average_tables
from mygym_lite.studies.randomization.evaluation import StudyOutcomes
from mygym_lite.studies.randomization.plan import NONE, RandomizationPlan

MEAN = "mean"
"""Stands for all axes together."""


@dataclass(frozen=True)
class StudyCell:
    """One training preset under one condition, or under all axes of a level."""

    preset: str
    axis: str
    group: str
    severity: int
    success: Estimate
    by_training: tuple[float, ...]
    """The same of each training."""
    retention: Estimate
    """As a share of nominal success."""
    difference: Estimate
    """To the twin without randomization, on the same episodes; nothing where there is none."""

    @property
    def significant(self) -> bool:
        """Whether the difference is beyond chance."""
        _, low, high = self.difference
        return low is not None and high is not None and (low > 0.0 or high < 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Plain tables."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value._asdict() if isinstance(value, Estimate) else value for name, value in told.items()}


@dataclass(frozen=True)
class StudyFindings:
    """All of it."""

    plan: RandomizationPlan
    outcomes: StudyOutcomes
    cells: dict[tuple[str, str, int], StudyCell]
    """By preset, axis (or ``nominal``, or ``mean``) and level."""

    @property
    def presets(self) -> list[str]:
        """What the twins are called, in order."""
        return list(self.plan.labels)

    @property
    def axes(self) -> list[tuple[str, list[str]]]:
        """The axes that were tested, by group."""
        groups: dict[str, list[str]] = {}
        for axis, group in self.outcomes.groups.items():
            groups.setdefault(group, []).append(axis)
        return list(groups.items())

    @property
    def reported_severity(self) -> int:
        """The severity of which most is told: 3 where it was tested, else the hardest."""
        return 3 if 3 in self.plan.severities else max(self.plan.severities)

    def get_cell(self, preset: str, axis: str, severity: int) -> StudyCell:
        """What was found under one condition."""
        return self.cells[preset, axis, severity]

    def get_nominal_cell(self, preset: str) -> StudyCell:
        """What was found where nothing differs."""
        return self.cells[preset, *NOMINAL_KEY]

    def get_mean_cell(self, preset: str, severity: int | None = None) -> StudyCell:
        """What was found over all axes."""
        return self.cells[preset, MEAN, severity or self.reported_severity]


def compute_findings(plan: RandomizationPlan, outcomes: StudyOutcomes) -> StudyFindings:
    """Compute everything; the same outcomes give the same numbers."""
    judge = _Judge(plan, outcomes)
    cells = [judge.cell(preset, *NOMINAL_KEY, NOMINAL_KEY[0], [NOMINAL_KEY[0]]) for preset in plan.labels]
    for level in plan.severities:
        for preset in plan.labels:
            cells += [judge.cell(preset, axis, level, group, [axis]) for axis, group in outcomes.groups.items()]
            cells.append(judge.cell(preset, MEAN, level, MEAN, list(outcomes.groups)))
    return StudyFindings(plan, outcomes, {(cell.preset, cell.axis, cell.severity): cell for cell in cells})


class _Judge:
    def __init__(self, plan: RandomizationPlan, outcomes: StudyOutcomes) -> None:
        self._solved, self._has_twin = outcomes.successes, NONE in plan.labels
        self._draws = NestedBootstrap.draw(plan.seeds, plan.episodes)

    def cell(self, preset: str, axis: str, level: int, group: str, axes: Sequence[str]) -> StudyCell:
        table, nominal = self._table(preset, axes, level), self._solved[preset, NOMINAL_KEY]
        differs = self._has_twin and preset != NONE
        return StudyCell(
            preset, axis, group, level, self._draws.estimate_rate(table), tuple(float(x) for x in table.mean(axis=1)),
            self._draws.estimate_ratio(table, nominal) if level else NO_ESTIMATE,
            self._draws.estimate_difference(table, self._table(NONE, axes, level)) if differs else NO_ESTIMATE,
        )  # fmt: skip

    def _table(self, preset: str, axes: Sequence[str], level: int) -> Scores:
        return average_tables([self._solved[preset, (axis, level)] for axis in axes])
