"""Records of one moment under one condition: the visible objects, and the output of each estimator."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import Pose
from mygym_lite.datasets.formats.rle import encode_rle
from mygym_lite.datasets.symmetry import find_symmetry
from mygym_lite.perception.detection import Detection
from mygym_lite.perception.evaluation.rerender import ImageLabels
from mygym_lite.perception.fusion import PoseEstimate
from mygym_lite.perception.orientation import compose_rotation, compute_orientation_difference
from mygym_lite.perception.yaw import compute_yaw, compute_yaw_difference, count_folds

VISIBLE = 0.1
"""Visible fraction from which an object counts as visible in an image."""
MATCHED = 0.1
"""Intersection over union of the masks from which a detection may match an object."""


@dataclass(frozen=True)
class VisibleObject:
    """An object in an image."""

    name: str
    model: str
    mask: str
    """Run-length encoding of COCO."""
    area: int
    """Area of the mask, px."""
    visible: bool


@dataclass(frozen=True)
class DetectionRecord:
    """A detection in an image."""

    model: str
    confidence: float
    """Probability that there is an object."""
    score: float
    """Probability that there is an object of this model."""
    mask: str
    object_index: int | None
    """Index of the matched object in the image."""
    overlap: float
    """Intersection over union of the masks; 0 without a match."""


@dataclass(frozen=True)
class EstimateRecord:
    """An estimate of an object, compared with the ground truth."""

    name: str
    visible: bool
    """True if it is visible in at least one image."""
    position_error: float
    """Distance from the true position, m; infinite if lost."""
    squared_mahalanobis: float
    """Squared Mahalanobis distance from the true position; nan if lost."""
    expected_error: float
    """Root mean square position error by the estimate's covariance, m; nan if lost."""
    yaw_error: float
    """Yaw error up to the rotational symmetry of the shape, rad; infinite if lost, nan if it has no yaw."""
    rotation_error: float
    """Angle to the true rotation up to the symmetry of the shape, rad; infinite if lost, nan for a ball."""
    error_by_camera: Mapping[str, float]
    """Position error with each camera alone that shows it, m; empty if not computed."""


@dataclass(frozen=True)
class EstimatorOutput:
    """Detections and estimates of one estimator at a moment."""

    detections: tuple[tuple[DetectionRecord, ...], ...]
    """Detections, by camera."""
    estimates: tuple[EstimateRecord, ...]


@dataclass(frozen=True)
class MomentRecord:
    """One moment of a scene under one condition."""

    condition: int
    moment: int
    visible_objects: tuple[tuple[VisibleObject, ...], ...]
    """Objects, by camera."""
    outputs: tuple[EstimatorOutput, ...]
    """Outputs, by estimator."""


def list_visible_objects(label: ImageLabels) -> tuple[VisibleObject, ...]:
    """List the objects of which an image shows any pixel."""
    return tuple(
        VisibleObject(
            entry.name,
            entry.model,
            mask=encode_rle(label.mask == entry.instance),
            area=entry.px_visible,
            visible=entry.visible_fraction >= VISIBLE,
        )
        for entry in label.objects
        if entry.px_visible
    )


def match_detections(
    detections: Sequence[Detection], masks: NDArray[np.bool_], label: ImageLabels, classes: Sequence[str]
) -> tuple[DetectionRecord, ...]:
    """Match the detections in an image with its objects, one to one.

    Detections choose in the order of their confidence: the free object with the largest overlap.
    """
    object_masks = [label.mask == entry.instance for entry in label.objects if entry.px_visible]
    overlaps = [[_compute_iou(mask, object_mask) for object_mask in object_masks] for mask in masks]
    matches: dict[int, int] = {}
    for row in sorted(range(len(detections)), key=lambda row: -detections[row].confidence):
        free = [index for index in range(len(object_masks)) if index not in matches.values()]
        best = max(free, key=lambda index: overlaps[row][index], default=None)
        if best is not None and overlaps[row][best] >= MATCHED:
            matches[row] = best
    records = []
    for row, detection in enumerate(detections):
        model, match = int(np.argmax(detection.classes)), matches.get(row)
        records.append(
            DetectionRecord(
                classes[model],
                detection.confidence,
                score=detection.confidence * float(detection.classes[model]),
                mask=encode_rle(masks[row]),
                object_index=match,
                overlap=0.0 if match is None else overlaps[row][match],
            )
        )
    return tuple(records)


def _compute_iou(mask: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    union = np.count_nonzero(mask | other)
    return float(np.count_nonzero(mask & other) / union) if union else 0.0


def list_visible_names(visible_objects: Iterable[Sequence[VisibleObject]]) -> set[str]:
    """List the names of the objects that are visible in any image."""
    return {entry.name for image in visible_objects for entry in image if entry.visible}


def compare_estimate(
    name: str,
    model: str,
    pose: Pose,
    estimate: PoseEstimate,
    *,
    visible: bool,
    estimate_by_camera: Mapping[str, PoseEstimate],
) -> EstimateRecord:
    """Compare an estimate with the ground truth.

    Args:
        name: Name of the object.
        model: Model of the object.
        pose: True pose, in the frame of the robot's base.
        estimate: Estimated pose.
        visible: True if the object is visible in any image.
        estimate_by_camera: Estimates of single cameras.
    """
    truth = np.array(pose.position)
    error = estimate.position - truth
    if not np.isfinite(error).all():
        distance = expected = math.nan
    else:
        distance = float(error @ np.linalg.solve(estimate.covariance, error))
        expected = math.sqrt(float(np.trace(estimate.covariance)))
    return EstimateRecord(
        name,
        visible,
        position_error=_compute_distance(estimate, truth),
        squared_mahalanobis=distance,
        expected_error=expected,
        yaw_error=_compute_yaw_error(model, pose, estimate),
        rotation_error=_compute_rotation_error(model, pose, estimate),
        error_by_camera={camera: _compute_distance(entry, truth) for camera, entry in estimate_by_camera.items()},
    )


def _compute_distance(estimate: PoseEstimate, truth: NDArray[np.float64]) -> float:
    distance = float(np.linalg.norm(estimate.position - truth))
    return distance if math.isfinite(distance) else math.inf


def _compute_yaw_error(model: str, pose: Pose, estimate: PoseEstimate) -> float:
    yaw = compute_yaw(model, pose.rotation)
    if yaw is None:
        return math.nan
    if not math.isfinite(estimate.yaw):
        return math.inf
    return float(compute_yaw_difference(estimate.yaw, yaw, count_folds(model)))


def _compute_rotation_error(model: str, pose: Pose, estimate: PoseEstimate) -> float:
    if len(find_symmetry(model).axes) > 1:
        return math.nan
    if not math.isfinite(estimate.position[0]):
        return math.inf
    rotation = compose_rotation(estimate.axis, 0.0 if math.isnan(estimate.yaw) else estimate.yaw)
    return compute_orientation_difference(model, rotation, rotation_from_quaternion(pose.rotation))
