"""How well scenes are seen that nothing was learned from, and how sure it is right to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mygym_lite.perception.metadata import Calibration
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.fusion import PoseEstimate
from mygym_lite.perception.training.data import LabelledImages
from mygym_lite.perception.yaw import compute_yaw_difference, count_folds

_TYPICAL = float(stats.chi2.ppf(0.5, 3))  # median of the squared distance in deviations of a place
_ONE_SIGMA = 0.6827


class ObjectComparison(NamedTuple):
    """One object of one moment."""

    model: str
    estimate: PoseEstimate
    position_error: float
    """Distance from the true place, m; nan if it is lost."""
    squared_mahalanobis: float
    """The same, squared, in deviations."""
    yaw_error: float
    """Angle from the true yaw, rad; nan if there is none."""


@dataclass(frozen=True)
class EstimatorMetrics:
    """What a test of perception says."""

    objects: int
    """That show in some picture of a moment, and are the only ones of their class."""
    recall: float
    """Share of them."""
    class_accuracy: float
    """Share of the cells of objects that are of the right class."""
    mask_iou: float
    """Of the pixels of all objects."""
    position_median: float
    """m."""
    position_95: float
    yaw_median: float
    """rad."""
    yaw_95: float
    inside_68: float
    """Share of places inside the ellipsoid that should hold 68.27 %."""
    inside_95: float


def calibrate(estimator: PoseEstimator, images: LabelledImages) -> PoseEstimator:
    """The same, with deviations such that half of the true places are nearer than they should be, half farther."""
    plain = estimator.copy_with_metadata(replace(estimator.metadata, calibration=Calibration()))
    each = list(compare_with_ground_truth(plain, images))
    deviations = np.array([one.squared_mahalanobis for one in each if np.isfinite(one.squared_mahalanobis)])
    turns = np.array([one.yaw_error / one.estimate.yaw_deviation for one in each if np.isfinite(one.yaw_error)])
    position = float(np.sqrt(np.median(deviations) / _TYPICAL)) if len(deviations) else 1.0
    yaw = float(np.quantile(turns, _ONE_SIGMA)) if len(turns) else 1.0
    return estimator.copy_with_metadata(replace(estimator.metadata, calibration=Calibration(position, yaw)))


def measure_accuracy(estimator: PoseEstimator, images: LabelledImages) -> EstimatorMetrics:
    """Test on all moments of some examples."""
    each = list(compare_with_ground_truth(estimator, images))
    off, turned = (np.array([getattr(one, name) for one in each]) for name in ("off", "turned"))
    found, told = off[np.isfinite(off)], turned[np.isfinite(turned)]
    inside = np.array([one.squared_mahalanobis for one in each if np.isfinite(one.squared_mahalanobis)])
    right, iou = _pixels(estimator, images)
    return EstimatorMetrics(
        len(each), len(found) / max(1, len(each)), right, iou, _share(found, 0.5), _share(found, 0.95),
        _share(told, 0.5), _share(told, 0.95), *(_inside(inside, share) for share in (_ONE_SIGMA, 0.95)),
    )  # fmt: skip


def compare_with_ground_truth(estimator: PoseEstimator, images: LabelledImages) -> Iterator[ObjectComparison]:
    """Each object that shows in some picture of a moment, if no other one is of its class."""
    for moment in np.unique(images.moments):
        rows = np.flatnonzero(images.moments == moment)
        truth = _truth(images, rows)
        optics = images.camera_batch.take(rows)
        found = estimator.detect(estimator.predict(list(images.rgb[rows]), optics), optics)
        estimates = estimator.assign_detections(found, {name: name for name in truth}, optics.headings)
        for name, (position, yaw) in truth.items():
            yield _compared(name, estimates[name], position, yaw)


def _truth(examples: LabelledImages, rows: NDArray[np.int64]) -> dict[str, tuple[NDArray[np.float32], float]]:
    """Place and yaw of each object by its class, but for classes of which there are several."""
    things = examples.objects
    places: dict[int, dict[int, tuple[NDArray[np.float32], float]]] = {}
    for row in rows:
        for place in np.flatnonzero(things.classes[row]):
            same = places.setdefault(int(things.classes[row, place]), {})
            same[int(things.instance[row, place])] = things.position[row, place], float(things.yaw[row, place, 1])
    return {examples.class_names[c - 1]: next(iter(same.values())) for c, same in places.items() if len(same) == 1}


def _compared(model: str, estimate: PoseEstimate, position: NDArray[np.float32], yaw: float) -> ObjectComparison:
    gap = estimate.position - position
    if not np.isfinite(gap).all():
        return ObjectComparison(model, estimate, np.nan, np.nan, np.nan)
    folds = count_folds(model)
    turned = compute_yaw_difference(estimate.yaw, yaw, folds) if folds and np.isfinite(yaw) else np.nan
    return ObjectComparison(
        model, estimate, float(np.linalg.norm(gap)), float(gap @ np.linalg.solve(estimate.covariance, gap)), turned
    )


def _pixels(eyes: PoseEstimator, examples: LabelledImages) -> tuple[float, float]:
    """Share of objects' cells that are of the right class, and overlap of the masks of all objects."""
    right, cells, both, either = 0, 0, 0, 0
    masks = np.unpackbits(examples.packed_masks, axis=1).reshape(examples.rgb.shape[:3]).astype(bool)
    for row in range(len(examples)):
        said = eyes.predict([examples.rgb[row]], examples.camera_batch.take(np.array([row])))[0]
        owners = examples.cell_owners[row]
        true = examples.objects.classes[row][np.maximum(owners, 1) - 1][owners > 0]
        right += int(np.count_nonzero(1 + said.classes[1:].argmax(axis=0)[owners > 0] == true))
        cells += len(true)
        seen = said.mask > 0.5
        both, either = both + int((seen & masks[row]).sum()), either + int((seen | masks[row]).sum())
    return right / max(1, cells), both / max(1, either)


def _share(values: NDArray[np.float64], share: float) -> float:
    return float(np.quantile(values, share)) if len(values) else float("nan")


def _inside(deviations: NDArray[np.float64], share: float) -> float:
    return float(np.mean(deviations < stats.chi2.ppf(share, 3))) if len(deviations) else float("nan")
