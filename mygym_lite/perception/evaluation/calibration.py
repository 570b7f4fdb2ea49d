"""Whether perception is right as often as it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mygym_lite.perception.evaluation.metrics import SceneMoments, compute_ellipsoid_probabilities

COVERAGE_PROBABILITIES = tuple(round(0.05 * number, 2) for number in range(21))
_BINS = 10


class ConfidenceBin(NamedTuple):
    """Detections of which it is about equally sure."""

    confidence: float
    """Mean."""
    precision: float
    """Share that is of something that is there."""
    detections: int


def bin_by_confidence(conditions: Sequence[SceneMoments], estimator: int) -> list[ConfidenceBin]:
    """Detections by tenths of confidence, those that have some."""
    told = np.array([
        (one.confidence, one.object_index is not None)
        for scenes in conditions for scene in scenes for moment in scene
        for found in moment.outputs[estimator].detections for one in found
    ]).reshape(-1, 2)  # fmt: skip
    places = np.minimum((told[:, 0] * _BINS).astype(int), _BINS - 1)
    groups = [told[places == place] for place in sorted(set(places.tolist()))]
    return [ConfidenceBin(float(group[:, 0].mean()), float(group[:, 1].mean()), len(group)) for group in groups]


def compute_calibration_error(confidence_bins: Sequence[ConfidenceBin]) -> float | None:
    """Mean distance of confidence from the share that is right, over detections; None without any."""
    count = sum(one.detections for one in confidence_bins)
    return (
        sum(one.detections * abs(one.confidence - one.precision) for one in confidence_bins) / count if count else None
    )


def compute_coverage(conditions: Sequence[SceneMoments], estimator: int) -> list[float] | None:
    """Share of objects inside the ellipsoids that should hold each of SHARES of them; None without estimates."""
    found = [
        one for scenes in conditions for scene in scenes for told in scene
        for one in compute_ellipsoid_probabilities(told, told.outputs[estimator])
    ]  # fmt: skip
    return [float(np.mean(np.array(found) <= share)) for share in COVERAGE_PROBABILITIES] if found else None
