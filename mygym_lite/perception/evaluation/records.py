"""What is kept of one moment under one condition: what was there, and what each pair of eyes made of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.state import Pose
from mygym_lite.datasets.formats.rle import encode_rle
from mygym_lite.perception.detection import Detection
from mygym_lite.perception.evaluation.rerender import ImageLabels
from mygym_lite.perception.fusion import PoseEstimate
from mygym_lite.perception.yaw import compute_yaw, compute_yaw_difference, count_folds

VISIBLE = 0.1
"""Share of an object that has to be seen in a picture for it to count as visible there."""
MATCHED = 0.1
"""Overlap of a detection's mask with an object's from which it may be the detection of it."""


@dataclass(frozen=True)
class VisibleObject:
    """An object that shows in a picture."""

    name: str
    model: str
    mask: str
    """Run lengths, as COCO has them."""
    area: int
    """px."""
    visible: bool


@dataclass(frozen=True)
class DetectionRecord:
    """A detection in a picture."""

    model: str
    confidence: float
    """That there is an object."""
    score: float
    """That there is one, and that it is of this model."""
    mask: str
    object_index: int | None
    """Which of those that are there it is the detection of."""
    overlap: float
    """Intersection of the masks over their union; 0 where it is of none."""


@dataclass(frozen=True)
class EstimateRecord:
    """An object that was looked for."""

    name: str
    visible: bool
    """In at least one picture."""
    position_error: float
    """Distance from where it is, m; infinite if it is lost."""
    squared_mahalanobis: float
    """The squared distance in deviations; nan if it is lost."""
    expected_error: float
    """Root of the mean squared distance that the estimate admits, m; nan if it is lost."""
    yaw_error: float
    """Angle from its yaw up to the folds of its shape, rad; infinite if it is lost, nan if it has no yaw."""
    error_by_camera: Mapping[str, float]
    """The distance by each camera alone, of those that show it; empty where this was not asked for."""


@dataclass(frozen=True)
class EstimatorOutput:
    """What one pair of eyes makes of the pictures of a moment."""

    detections: tuple[tuple[DetectionRecord, ...], ...]
    estimates: tuple[EstimateRecord, ...]


@dataclass(frozen=True)
class MomentRecord:
    """One moment of a scene under one condition."""

    condition: int
    moment: int
    visible_objects: tuple[tuple[VisibleObject, ...], ...]
    """By camera."""
    outputs: tuple[EstimatorOutput, ...]
    """By weights."""


def list_visible_objects(label: ImageLabels) -> tuple[VisibleObject, ...]:
    """The objects of which a picture shows some pixel."""
    return tuple(
        VisibleObject(one.name, one.model, encode_rle(label.mask == one.instance), one.px_visible,
              one.visible_fraction >= VISIBLE)
        for one in label.objects if one.px_visible
    )  # fmt: skip


def match_detections(
    detections: Sequence[Detection], masks: NDArray[np.bool_], label: ImageLabels, classes: Sequence[str]
) -> tuple[DetectionRecord, ...]:
    """The detections in a picture, each as that of one object at most, and each object with one at most.

    The surest detection chooses first: the object that its mask overlaps most, if it is still free.
    """
    objects = [label.mask == one.instance for one in label.objects if one.px_visible]
    taken: dict[int, int] = {}
    overlaps = {row: [_overlap(masks[row], one) for one in objects] for row in range(len(detections))}
    for row in sorted(overlaps, key=lambda row: -detections[row].confidence):
        free = [place for place in range(len(objects)) if place not in taken.values()]
        best = max(free, key=lambda place: overlaps[row][place], default=None)
        if best is not None and overlaps[row][best] >= MATCHED:
            taken[row] = best
    return tuple(_found(one, masks[row], classes, taken.get(row), overlaps[row]) for row, one in enumerate(detections))


def _found(
    one: Detection, mask: NDArray[np.bool_], classes: Sequence[str], of: int | None, overlaps: Sequence[float]
) -> DetectionRecord:
    best = int(np.argmax(one.classes))
    score = one.confidence * float(one.classes[best])
    return DetectionRecord(
        classes[best], one.confidence, score, encode_rle(mask), of, 0.0 if of is None else overlaps[of]
    )  # fmt: skip


def _overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    either = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / either) if either else 0.0


def list_visible_names(visible_objects: Iterable[Sequence[VisibleObject]]) -> set[str]:
    """The names of the objects that are visible in some picture."""
    return {one.name for picture in visible_objects for one in picture if one.visible}


def compare_estimate(
    name: str,
    model: str,
    pose: Pose,
    estimate: PoseEstimate,
    *,
    visible: bool,
    estimate_by_camera: Mapping[str, PoseEstimate],
) -> EstimateRecord:
    """Compare an estimate with where the object is.

    Args:
        name: Of the object.
        model: Of the object.
        pose: Where it is, in the frame of the robot's base.
        estimate: Where it is taken to be.
        visible: Whether it shows.
        estimate_by_camera: The estimates by single cameras.
    """
    true = np.array(pose.position)
    gap = estimate.position - true
    if not np.isfinite(gap).all():
        deviations = expected = math.nan
    else:
        deviations = float(gap @ np.linalg.solve(estimate.covariance, gap))
        expected = math.sqrt(float(np.trace(estimate.covariance)))
    by_camera = {camera: _distance(one, true) for camera, one in estimate_by_camera.items()}
    return EstimateRecord(
        name, visible, _distance(estimate, true), deviations, expected, _turned(model, pose, estimate), by_camera
    )


def _distance(estimate: PoseEstimate, true: NDArray[np.float64]) -> float:
    distance = float(np.linalg.norm(estimate.position - true))
    return distance if math.isfinite(distance) else math.inf


def _turned(model: str, pose: Pose, estimate: PoseEstimate) -> float:
    yaw = compute_yaw(model, pose.rotation)
    if yaw is None:
        return math.nan
    if not math.isfinite(estimate.yaw):
        return math.inf
    return float(compute_yaw_difference(estimate.yaw, yaw, count_folds(model)))
