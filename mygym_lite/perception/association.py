"""Data association: detections of a moment to objects, and objects to the targets of a task."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from mygym_lite.perception.camera_encoding import Array
from mygym_lite.perception.color import Color, compute_color_costs
from mygym_lite.perception.detection import Detection
from mygym_lite.perception.fusion import GATE, GATE_COVARIANCE, fuse_positions

# a cost is a negative log probability, or a squared distance in standard deviations
_MIN_CLASS_PROBABILITY = 1e-3  # a wrong class may be predicted with certainty
_UNKNOWN_CLASS_PROBABILITY = 5e-3  # for every object, so that objects are left to targets of known classes
_MAX_EXISTENCE = 0.9  # probability of an object by one image, so that further images count
_MAX_COLOR_COST = 6.0  # below the limits of assignment: light of another colour alone does not lose an object
_MAX_MOTION_COST = 25.0  # from which an object has jumped; its track decides how soon to follow
_MAX_COST = 9.0  # of an object for an untracked target
_MAX_JUMP_COST = 4.0  # likewise without motion, far from the predicted position of a tracked target
_FORBIDDEN = 1e6


class PositionPrediction(NamedTuple):
    """Predicted position of a tracked target."""

    position: Array
    """Position (3,), m."""
    covariance: Array
    """Covariance (3, 3), m²."""


@dataclass(frozen=True, eq=False)
class TargetDescription:
    """Features by which a target is recognized.

    Args:
        class_index: Index of its class, from 0; None if the network does not know it.
        color: Colour of its surface; None if unknown.
        prediction: Predicted position; None if it is not tracked.
    """

    class_index: int | None
    color: Color | None = None
    prediction: PositionPrediction | None = None


Group = tuple[Detection, ...]
"""Detections of one object, at most one per image."""


def group_detections(detections: Sequence[Detection]) -> list[Group]:
    """Group the detections of a moment by object.

    The most similar detections are merged first. All detections of a group lie within the gate of each other.
    """
    if not detections:
        return []
    costs = _compute_pair_costs(detections)
    groups = {index: [index] for index in range(len(detections))}
    owners = list(range(len(detections)))
    pairs = np.argwhere(np.triu(np.isfinite(costs)))
    for a, b in pairs[np.argsort(costs[tuple(pairs.T)], kind="stable")].tolist():
        first, second = sorted((owners[a], owners[b]))
        if first != second and np.isfinite(costs[np.ix_(groups[first], groups[second])]).all():
            for index in groups[second]:
                owners[index] = first
            groups[first] += groups.pop(second)
    return [tuple(detections[index] for index in sorted(group)) for group in groups.values()]


def _compute_pair_costs(detections: Sequence[Detection]) -> Array:
    """Compute the cost of each pair of detections as one object (n, n); infinite if they cannot be."""
    images = np.array([detection.image for detection in detections])
    positions = np.array([detection.position for detection in detections])
    covariances = np.array([detection.covariance for detection in detections])
    distances = _compute_distances(positions[:, None] - positions, covariances[:, None] + covariances)
    colors = [detection.color for detection in detections]
    costs = distances + _limit_color_costs(compute_color_costs(colors, colors))
    return np.where((images[:, None] != images) & (distances < GATE), costs, math.inf)


def _compute_distances(differences: Array, covariances: Array) -> Array:
    """Compute squared Mahalanobis distances (n, m) of differences (n, m, 3) by covariances (n, m, 3, 3)."""
    solutions = np.linalg.solve(covariances + GATE_COVARIANCE, differences[..., None])[..., 0]
    distances: Array = (differences * solutions).sum(axis=-1)
    return distances


def _limit_color_costs(costs: Array) -> Array:
    """Limit the costs of colours; unknown colours cost nothing."""
    return np.nan_to_num(np.minimum(costs, _MAX_COLOR_COST))


def assign_groups(groups: Sequence[Group], targets: Sequence[TargetDescription]) -> list[Group | None]:
    """Assign groups to targets, with the least sum of costs; None for a target that no group resembles."""
    if not groups or not targets:
        return [None] * len(targets)
    costs = _compute_class_costs(groups, targets) + _compute_relative_color_costs(groups, targets)
    costs += _compute_motion_costs(groups, targets)
    limits = [_MAX_COST if t.prediction is None else _MAX_MOTION_COST + _MAX_JUMP_COST for t in targets]
    undetected = np.where(np.eye(len(targets), dtype=bool), limits, _FORBIDDEN)
    _, columns = linear_sum_assignment(np.concatenate([costs, undetected], axis=1))
    return [groups[column] if column < len(groups) else None for column in columns]


def _compute_class_costs(groups: Sequence[Group], targets: Sequence[TargetDescription]) -> Array:
    """Compute the cost of existence and class (targets, groups)."""
    classes = np.array([_average_classes(group) for group in groups])
    misses = [math.prod(1.0 - min(detection.confidence, _MAX_EXISTENCE) for detection in group) for group in groups]
    unknown = np.full(len(groups), _UNKNOWN_CLASS_PROBABILITY)
    probabilities = [unknown if t.class_index is None else classes[:, t.class_index] for t in targets]
    costs: Array = -np.log(np.maximum(probabilities, _MIN_CLASS_PROBABILITY)) - np.log1p(-np.array(misses))
    return costs


def _average_classes(group: Group) -> Array:
    """Average class probabilities by confidence; images err together, so that a product would be overconfident."""
    probabilities: Array = np.average(
        [detection.classes for detection in group], axis=0, weights=[detection.confidence for detection in group]
    )
    return probabilities


def _compute_relative_color_costs(groups: Sequence[Group], targets: Sequence[TargetDescription]) -> Array:
    """Compute the cost of colour (targets, groups), relative to the best match: light shifts all colours alike."""
    costs = compute_color_costs([target.color for target in targets], [_average_colors(group) for group in groups])
    return _limit_color_costs(costs - np.nan_to_num(costs, nan=math.inf).min())


def _average_colors(group: Group) -> Array | None:
    """Average the colours by number of cells; None if all are unknown."""
    colored = [(detection.color, detection.cells.sum()) for detection in group if detection.color is not None]
    if not colored:
        return None
    colors, weights = zip(*colored, strict=True)
    average: Array = np.average(colors, axis=0, weights=weights)
    return average


def _compute_motion_costs(groups: Sequence[Group], targets: Sequence[TargetDescription]) -> Array:
    """Compute the squared Mahalanobis distance to the predicted position (targets, groups); 0 if untracked."""
    costs = np.zeros((len(targets), len(groups)))
    tracked = [(row, target.prediction) for row, target in enumerate(targets) if target.prediction is not None]
    if not tracked:
        return costs
    positions, covariances = map(np.array, zip(*map(fuse_positions, groups), strict=True))
    predicted = np.array([prediction.position for _, prediction in tracked])
    uncertainty = np.array([prediction.covariance for _, prediction in tracked])
    distances = _compute_distances(predicted[:, None] - positions, uncertainty[:, None] + covariances)
    costs[[row for row, _ in tracked]] = np.minimum(distances, _MAX_MOTION_COST)
    return costs
