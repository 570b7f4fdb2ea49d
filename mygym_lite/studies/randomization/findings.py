"""What a study found: how every twin does on every axis, on average, and against the one without randomization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from mygym_lite.harness.condition_results import DECLARED
from mygym_lite.stats import NOTHING, Estimate
from mygym_lite.stats.interval import Scores
from mygym_lite.stats.nested_bootstrap import Draws, stacked
from mygym_lite.studies.randomization.evaluation import Outcomes
from mygym_lite.studies.randomization.plan import NONE, TransferPlan

MEAN = "mean"
"""Stands for all axes together."""


@dataclass(frozen=True)
class Cell:
    """One training preset under one condition, or under all axes of a level."""

    preset: str
    axis: str
    group: str
    level: int
    success: Estimate
    by_training: tuple[float, ...]
    """The same of each training."""
    kept: Estimate
    """As a share of nominal success."""
    difference: Estimate
    """To the twin without randomization, on the same episodes; nothing where there is none."""

    @property
    def sure(self) -> bool:
        """Whether the difference is beyond chance."""
        _, low, high = self.difference
        return low is not None and high is not None and (low > 0.0 or high < 0.0)

    def as_json(self) -> dict[str, Any]:
        """Plain tables."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value._asdict() if isinstance(value, Estimate) else value for name, value in told.items()}


@dataclass(frozen=True)
class Findings:
    """All of it."""

    plan: TransferPlan
    outcomes: Outcomes
    cells: dict[tuple[str, str, int], Cell]
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
    def level(self) -> int:
        """The severity of which most is told: 3 where it was tested, else the hardest."""
        return 3 if 3 in self.plan.levels else max(self.plan.levels)

    def at(self, preset: str, axis: str, level: int) -> Cell:
        """What was found under one condition."""
        return self.cells[preset, axis, level]

    def nominal(self, preset: str) -> Cell:
        """What was found where nothing differs."""
        return self.cells[preset, *DECLARED]

    def mean(self, preset: str, level: int | None = None) -> Cell:
        """What was found over all axes."""
        return self.cells[preset, MEAN, level or self.level]


def find(plan: TransferPlan, outcomes: Outcomes) -> Findings:
    """Compute everything; the same outcomes give the same numbers."""
    judge = _Judge(plan, outcomes)
    cells = [judge.cell(preset, *DECLARED, DECLARED[0], [DECLARED[0]]) for preset in plan.labels]
    for level in plan.levels:
        for preset in plan.labels:
            cells += [judge.cell(preset, axis, level, group, [axis]) for axis, group in outcomes.groups.items()]
            cells.append(judge.cell(preset, MEAN, level, MEAN, list(outcomes.groups)))
    return Findings(plan, outcomes, {(cell.preset, cell.axis, cell.level): cell for cell in cells})


class _Judge:
    def __init__(self, plan: TransferPlan, outcomes: Outcomes) -> None:
        self._solved, self._has_twin = outcomes.solved, NONE in plan.labels
        self._draws = Draws.of(plan.seeds, plan.episodes)

    def cell(self, preset: str, axis: str, level: int, group: str, axes: Sequence[str]) -> Cell:
        table, nominal = self._table(preset, axes, level), self._solved[preset, DECLARED]
        differs = self._has_twin and preset != NONE
        return Cell(
            preset, axis, group, level, self._draws.rate(table), tuple(float(x) for x in table.mean(axis=1)),
            self._draws.ratio(table, nominal) if level else NOTHING,
            self._draws.difference(table, self._table(NONE, axes, level)) if differs else NOTHING,
        )  # fmt: skip

    def _table(self, preset: str, axes: Sequence[str], level: int) -> Scores:
        return stacked([self._solved[preset, (axis, level)] for axis in axes])
