"""From detections in several pictures of a moment to one estimate of each object that is looked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mygym_lite.perception.camera_encoding import Array
from mygym_lite.perception.detection import Detection

_GATE = 16.0  # squared distance in deviations within which two detections may be of one object
_FLOOR = (0.004**2) * np.eye(3)  # m², which is added there, since deviations may be too small
_DEGREES = 4.0  # of freedom: how heavy the tails of errors are taken to be
_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class PoseEstimate:
    """Where an object is believed to be, in the frame of the robot's base, which is the world's."""

    confidence: float
    """Probability that it is there; 0 where it is lost."""
    position: Array
    """(3,), m; nan where it is lost."""
    covariance: Array
    """(3, 3), m²."""
    yaw: float
    """rad, up to the folds of its shape; nan where it is lost, or where its shape has none."""
    yaw_deviation: float
    """rad."""
    images: tuple[int, ...] = ()
    """Through which of the pictures it was found."""


LOST = PoseEstimate(0.0, np.full(3, math.nan), np.full((3, 3), math.nan), math.nan, math.nan)


def fuse_detections(
    detections: Sequence[Detection], class_index: int | None, folds: int, camera_headings: Array
) -> tuple[PoseEstimate, list[Detection]]:
    """The estimate of one object, and the detections that it is made of.

    Args:
        detections: In all pictures of a moment.
        class_index: Number of its class, from 0; None where it is of none that the network knows.
        folds: Of its shape.
        camera_headings: Of the cameras, rad.
    """
    if not detections:
        return LOST, []
    scores = [_score(one, class_index) for one in detections]
    together = _of_one(detections, scores)
    position, covariance = _met(together)
    chance = 1.0 - math.prod(1.0 - min(_score(one, class_index), 0.999) for one in together)
    yaw, deviation = _turned(together, folds, camera_headings) if folds else (math.nan, math.nan)
    return PoseEstimate(chance, position, covariance, yaw, deviation, tuple(one.image for one in together)), together


def _score(one: Detection, wanted: int | None) -> float:
    return one.confidence * (1.0 if wanted is None else float(one.classes[wanted]))


def _of_one(found: Sequence[Detection], scores: Sequence[float]) -> list[Detection]:
    """The best detection, and of each other picture the best one that may be of the same object."""
    order = sorted(range(len(found)), key=lambda place: -scores[place])
    first = found[order[0]]
    chosen = {first.image: first}
    for place in order[1:]:
        other = found[place]
        if other.image not in chosen and _apart(first, other) < _GATE and scores[place] > 0.25 * scores[order[0]]:
            chosen[other.image] = other
    return list(chosen.values())


def _apart(one: Detection, other: Detection) -> float:
    """Squared distance in deviations of the difference."""
    gap = one.position - other.position
    return float(gap @ np.linalg.solve(one.covariance + other.covariance + _FLOOR, gap))


def _met(together: Sequence[Detection]) -> tuple[Array, Array]:
    """Where several detections agree, each weighed by how sure it is, less if it is far from the others."""
    if len(together) == 1:
        return together[0].position, together[0].covariance
    sure = np.array([np.linalg.inv(one.covariance) for one in together])
    places = np.array([one.position for one in together])
    weights = np.ones(len(together))
    for _ in range(_ROUNDS):
        whole = np.linalg.inv(np.einsum("n,nij->ij", weights, sure))
        position: Array = whole @ np.einsum("n,nij,nj->i", weights, sure, places)
        gaps = places - position
        weights = (_DEGREES + 3.0) / (_DEGREES + np.einsum("ni,nij,nj->n", gaps, sure, gaps))
        weights = np.minimum(weights, 1.0)
    return position, whole


def _turned(together: Sequence[Detection], folds: int, headings: Array) -> tuple[float, float]:
    """The mean of the yaws, each against its own camera, and its deviation."""
    angles = [
        math.atan2(one.yaw_direction[1], one.yaw_direction[0]) + folds * float(headings[one.image]) for one in together
    ]
    x = sum(one.yaw_concentration * math.cos(angle) for one, angle in zip(together, angles, strict=True))
    y = sum(one.yaw_concentration * math.sin(angle) for one, angle in zip(together, angles, strict=True))
    return math.atan2(y, x) / folds, 1.0 / (folds * math.sqrt(max(1e-6, math.hypot(x, y))))
