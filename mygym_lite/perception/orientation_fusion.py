"""Fusion of the orientations that several images show of one object."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mygym_lite.datasets.symmetry import find_symmetry
from mygym_lite.perception.camera_encoding import Array
from mygym_lite.perception.detection import Detection
from mygym_lite.perception.orientation import UP, compose_rotation, decompose_rotation, find_nearest_orientation
from mygym_lite.perception.yaw import count_folds

_UPRIGHT_HEIGHT = math.cos(0.45)  # of the z axis, from which orientations with another axis are not equivalent


class FusedOrientation(NamedTuple):
    """Orientation of an object in the robot's frame, up to the symmetry of its shape."""

    axis: Array
    """Direction of the z axis (3,)."""
    axis_deviation: float
    """Standard deviation of its direction in the plane of any tilt, rad; 0 if it is assumed."""
    yaw: float
    """Yaw about the axis, rad; nan if undefined."""
    yaw_deviation: float
    """Standard deviation of the yaw, rad."""


UNKNOWN_ORIENTATION = FusedOrientation(UP, 0.0, math.nan, math.nan)


def fuse_orientations(detections: Sequence[Detection], model: str, headings: Array) -> FusedOrientation:
    """Fuse the orientations of one object; without predicted axes it stands upright.

    Args:
        detections: Detections of the object, one in each of several images.
        model: Object model, whose symmetry counts.
        headings: Yaw of the cameras, rad.
    """
    folds = count_folds(model)
    angles = [_compute_angle(detection, folds, headings) for detection in detections]
    if any(detection.axis is None for detection in detections) or len(find_symmetry(model).axes) > 1:
        return FusedOrientation(UP, 0.0, *_average_yaws(detections, angles, folds))
    axes = [detection.axis for detection in detections if detection.axis is not None]
    weights = np.array([detection.axis_concentration for detection in detections])
    if axes[int(np.argmax(weights))][2] < _UPRIGHT_HEIGHT:
        axes, angles = _align(axes, angles, weights, model)
    resultant = weights @ np.array(axes)
    length = float(np.linalg.norm(resultant))
    deviation = 1.0 / math.sqrt(max(1e-6, length))
    return FusedOrientation(resultant / max(length, 1e-6), deviation, *_average_yaws(detections, angles, folds))


def _compute_angle(detection: Detection, folds: int, headings: Array) -> float:
    """Compute folds times the yaw in the robot's frame, rad."""
    cosine, sine = detection.get_yaw(folds)[0]
    return math.atan2(sine, cosine) + folds * float(headings[detection.image])


def _align(axes: list[Array], angles: list[float], weights: Array, model: str) -> tuple[list[Array], list[float]]:
    """Replace each orientation by the equivalent one that is nearest to the most certain one."""
    folds = count_folds(model)
    yaws = [angle / folds if folds else 0.0 for angle in angles]
    rotations = [compose_rotation(axis, yaw) for axis, yaw in zip(axes, yaws, strict=True)]
    reference = rotations[int(np.argmax(weights))]
    aligned = [decompose_rotation(find_nearest_orientation(model, rotation, reference)) for rotation in rotations]
    return [axis for axis, _ in aligned], [folds * yaw for _, yaw in aligned]


def _average_yaws(detections: Sequence[Detection], angles: Sequence[float], folds: int) -> tuple[float, float]:
    """Compute the yaw from the circular mean of angles, folds times a yaw each, and its standard deviation, rad.

    Both are nan for a round shape.
    """
    if not folds:
        return math.nan, math.nan
    x = y = 0.0
    for detection, angle in zip(detections, angles, strict=True):
        concentration = detection.get_yaw(folds)[1]
        x += concentration * math.cos(angle)
        y += concentration * math.sin(angle)
    return math.atan2(y, x) / folds, 1.0 / (folds * math.sqrt(max(1e-6, math.hypot(x, y))))
