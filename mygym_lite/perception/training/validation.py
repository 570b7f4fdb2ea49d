"""Accuracy of an estimator on held-out scenes, and calibration of its standard deviations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mygym_lite.perception.camera_encoding import CameraBatch
from mygym_lite.perception.detection import CellOutputs
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.fusion import PoseEstimate
from mygym_lite.perception.metadata import Calibration
from mygym_lite.perception.training.data import LabelledImages
from mygym_lite.perception.yaw import compute_yaw_difference, count_folds

_MEDIAN_SQUARED_DISTANCE = float(stats.chi2.ppf(0.5, 3))  # median squared Mahalanobis distance in 3 dimensions
_ONE_SIGMA = 0.6827


class ObjectComparison(NamedTuple):
    """Estimate of one object at one moment, compared with the ground truth."""

    model: str
    estimate: PoseEstimate
    position_error: float
    """Error of the position, m; nan if the object was not detected."""
    squared_mahalanobis: float
    """Squared Mahalanobis distance of that error."""
    yaw_error: float
    """Error of the yaw, rad; nan if undefined."""


@dataclass(frozen=True)
class EstimatorMetrics:
    """Accuracy on a set of images."""

    objects: int
    """Number of objects visible in some image of a moment and alone in their class."""
    recall: float
    """Fraction of these objects that was detected."""
    class_accuracy: float
    """Fraction of the cells of objects with the correct class."""
    mask_iou: float
    """Intersection over union of the mask of all objects."""
    position_median: float
    """Median error of the position, m."""
    position_95: float
    yaw_median: float
    """Median error of the yaw, rad."""
    yaw_95: float
    inside_68: float
    """Fraction of true positions inside the ellipsoid with a nominal coverage of 68.27%."""
    inside_95: float


def calibrate(estimator: PoseEstimator, images: LabelledImages) -> PoseEstimator:
    """Scale the standard deviations of an estimator so that the median errors match their predicted distribution."""
    uncalibrated = estimator.copy_with_metadata(replace(estimator.metadata, calibration=Calibration()))
    comparisons = list(compare_with_ground_truth(uncalibrated, images))
    distances = _select_finite([comparison.squared_mahalanobis for comparison in comparisons])
    yaw_ratios = _select_finite([c.yaw_error / c.estimate.yaw_deviation for c in comparisons])
    position = float(np.sqrt(np.median(distances) / _MEDIAN_SQUARED_DISTANCE)) if len(distances) else 1.0
    yaw = float(np.quantile(yaw_ratios, _ONE_SIGMA)) if len(yaw_ratios) else 1.0
    return estimator.copy_with_metadata(replace(estimator.metadata, calibration=Calibration(position, yaw)))


def measure_accuracy(estimator: PoseEstimator, images: LabelledImages) -> EstimatorMetrics:
    """Measure the accuracy on all moments."""
    comparisons = list(compare_with_ground_truth(estimator, images))
    position_errors = _select_finite([comparison.position_error for comparison in comparisons])
    yaw_errors = _select_finite([comparison.yaw_error for comparison in comparisons])
    distances = _select_finite([comparison.squared_mahalanobis for comparison in comparisons])
    class_accuracy, mask_iou = _measure_cells(estimator, images)
    return EstimatorMetrics(
        objects=len(comparisons),
        recall=len(position_errors) / max(1, len(comparisons)),
        class_accuracy=class_accuracy,
        mask_iou=mask_iou,
        position_median=_compute_quantile(position_errors, 0.5),
        position_95=_compute_quantile(position_errors, 0.95),
        yaw_median=_compute_quantile(yaw_errors, 0.5),
        yaw_95=_compute_quantile(yaw_errors, 0.95),
        inside_68=_compute_coverage(distances, _ONE_SIGMA),
        inside_95=_compute_coverage(distances, 0.95),
    )


def compare_with_ground_truth(estimator: PoseEstimator, images: LabelledImages) -> Iterator[ObjectComparison]:
    """Compare each object that is visible in some image of a moment and alone in its class."""
    for moment in np.unique(images.moments):
        rows = np.flatnonzero(images.moments == moment)
        ground_truth = _collect_ground_truth(images, rows)
        cameras, inputs = images.input_cameras.take(rows), list(images.inputs[rows])
        detections = estimator.detect(inputs, estimator.predict(inputs, cameras), cameras)
        estimates = estimator.assign_detections(detections, {name: name for name in ground_truth}, cameras.headings)
        for name, (position, yaw) in ground_truth.items():
            yield _compare(name, estimates[name], position, yaw)


def _collect_ground_truth(
    images: LabelledImages, rows: NDArray[np.int64]
) -> dict[str, tuple[NDArray[np.float32], float]]:
    """Return position and yaw of each object by class, without classes that have several instances."""
    objects = images.objects
    poses: dict[int, dict[int, tuple[NDArray[np.float32], float]]] = {}
    for row in rows:
        for column in np.flatnonzero(objects.classes[row]):
            instances = poses.setdefault(int(objects.classes[row, column]), {})
            pose = objects.position[row, column], float(objects.yaw[row, column, 1])
            instances[int(objects.instance[row, column])] = pose
    single = {number: instances for number, instances in poses.items() if len(instances) == 1}
    return {images.class_names[number - 1]: next(iter(instances.values())) for number, instances in single.items()}


def _compare(model: str, estimate: PoseEstimate, position: NDArray[np.float32], yaw: float) -> ObjectComparison:
    error = estimate.position - position
    if not np.isfinite(error).all():
        return ObjectComparison(model, estimate, np.nan, np.nan, np.nan)
    folds = count_folds(model)
    return ObjectComparison(
        model=model,
        estimate=estimate,
        position_error=float(np.linalg.norm(error)),
        squared_mahalanobis=float(error @ np.linalg.solve(estimate.covariance, error)),
        yaw_error=compute_yaw_difference(estimate.yaw, yaw, folds) if folds and np.isfinite(yaw) else np.nan,
    )


def _measure_cells(estimator: PoseEstimator, images: LabelledImages) -> tuple[float, float]:
    """Return the class accuracy of the cells of objects, and the IoU of the mask of all objects."""
    correct, cells, intersection, union = 0, 0, 0, 0
    masks = np.unpackbits(images.packed_masks, axis=1).reshape(images.rgb.shape[:3]).astype(bool)
    for row in range(len(images)):
        cameras, inputs = images.input_cameras.take(np.array([row])), [images.inputs[row]]
        outputs = estimator.predict(inputs, cameras)
        owners = images.cell_owners[row]
        classes = images.objects.classes[row][np.maximum(owners, 1) - 1][owners > 0]
        predicted_classes = _classify_cells(estimator, inputs, outputs, cameras)
        correct += int(np.count_nonzero(predicted_classes[owners > 0] == classes))
        cells += len(classes)
        predicted = outputs[0].mask > 0.5
        intersection += int((predicted & masks[row]).sum())
        union += int((predicted | masks[row]).sum())
    return correct / max(1, cells), intersection / max(1, union)


def _classify_cells(
    estimator: PoseEstimator, images: list[NDArray[np.uint8]], outputs: list[CellOutputs], cameras: CameraBatch
) -> NDArray[np.int64]:
    """Return the class number of each cell of an image: that of its refined detection, if detections are refined."""
    classes: NDArray[np.int64] = 1 + outputs[0].classes[1:].argmax(axis=0)
    if estimator.refinement is not None:
        for detection in estimator.detect(images, outputs, cameras):
            classes[detection.cells] = 1 + int(detection.classes.argmax())
    return classes


def _select_finite(values: list[float]) -> NDArray[np.float64]:
    array = np.array(values, np.float64)
    return array[np.isfinite(array)]


def _compute_quantile(values: NDArray[np.float64], probability: float) -> float:
    return float(np.quantile(values, probability)) if len(values) else float("nan")


def _compute_coverage(squared_distances: NDArray[np.float64], probability: float) -> float:
    if not len(squared_distances):
        return float("nan")
    return float(np.mean(squared_distances < stats.chi2.ppf(probability, 3)))
