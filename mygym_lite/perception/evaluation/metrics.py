"""Metrics of perception: recall, classification, pose error, and calibrated confidence."""

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
    """A statistic of a condition, over values of which a moment has any number."""

    name: str
    description: str
    unit: str
    extract: MetricFunction
    quantile: float | None = None
    """None for the mean."""
    is_proportion: bool = False

    def estimate(self, conditions: Sequence[SceneMoments], estimator: int, baseline: int | None = None) -> Estimate:
        """Estimate the mean over conditions, with an interval over scenes.

        Args:
            conditions: One or several.
            estimator: Index of the estimator.
            baseline: Index of an estimator whose value is subtracted; both are paired by scene.
        """
        values = [self.collect_values(scenes, estimator) for scenes in conditions]
        other = [] if baseline is None else [self.collect_values(scenes, baseline) for scenes in conditions]
        if self.quantile is not None:
            return estimate_quantile(values, self.quantile, other)
        if baseline is not None:
            return _estimate_difference(values, other)
        return estimate_mean(_join_scenes(values), self.is_proportion)

    def collect_values(self, scenes: SceneMoments, estimator: int) -> SceneValues:
        """Collect all values, by scene."""
        return [
            [value for moment in scene for value in self.extract(moment, moment.outputs[estimator])] for scene in scenes
        ]


def _join_scenes(conditions: Sequence[SceneValues]) -> SceneValues:
    return [[value for values in by_scene for value in values] for by_scene in zip(*conditions, strict=True)]


def _estimate_difference(values: Sequence[SceneValues], other: Sequence[SceneValues]) -> Estimate:
    """Estimate the difference of means, over scenes with values on both sides."""
    pairs = [
        (np.mean(a), np.mean(b)) for a, b in zip(_join_scenes(values), _join_scenes(other), strict=True) if a and b
    ]
    return estimate_mean([[float(a - b)] for a, b in pairs], is_proportion=False) if pairs else NO_ESTIMATE


def _list_recalls(moment: MomentRecord, output: EstimatorOutput) -> list[float]:
    matched = {
        visible[detection.object_index].name
        for visible, detections in zip(moment.visible_objects, output.detections, strict=True)
        for detection in detections
        if detection.object_index is not None
    }
    return [float(name in matched) for name in sorted(list_visible_names(moment.visible_objects))]


def _count_false_detections(_moment: MomentRecord, output: EstimatorOutput) -> list[float]:
    return [float(sum(entry.object_index is None for entry in detections)) for detections in output.detections]


def _list_right_classes(moment: MomentRecord, output: EstimatorOutput) -> list[float]:
    return [float(model == true) for model, true, _ in _list_matches(moment, output)]


def _list_overlaps(moment: MomentRecord, output: EstimatorOutput) -> list[float]:
    return [overlap for _, _, overlap in _list_matches(moment, output)]


def _list_matches(moment: MomentRecord, output: EstimatorOutput) -> list[tuple[str, str, float]]:
    """List the estimated model, the true model and the mask overlap of each detected visible object."""
    return [
        (detection.model, visible[detection.object_index].model, detection.overlap)
        for visible, detections in zip(moment.visible_objects, output.detections, strict=True)
        for detection in detections
        if detection.object_index is not None and visible[detection.object_index].visible
    ]


def list_position_errors(_moment: MomentRecord, output: EstimatorOutput) -> list[float]:
    """List the position errors of visible objects, m; infinite for lost ones."""
    return [estimate.position_error for estimate in output.estimates if estimate.visible]


def _list_yaw_errors(_moment: MomentRecord, output: EstimatorOutput) -> list[float]:
    return [entry.yaw_error for entry in output.estimates if entry.visible and not math.isnan(entry.yaw_error)]


def _list_rotation_errors(_moment: MomentRecord, output: EstimatorOutput) -> list[float]:
    errors = [entry.rotation_error for entry in output.estimates if entry.visible]
    return [error for error in errors if not math.isnan(error)]


def _list_losses(_moment: MomentRecord, output: EstimatorOutput) -> list[float]:
    return [float(math.isinf(estimate.position_error)) for estimate in output.estimates if estimate.visible]


def _list_expected_errors(_moment: MomentRecord, output: EstimatorOutput) -> list[float]:
    return [entry.expected_error for entry in output.estimates if entry.visible and math.isfinite(entry.expected_error)]


def compute_ellipsoid_probabilities(_moment: MomentRecord, output: EstimatorOutput) -> list[float]:
    """Compute the probability that each estimate assigns to positions nearer to it than the true one."""
    distances = (estimate.squared_mahalanobis for estimate in output.estimates if estimate.visible)
    return [float(chdtr(_AXES, distance)) for distance in distances if math.isfinite(distance)]


def _make_coverage_metric(probability: float) -> MetricFunction:
    return lambda moment, output: [float(p <= probability) for p in compute_ellipsoid_probabilities(moment, output)]


METRICS = (
    Metric(
        "position_median",
        "Position error, median; a lost object is farther than all others.",
        "m",
        list_position_errors,
        0.5,
    ),
    Metric("position_95", "Position error, 95th percentile.", "m", list_position_errors, 0.95),
    Metric("yaw_median", "Yaw error up to the rotational symmetry of the shape, median.", "rad", _list_yaw_errors, 0.5),
    Metric("yaw_95", "Yaw error, 95th percentile.", "rad", _list_yaw_errors, 0.95),
    Metric(
        "rotation_median", "Rotation error up to the symmetry of the shape, median.", "rad", _list_rotation_errors, 0.5
    ),
    Metric("rotation_95", "Rotation error, 95th percentile.", "rad", _list_rotation_errors, 0.95),
    Metric(
        "recall",
        "Visible objects that are detected in at least one image of a moment.",
        "",
        _list_recalls,
        is_proportion=True,
    ),
    Metric("false_detections", "False detections in each image.", "", _count_false_detections),
    Metric("accuracy", "Detected objects with the right class.", "", _list_right_classes, is_proportion=True),
    Metric(
        "mask_iou", "Intersection over union of detected masks and true ones.", "", _list_overlaps, is_proportion=True
    ),
    Metric("lost", "Visible objects without any estimate.", "", _list_losses, is_proportion=True),
    Metric(
        "inside_68",
        "Objects inside the ellipsoid that should contain 68% of them.",
        "",
        _make_coverage_metric(ONE_SIGMA),
        is_proportion=True,
    ),
    Metric(
        "inside_95",
        "Objects inside the ellipsoid that should contain 95% of them.",
        "",
        _make_coverage_metric(TWO_SIGMA),
        is_proportion=True,
    ),
    Metric(
        "deviation", "Expected position error by the covariance, root mean square, mean.", "m", _list_expected_errors
    ),
)
METRIC_BY_NAME = {metric.name: metric for metric in METRICS}


def make_camera_metric(camera: str) -> MetricFunction:
    """Make the metric of position errors of one camera alone, if it shows the object."""
    return lambda _moment, output: [
        estimate.error_by_camera[camera] for estimate in output.estimates if camera in estimate.error_by_camera
    ]
