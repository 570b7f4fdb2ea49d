"""Calibration of perception: confidence against precision, and coverage of the error ellipsoids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mygym_lite.perception.evaluation.metrics import SceneMoments, compute_ellipsoid_probabilities

COVERAGE_PROBABILITIES = tuple(round(0.05 * number, 2) for number in range(21))
_BINS = 10


class ConfidenceBin(NamedTuple):
    """Detections of similar confidence."""

    confidence: float
    """Mean confidence."""
    precision: float
    """Fraction of true detections."""
    detections: int


def bin_by_confidence(conditions: Sequence[SceneMoments], estimator: int) -> list[ConfidenceBin]:
    """Group detections by tenths of confidence, without empty bins."""
    moments = (moment for scenes in conditions for scene in scenes for moment in scene)
    detections = (entry for moment in moments for image in moment.outputs[estimator].detections for entry in image)
    table = np.array([(entry.confidence, entry.object_index is not None) for entry in detections]).reshape(-1, 2)
    bins = np.minimum((table[:, 0] * _BINS).astype(int), _BINS - 1)
    groups = [table[bins == number] for number in sorted(set(bins.tolist()))]
    return [ConfidenceBin(float(group[:, 0].mean()), float(group[:, 1].mean()), len(group)) for group in groups]


def compute_calibration_error(confidence_bins: Sequence[ConfidenceBin]) -> float | None:
    """Compute the expected calibration error over detections; None without any."""
    count = sum(entry.detections for entry in confidence_bins)
    if not count:
        return None
    return sum(entry.detections * abs(entry.confidence - entry.precision) for entry in confidence_bins) / count


def compute_coverage(conditions: Sequence[SceneMoments], estimator: int) -> list[float] | None:
    """Compute the fraction of objects inside the ellipsoids of each nominal coverage; None without estimates."""
    moments = (moment for scenes in conditions for scene in scenes for moment in scene)
    probabilities = [
        p for moment in moments for p in compute_ellipsoid_probabilities(moment, moment.outputs[estimator])
    ]
    if not probabilities:
        return None
    return [float(np.mean(np.array(probabilities) <= coverage)) for coverage in COVERAGE_PROBABILITIES]
