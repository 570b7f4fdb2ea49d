"""Results of a study: success on every axis, means over axes, and differences from training without randomization."""

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
"""Name of the mean over all axes."""


@dataclass(frozen=True)
class StudyCell:
    """Results of one preset under one condition, or averaged over all axes at one severity."""

    preset: str
    axis: str
    group: str
    severity: int
    success: Estimate
    by_training: tuple[float, ...]
    """Success of each training run."""
    retention: Estimate
    """Success as a fraction of nominal success."""
    difference: Estimate
    """Difference from training without randomization, paired by episode; empty if there is no such policy."""

    @property
    def significant(self) -> bool:
        """True if the 95% interval of the difference excludes 0."""
        _, low, high = self.difference
        return low is not None and high is not None and (low > 0.0 or high < 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Return the cell as JSON-compatible data."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value._asdict() if isinstance(value, Estimate) else value for name, value in values.items()}


@dataclass(frozen=True)
class StudyFindings:
    """Cells of all presets and conditions."""

    plan: RandomizationPlan
    outcomes: StudyOutcomes
    cells: dict[tuple[str, str, int], StudyCell]
    """Cells by preset, axis (or ``nominal``, or ``mean``) and severity."""

    @property
    def presets(self) -> list[str]:
        """Labels of the training presets, in order."""
        return list(self.plan.labels)

    @property
    def axes(self) -> list[tuple[str, list[str]]]:
        """Tested axes by group."""
        groups: dict[str, list[str]] = {}
        for axis, group in self.outcomes.groups.items():
            groups.setdefault(group, []).append(axis)
        return list(groups.items())

    @property
    def reported_severity(self) -> int:
        """Severity of the headline results: 3 if tested, else the highest."""
        return 3 if 3 in self.plan.severities else max(self.plan.severities)

    def get_cell(self, preset: str, axis: str, severity: int) -> StudyCell:
        """Return the results under one condition."""
        return self.cells[preset, axis, severity]

    def get_nominal_cell(self, preset: str) -> StudyCell:
        """Return the results under nominal conditions."""
        return self.cells[preset, *NOMINAL_KEY]

    def get_mean_cell(self, preset: str, severity: int | None = None) -> StudyCell:
        """Return the mean over all axes."""
        return self.cells[preset, MEAN, severity or self.reported_severity]


def compute_findings(plan: RandomizationPlan, outcomes: StudyOutcomes) -> StudyFindings:
    """Compute all cells, deterministically for given outcomes."""
    builder = _CellBuilder(plan, outcomes)
    nominal, severity = NOMINAL_KEY
    cells = [builder.build_cell(preset, nominal, severity, nominal, axes=[nominal]) for preset in plan.labels]
    for severity in plan.severities:
        for preset in plan.labels:
            cells += [
                builder.build_cell(preset, axis, severity, group, axes=[axis])
                for axis, group in outcomes.groups.items()
            ]
            cells.append(builder.build_cell(preset, MEAN, severity, MEAN, axes=list(outcomes.groups)))
    return StudyFindings(plan, outcomes, {(cell.preset, cell.axis, cell.severity): cell for cell in cells})


class _CellBuilder:
    def __init__(self, plan: RandomizationPlan, outcomes: StudyOutcomes) -> None:
        self._successes, self._has_baseline = outcomes.successes, NONE in plan.labels
        self._bootstrap = NestedBootstrap.draw(plan.seeds, plan.episodes)

    def build_cell(self, preset: str, axis: str, severity: int, group: str, axes: Sequence[str]) -> StudyCell:
        table, nominal = self._average_axes(preset, axes, severity), self._successes[preset, NOMINAL_KEY]
        difference = NO_ESTIMATE
        if self._has_baseline and preset != NONE:
            difference = self._bootstrap.estimate_difference(table, self._average_axes(NONE, axes, severity))
        return StudyCell(
            preset=preset,
            axis=axis,
            group=group,
            severity=severity,
            success=self._bootstrap.estimate_rate(table),
            by_training=tuple(float(rate) for rate in table.mean(axis=1)),
            retention=self._bootstrap.estimate_ratio(table, nominal) if severity else NO_ESTIMATE,
            difference=difference,
        )

    def _average_axes(self, preset: str, axes: Sequence[str], severity: int) -> Scores:
        return average_tables([self._successes[preset, (axis, severity)] for axis in axes])
