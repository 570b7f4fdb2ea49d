"""All numbers of a perception evaluation, one row each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from mygym_lite.perception.evaluation.average_precision import compute_average_precision, has_pycocotools
from mygym_lite.perception.evaluation.calibration import bin_by_confidence, compute_calibration_error
from mygym_lite.perception.evaluation.metrics import METRIC_BY_NAME, METRICS, Metric, SceneMoments, make_camera_metric
from mygym_lite.perception.evaluation.plan import PerceptionPlan
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.stats import NO_ESTIMATE, Estimate

OVERALL, OVERALL_GROUPS = "visual+camera", ("visual", "camera")
"""Name of the mean over all axes of these groups."""
ConditionKey = tuple[str, int]
"""Axis and severity."""


@dataclass(frozen=True)
class Row:
    """One number."""

    weights: str
    axis: str
    severity: int
    metric: str
    value: float | None
    low: float | None
    high: float | None
    camera: str | None = None
    """Camera that was used alone; all of them if None."""
    baseline: str | None = None
    """Label of the estimator whose value is subtracted, if this is a difference."""


class ResultTable:
    """Metrics of each condition.

    Args:
        plan: Plan of the evaluation.
        scenes: Records of each scene.
    """

    def __init__(self, plan: PerceptionPlan, scenes: SceneMoments) -> None:
        self.plan = plan
        self.scenes = scenes
        self._precisions: dict[tuple[int, int], float | None] = {}

    @cached_property
    def moments_by_condition(self) -> dict[ConditionKey, list[SceneMoments]]:
        """Records by axis and severity: a list of conditions, several for the overall mean."""
        conditions = self.plan.selection.conditions
        by_condition: dict[ConditionKey, list[SceneMoments]] = {
            (condition.axis, condition.severity): [
                [[moment for moment in scene if moment.condition == number] for scene in self.scenes]
            ]
            for number, condition in enumerate(conditions)
        }
        overall: dict[ConditionKey, list[SceneMoments]] = {}
        for condition in conditions:
            if condition.group in OVERALL_GROUPS:
                scenes = by_condition[condition.axis, condition.severity]
                overall.setdefault((OVERALL, condition.severity), []).extend(scenes)
        return {**by_condition, **overall}

    @cached_property
    def rows(self) -> list[Row]:
        """All numbers."""
        return [row for number in range(len(self.plan.labels)) for row in self._make_rows(number)]

    @cached_property
    def _by_key(self) -> dict[tuple[str, str, int, str, str | None, str | None], Estimate]:
        return {
            (r.weights, r.axis, r.severity, r.metric, r.camera, r.baseline): Estimate(r.value, r.low, r.high)
            for r in self.rows
        }

    def lookup(
        self, weights: str, key: ConditionKey, metric: str, camera: str | None = None, baseline: str | None = None
    ) -> Estimate:
        """Return one estimate; none if there is no such row."""
        return self._by_key.get((weights, *key, metric, camera, baseline), NO_ESTIMATE)

    def _make_rows(self, number: int) -> Iterator[Row]:
        label, first = self.plan.labels[number], self.plan.labels[0]
        for key, conditions in self.moments_by_condition.items():
            for metric in METRICS:
                yield Row(label, *key, metric.name, *metric.estimate(conditions, number))
            yield Row(label, *key, "ece", compute_calibration_error(bin_by_confidence(conditions, number)), None, None)
            if has_pycocotools():
                yield Row(label, *key, "ap", self._compute_precision(conditions, number), None, None)
            if number:
                for name in ("position_median", "recall"):
                    difference = METRIC_BY_NAME[name].estimate(conditions, number, baseline=0)
                    yield Row(label, *key, name, *difference, baseline=first)
        for camera in self.plan.cameras:
            metric = Metric("position_median", "", "m", make_camera_metric(camera), 0.5)
            estimate = metric.estimate(self.moments_by_condition[NOMINAL, 0], number)
            yield Row(label, NOMINAL, 0, "position_median", *estimate, camera=camera)

    def _compute_precision(self, conditions: Sequence[SceneMoments], number: int) -> float | None:
        """Compute the average precision, mean over conditions."""
        for scenes in conditions:
            if (id(scenes), number) not in self._precisions:  # `moments_by_condition` keeps the lists alive
                self._precisions[id(scenes), number] = compute_average_precision(scenes, number, self.plan.size)
        known = [value for scenes in conditions if (value := self._precisions[id(scenes), number]) is not None]
        return sum(known) / len(known) if known else None
