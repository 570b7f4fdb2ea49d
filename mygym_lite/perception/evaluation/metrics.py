"""What is measured of perception: how often it sees, what it takes things for, how far off it is, and how sure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtr

from mygym_lite.perception.evaluation.records import EstimatorOutput, MomentRecord, list_visible_names
from mygym_lite.stats import NO_ESTIMATE, Estimate
from mygym_lite.stats.quantiles import SceneValues, estimate_mean, estimate_quantile

ONE_SIGMA, TWO_SIGMA = 0.68, 0.95
_AXES = 3  # of an ellipsoid
SceneMoments = Sequence[Sequence[MomentRecord]]
"""The moments of each scene under one condition."""
MetricFunction = Callable[[MomentRecord, EstimatorOutput], list[float]]


@dataclass(frozen=True)
class Metric:
    """A number about a condition, made of values that a moment has any number of."""

    name: str
    description: str
    unit: str
    extract: MetricFunction
    quantile: float | None = None
    """None for the mean."""
    is_proportion: bool = False

    def estimate(self, conditions: Sequence[SceneMoments], estimator: int, baseline: int | None = None) -> Estimate:
        """Its value, mean over conditions, with its interval over scenes.

        Args:
            conditions: One or several.
            estimator: Whose.
            baseline: Whose is subtracted; the values of both are paired by scene.
        """
        values = [self.collect_values(scenes, estimator) for scenes in conditions]
        other = [] if baseline is None else [self.collect_values(scenes, baseline) for scenes in conditions]
        if self.quantile is not None:
            return estimate_quantile(values, self.quantile, other)
        if baseline is not None:
            return _difference(values, other)
        return estimate_mean(_joined(values), self.is_proportion)

    def collect_values(self, scenes: SceneMoments, estimator: int) -> SceneValues:
        """All values, by scene."""
        return [[value for told in scene for value in self.extract(told, told.outputs[estimator])] for scene in scenes]


def _joined(conditions: Sequence[SceneValues]) -> SceneValues:
    return [[value for values in by_scene for value in values] for by_scene in zip(*conditions, strict=True)]


def _difference(values: Sequence[SceneValues], other: Sequence[SceneValues]) -> Estimate:
    """Of the means of scenes that have values on both sides."""
    pairs = [(np.mean(a), np.mean(b)) for a, b in zip(_joined(values), _joined(other), strict=True) if a and b]
    return estimate_mean([[float(a - b)] for a, b in pairs], is_proportion=False) if pairs else NO_ESTIMATE


def _recall(told: MomentRecord, seeing: EstimatorOutput) -> list[float]:
    matched = {
        picture[one.object_index].name
        for picture, found in zip(told.visible_objects, seeing.detections, strict=True)
        for one in found
        if one.object_index is not None
    }
    return [float(name in matched) for name in sorted(list_visible_names(told.visible_objects))]


def _false(_told: MomentRecord, seeing: EstimatorOutput) -> list[float]:
    return [float(sum(one.object_index is None for one in found)) for found in seeing.detections]


def _right(told: MomentRecord, seeing: EstimatorOutput) -> list[float]:
    return [float(model == true) for model, true, _ in _matched(told, seeing)]


def _overlaps(told: MomentRecord, seeing: EstimatorOutput) -> list[float]:
    return [overlap for _, _, overlap in _matched(told, seeing)]


def _matched(told: MomentRecord, seeing: EstimatorOutput) -> list[tuple[str, str, float]]:
    """Model as it is seen, model as it is, and overlap of the masks, of each visible object that is detected."""
    return [
        (one.model, picture[one.object_index].model, one.overlap)
        for picture, found in zip(told.visible_objects, seeing.detections, strict=True)
        for one in found
        if one.object_index is not None and picture[one.object_index].visible
    ]


def list_position_errors(_told: MomentRecord, output: EstimatorOutput) -> list[float]:
    """Distances from where the objects are that show, m; infinite for those that are lost."""
    return [one.position_error for one in output.estimates if one.visible]


def _turns(_told: MomentRecord, seeing: EstimatorOutput) -> list[float]:
    return [one.yaw_error for one in seeing.estimates if one.visible and not math.isnan(one.yaw_error)]


def _lost(_told: MomentRecord, seeing: EstimatorOutput) -> list[float]:
    return [float(math.isinf(one.position_error)) for one in seeing.estimates if one.visible]


def _expected(_told: MomentRecord, seeing: EstimatorOutput) -> list[float]:
    return [one.expected_error for one in seeing.estimates if one.visible and math.isfinite(one.expected_error)]


def compute_ellipsoid_probabilities(_told: MomentRecord, output: EstimatorOutput) -> list[float]:
    """The probability that each estimate gives to places nearer to it than the true one."""
    every = [
        one.squared_mahalanobis for one in output.estimates if one.visible and math.isfinite(one.squared_mahalanobis)
    ]
    return [float(chdtr(_AXES, deviations)) for deviations in every]


def _inside(share: float) -> MetricFunction:
    return lambda told, seeing: [float(one <= share) for one in compute_ellipsoid_probabilities(told, seeing)]


METRICS = (
    Metric(
        "position_median",
        "Distance of the estimate from the object, median; one that is lost is farther than all others.",
        "m",
        list_position_errors,
        0.5,
    ),
    Metric("position_95", "The same, 95th percentile.", "m", list_position_errors, 0.95),
    Metric("yaw_median", "Angle from the object's yaw up to the folds of its shape, median.", "rad", _turns, 0.5),
    Metric("yaw_95", "The same, 95th percentile.", "rad", _turns, 0.95),
    Metric(
        "recall",
        "Visible objects that are detected in at least one picture of a moment.",
        "",
        _recall,
        is_proportion=True,
    ),
    Metric("false_detections", "Detections of nothing that is there, in each picture.", "", _false),
    Metric("accuracy", "Detected objects that are taken for what they are.", "", _right, is_proportion=True),
    Metric(
        "mask_iou", "Overlap of the masks of detected objects with the true ones.", "", _overlaps, is_proportion=True
    ),
    Metric("lost", "Visible objects without any estimate.", "", _lost, is_proportion=True),
    Metric(
        "inside_68",
        "Objects inside the ellipsoid that should hold 68% of them.",
        "",
        _inside(ONE_SIGMA),
        is_proportion=True,
    ),
    Metric(
        "inside_95",
        "Objects inside the ellipsoid that should hold 95% of them.",
        "",
        _inside(TWO_SIGMA),
        is_proportion=True,
    ),
    Metric("deviation", "Root mean square distance that estimates admit, mean.", "m", _expected),
)
METRIC_BY_NAME = {measure.name: measure for measure in METRICS}


def make_camera_metric(camera: str) -> MetricFunction:
    """Distances by one camera alone, where it shows the object."""
    return lambda _told, seeing: [
        one.error_by_camera[camera] for one in seeing.estimates if camera in one.error_by_camera
    ]
