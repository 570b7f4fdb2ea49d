"""Fusion of detections from several images of a moment into one estimate per object."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mygym_lite.perception.camera_encoding import Array
from mygym_lite.perception.detection import Detection
from mygym_lite.perception.orientation import UP
from mygym_lite.perception.orientation_fusion import UNKNOWN_ORIENTATION, fuse_orientations

GATE = 16.0  # squared Mahalanobis distance up to which two detections may be one object
GATE_COVARIANCE = (0.004**2) * np.eye(3)  # m², added in the gate, since predicted deviations may be too small
_DEGREES_OF_FREEDOM = 4.0  # of Student's t distribution, the assumed tails of the errors
_ITERATIONS = 4
_MAX_PROBABILITY = 0.999  # of one image
_MIN_RELATIVE_SCORE = 0.25  # of a detection, relative to the best one


@dataclass(frozen=True, eq=False)
class PoseEstimate:
    """Estimated pose of an object in the frame of the robot's base, which is the world's."""

    confidence: float
    """Probability that the object is there; 0 if it was not detected."""
    position: Array
    """Position (3,), m; nan if not detected."""
    covariance: Array
    """Covariance of the position (3, 3), m²."""
    yaw: float
    """Yaw up to the folds of the shape, rad; nan if not detected or if the shape has none."""
    yaw_deviation: float
    """Standard deviation of the yaw, rad."""
    images: tuple[int, ...] = ()
    """Indices of the images with a detection."""
    axis: Array = field(default_factory=UP.copy)
    """Direction of the object's z axis (3,)."""
    axis_deviation: float = 0.0
    """Standard deviation of that direction in the plane of any tilt, rad; 0 if it is assumed to stand."""


LOST = PoseEstimate(0.0, np.full(3, math.nan), np.full((3, 3), math.nan), math.nan, math.nan)


def fuse_detections(
    detections: Sequence[Detection], class_index: int | None, model: str | None, camera_headings: Array
) -> PoseEstimate:
    """Estimate the pose of one object.

    Args:
        detections: Detections in all images of a moment.
        class_index: Index of the object's class, from 0; None if the network does not know its class.
        model: Object model, whose symmetry counts; None leaves the orientation unknown.
        camera_headings: Yaw of the cameras, rad.
    """
    if not detections:
        return LOST
    scores = [_compute_score(detection, class_index) for detection in detections]
    selected = _select_matching(detections, scores)
    position, covariance = fuse_positions(selected)
    misses = (1.0 - min(_compute_score(detection, class_index), _MAX_PROBABILITY) for detection in selected)
    orientation = fuse_orientations(selected, model, camera_headings) if model else UNKNOWN_ORIENTATION
    return PoseEstimate(
        confidence=1.0 - math.prod(misses),
        position=position,
        covariance=covariance,
        yaw=orientation.yaw,
        yaw_deviation=orientation.yaw_deviation,
        images=tuple(detection.image for detection in selected),
        axis=orientation.axis,
        axis_deviation=orientation.axis_deviation,
    )


def _compute_score(detection: Detection, class_index: int | None) -> float:
    """Compute the probability of an object, times the likelihood of a class relative to the likeliest one.

    Among many classes that look alike from afar, even the right one has a small probability.
    """
    if class_index is None:
        return detection.confidence
    return detection.confidence * float(detection.classes[class_index] / detection.classes.max())


def _select_matching(detections: Sequence[Detection], scores: Sequence[float]) -> list[Detection]:
    """Select the best detection, and from each other image the best one that may be the same object."""
    best, *others = sorted(range(len(detections)), key=lambda index: -scores[index])
    first = detections[best]
    selected = {first.image: first}
    for index in others:
        other, is_likely = detections[index], scores[index] > _MIN_RELATIVE_SCORE * scores[best]
        if is_likely and other.image not in selected and _compute_distance(first, other) < GATE:
            selected[other.image] = other
    return list(selected.values())


def _compute_distance(a: Detection, b: Detection) -> float:
    """Compute the squared Mahalanobis distance between two detections."""
    difference = a.position - b.position
    return float(difference @ np.linalg.solve(a.covariance + b.covariance + GATE_COVARIANCE, difference))


def fuse_positions(detections: Sequence[Detection]) -> tuple[Array, Array]:
    """Average positions by inverse covariance, with iteratively reduced weights for outliers."""
    if len(detections) == 1:
        return detections[0].position, detections[0].covariance
    information = np.array([np.linalg.inv(detection.covariance) for detection in detections])
    positions = np.array([detection.position for detection in detections])
    weights = np.ones(len(detections))
    for _ in range(_ITERATIONS):
        covariance = np.linalg.inv(np.einsum("n,nij->ij", weights, information))
        position: Array = covariance @ np.einsum("n,nij,nj->i", weights, information, positions)
        residuals = positions - position
        distances = np.einsum("ni,nij,nj->n", residuals, information, residuals)
        weights = np.minimum((_DEGREES_OF_FREEDOM + 3.0) / (_DEGREES_OF_FREEDOM + distances), 1.0)
    return position, covariance
