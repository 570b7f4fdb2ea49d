"""All numbers of an evaluation of perception, a row each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from mygym_lite.perception.evaluation.average_precision import compute_average_precision, has_pycocotools
from mygym_lite.perception.evaluation.calibration import bin_by_confidence, compute_calibration_error
from mygym_lite.perception.evaluation.metrics import METRIC_BY_NAME, METRICS, Metric, SceneMoments, make_camera_metric
from mygym_lite.perception.evaluation.plan import PerceptionPlan
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.stats import NO_ESTIMATE, Estimate

OVERALL, OVERALL_GROUPS = "visual+camera", ("visual", "camera")
"""The mean over all axes of these groups."""
ConditionKey = tuple[str, int]
"""An axis and a level of it."""


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
    """The only one that was used; all of them if None."""
    baseline: str | None = None
    """Whose value is subtracted, if it is a difference."""


class ResultTable:
    """What was found of each condition.

    Args:
        plan: What was looked at.
        scenes: What was told of each scene.
    """

    def __init__(self, plan: PerceptionPlan, scenes: SceneMoments) -> None:
        self.plan = plan
        self.scenes = scenes
        self._precisions: dict[tuple[int, int], float | None] = {}

    @cached_property
    def moments_by_condition(self) -> dict[ConditionKey, list[SceneMoments]]:
        """What was told at each place, a list of conditions; of the overall mean, that of several."""
        conditions = self.plan.selection.conditions
        each: dict[ConditionKey, list[SceneMoments]] = {
            (condition.axis, condition.severity): [[[t for t in scene if t.condition == n] for scene in self.scenes]]
            for n, condition in enumerate(conditions)
        }
        overall: dict[ConditionKey, list[SceneMoments]] = {}
        for condition in conditions:
            if condition.group in OVERALL_GROUPS:
                found = each[condition.axis, condition.severity]
                overall.setdefault((OVERALL, condition.severity), []).extend(found)
        return {**each, **overall}

    @cached_property
    def rows(self) -> list[Row]:
        """All numbers."""
        return [row for number in range(len(self.plan.labels)) for row in self._rows(number)]

    @cached_property
    def _by_key(self) -> dict[tuple[str, str, int, str, str | None, str | None], Estimate]:
        return {
            (r.weights, r.axis, r.severity, r.metric, r.camera, r.baseline): Estimate(r.value, r.low, r.high)
            for r in self.rows
        }

    def lookup(
        self, weights: str, key: ConditionKey, metric: str, camera: str | None = None, baseline: str | None = None
    ) -> Estimate:
        """One of them."""
        return self._by_key.get((weights, *key, metric, camera, baseline), NO_ESTIMATE)

    def _rows(self, number: int) -> Iterator[Row]:
        label, first = self.plan.labels[number], self.plan.labels[0]
        for place, conditions in self.moments_by_condition.items():
            for measure in METRICS:
                yield Row(label, *place, measure.name, *measure.estimate(conditions, number))
            yield Row(
                label, *place, "ece", compute_calibration_error(bin_by_confidence(conditions, number)), None, None
            )
            if has_pycocotools():
                yield Row(label, *place, "ap", self._precision(conditions, number), None, None)
            if number:
                for name in ("position_median", "recall"):
                    difference = METRIC_BY_NAME[name].estimate(conditions, number, baseline=0)
                    yield Row(label, *place, name, *difference, baseline=first)
        for camera in self.plan.cameras:
            alone = Metric("position_median", "", "m", make_camera_metric(camera), 0.5)
            estimate = alone.estimate(self.moments_by_condition[NOMINAL, 0], number)
            yield Row(label, NOMINAL, 0, "position_median", *estimate, camera=camera)

    def _precision(self, conditions: Sequence[SceneMoments], number: int) -> float | None:
        """The mean over conditions."""
        for scenes in conditions:
            if (id(scenes), number) not in self._precisions:  # which ``moments_by_condition`` keeps
                self._precisions[id(scenes), number] = compute_average_precision(scenes, number, self.plan.size)
        known = [one for scenes in conditions if (one := self._precisions[id(scenes), number]) is not None]
        return sum(known) / len(known) if known else None
