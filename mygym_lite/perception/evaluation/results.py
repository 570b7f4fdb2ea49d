"""All numbers of an evaluation of perception, a row each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from mygym_lite.perception.evaluation.average_precision import average_precision, can_tell
from mygym_lite.perception.evaluation.calibration import bins, calibration_error
from mygym_lite.perception.evaluation.metrics import MEASURE, MEASURES, Measure, Scenes, by_camera
from mygym_lite.perception.evaluation.plan import LookPlan
from mygym_lite.perception.evaluation.worker import Scene
from mygym_lite.randomization.suite import NOMINAL
from mygym_lite.stats import NOTHING, Estimate

OVERALL, OVERALL_GROUPS = "visual+camera", ("visual", "camera")
"""The mean over all axes of these groups."""
Place = tuple[str, int]
"""An axis and a level of it."""


@dataclass(frozen=True)
class Row:
    """One number."""

    weights: str
    axis: str
    level: int
    metric: str
    value: float | None
    low: float | None
    high: float | None
    camera: str | None = None
    """The only one that was used; all of them if None."""
    against: str | None = None
    """Whose value is subtracted, if it is a difference."""


class Findings:
    """What was found of each condition.

    Args:
        plan: What was looked at.
        scenes: What was told of each scene.
    """

    def __init__(self, plan: LookPlan, scenes: Sequence[Scene]) -> None:
        self.plan = plan
        self.scenes = [told for _, told in sorted(scenes, key=lambda scene: scene[0])]
        self._precisions: dict[tuple[int, int], float | None] = {}

    @cached_property
    def places(self) -> dict[Place, list[Scenes]]:
        """What was told at each place, a list of conditions; of the overall mean, that of several."""
        conditions = self.plan.chosen.conditions
        each: dict[Place, list[Scenes]] = {
            (condition.axis, condition.level): [[[t for t in scene if t.condition == n] for scene in self.scenes]]
            for n, condition in enumerate(conditions)
        }
        overall: dict[Place, list[Scenes]] = {}
        for condition in conditions:
            if condition.group in OVERALL_GROUPS:
                found = each[condition.axis, condition.level]
                overall.setdefault((OVERALL, condition.level), []).extend(found)
        return {**each, **overall}

    @cached_property
    def rows(self) -> list[Row]:
        """All numbers."""
        return [row for number in range(len(self.plan.labels)) for row in self._rows(number)]

    @cached_property
    def _by_key(self) -> dict[tuple[str, str, int, str, str | None, str | None], Estimate]:
        return {
            (r.weights, r.axis, r.level, r.metric, r.camera, r.against): Estimate(r.value, r.low, r.high)
            for r in self.rows
        }

    def at(
        self, weights: str, place: Place, metric: str, camera: str | None = None, against: str | None = None
    ) -> Estimate:
        """One of them."""
        return self._by_key.get((weights, *place, metric, camera, against), NOTHING)

    def _rows(self, number: int) -> Iterator[Row]:
        label, first = self.plan.labels[number], self.plan.labels[0]
        for place, conditions in self.places.items():
            for measure in MEASURES:
                yield Row(label, *place, measure.name, *measure.of(conditions, number))
            yield Row(label, *place, "ece", calibration_error(bins(conditions, number)), None, None)
            if can_tell():
                yield Row(label, *place, "ap", self._precision(conditions, number), None, None)
            if number:
                for name in ("position_median", "recall"):
                    difference = MEASURE[name].of(conditions, number, against=0)
                    yield Row(label, *place, name, *difference, against=first)
        for camera in self.plan.cameras:
            alone = Measure("position_median", "", "m", by_camera(camera), 0.5)
            estimate = alone.of(self.places[NOMINAL, 0], number)
            yield Row(label, NOMINAL, 0, "position_median", *estimate, camera=camera)

    def _precision(self, conditions: Sequence[Scenes], number: int) -> float | None:
        """The mean over conditions."""
        for scenes in conditions:
            if (id(scenes), number) not in self._precisions:  # which ``places`` keeps
                self._precisions[id(scenes), number] = average_precision(scenes, number, self.plan.size)
        known = [one for scenes in conditions if (one := self._precisions[id(scenes), number]) is not None]
        return sum(known) / len(known) if known else None
