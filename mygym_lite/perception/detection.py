"""Detection of objects in the outputs of the network: cells that predict the same position are one object."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mygym_lite.perception.camera_encoding import STRIDE, Array, CameraBatch
from mygym_lite.perception.color import compute_mean_color
from mygym_lite.perception.training.losses import LOG_CONCENTRATION_RANGE, LOG_DEVIATION_RANGE, OFFSET_SCALE

_MIN_PROBABILITY = 0.3  # of an object, from which a cell counts
DEVIATION_2D, DEVIATION_1D = math.sqrt(3.0), math.sqrt(2.0)  # of a Laplace distribution, per unit of its scale
_MAX_DETECTIONS = 24  # per image; for an untrained network every cell is an object
_GROUPING_DISTANCE, _MAX_GROUPING_DISTANCE = 0.02, 0.06  # m between predictions of one object, lateral to the view
_GROUPING_DEVIATIONS = 2.0  # standard deviations, likewise: predictions for large objects are less certain


class CellOutputs(NamedTuple):
    """Decoded outputs of the network for one image."""

    classes: NDArray[np.float32]
    """Class probabilities (1 + classes, rows, columns); the first class is background."""
    image_points: NDArray[np.float32]
    """Predicted positions (rows, columns, 3): u, v, px, and log depth."""
    yaw_direction: NDArray[np.float32]
    """Yaw (rows, columns, 2): cosine and sine of folds times the yaw relative to the camera."""
    pixel_deviation: NDArray[np.float32]
    """Standard deviation of u and of v (rows, columns), px."""
    log_depth_deviation: NDArray[np.float32]
    """Standard deviation of log depth (rows, columns)."""
    yaw_concentration: NDArray[np.float32]
    """Von Mises concentration of the yaw (rows, columns)."""
    mask: NDArray[np.float32]
    """Probability that a pixel belongs to any object (height, width)."""
    features: NDArray[np.float32] | None = None
    """Features of the cells (channels, rows, columns), if they are refined."""
    image: NDArray[np.uint8] | None = None
    """Image (height, width, 3), from which the colours of detections are computed."""


@dataclass(frozen=True, eq=False)
class Detection:
    """One object detected in one image."""

    image: int
    """Index of the image."""
    confidence: float
    """Probability of an object."""
    classes: NDArray[np.float32]
    """Probability of each class, given an object."""
    position: Array
    """Position in the robot's frame (3,), m."""
    covariance: Array
    """Covariance of the position (3, 3), m²."""
    yaw_direction: Array
    """Cosine and sine (2,) of folds times the yaw relative to the camera."""
    yaw_concentration: float
    """Von Mises concentration of the yaw."""
    cells: NDArray[np.bool_]
    """Cells that predict this object (rows, columns)."""
    yaw_by_folds: Mapping[int, tuple[Array, float]] = field(default_factory=dict)
    """The same for shapes of each rotational symmetry, if it is refined."""
    axis: Array | None = None
    """Direction of the object's z axis in the robot's frame (3,), if it is estimated."""
    axis_concentration: float = 0.0
    """Von Mises-Fisher concentration of the axis."""
    features: NDArray[np.float32] | None = None
    """Mean features of the cells (channels,), if they are refined."""
    color: Array | None = None
    """Mean sRGB of its pixels (3,), 0 to 1; None if unknown."""

    def get_yaw(self, folds: int) -> tuple[Array, float]:
        """Return the direction and the concentration of the yaw of a shape of a rotational symmetry."""
        return self.yaw_by_folds.get(folds, (self.yaw_direction, self.yaw_concentration))


def decode_outputs(
    classes: NDArray[np.float32],
    regressions: NDArray[np.float32],
    mask: NDArray[np.float32],
    ray_channels: NDArray[np.float32],
    features: NDArray[np.float32] | None = None,
) -> CellOutputs:
    """Decode the raw outputs of the network for one image."""
    exponentials = np.exp(classes - classes.max(axis=0))
    rows, columns = classes.shape[1:]
    v, u = np.mgrid[:rows, :columns] * STRIDE + STRIDE / 2
    u, v = u + OFFSET_SCALE * regressions[0], v + OFFSET_SCALE * regressions[1]
    log_depth = ray_channels[3] + regressions[2]
    return CellOutputs(
        classes=exponentials / exponentials.sum(axis=0),
        image_points=np.stack([u, v, log_depth], -1).astype(np.float32),
        yaw_direction=np.moveaxis(regressions[3:5], 0, -1),
        pixel_deviation=OFFSET_SCALE * DEVIATION_2D * np.exp(np.clip(regressions[5], *LOG_DEVIATION_RANGE)),
        log_depth_deviation=DEVIATION_1D * np.exp(np.clip(regressions[6], *LOG_DEVIATION_RANGE)),
        yaw_concentration=np.exp(np.clip(regressions[7], *LOG_CONCENTRATION_RANGE)),
        mask=_decode_mask(mask),
        features=features,
    )


def _decode_mask(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Convert the logits of cells (STRIDE², rows, columns) to probabilities of pixels (height, width)."""
    rows, columns = cells.shape[1:]
    logits = cells.reshape(STRIDE, STRIDE, rows, columns).transpose(2, 0, 3, 1).reshape(STRIDE * rows, -1)
    return np.float32(1.0) / (np.float32(1.0) + np.exp(-np.clip(logits, -30.0, 30.0)))


def extract_detections(image: int, outputs: CellOutputs, camera_batch: CameraBatch) -> Iterator[Detection]:
    """Yield the objects of one image in order of probability.

    Args:
        image: Index of the image.
        outputs: Decoded outputs for the image.
        camera_batch: Camera of the image alone.
    """
    probability = 1.0 - outputs.classes[0]
    cells = np.argwhere(probability > _MIN_PROBABILITY)
    cells = cells[np.argsort(-probability[tuple(cells.T)], kind="stable")]
    for _ in range(_MAX_DETECTIONS):
        if not len(cells):
            return
        group, cells = _split_group(cells, outputs, float(camera_batch.intrinsics[0, 0]))
        yield _merge_cells(image, group, outputs, camera_batch)


def _split_group(
    cells: NDArray[np.int64], outputs: CellOutputs, focal_length: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split the cells into those that predict the position of the first one, and the rest."""
    index = tuple(cells.T)
    points, metres_per_pixel = (
        outputs.image_points[index],
        float(np.exp(outputs.image_points[index][0, 2])) / focal_length,
    )
    distance = np.linalg.norm(points[:, :2] - points[0, :2], axis=1) * metres_per_pixel
    deviation = _GROUPING_DEVIATIONS * outputs.pixel_deviation[index] * metres_per_pixel
    same = distance < np.clip(deviation, _GROUPING_DISTANCE, _MAX_GROUPING_DISTANCE)
    return cells[same], cells[~same]


def _merge_cells(image: int, group: NDArray[np.int64], outputs: CellOutputs, camera_batch: CameraBatch) -> Detection:
    """Average the predictions of cells by their precision; errors are correlated, so covariances are averaged too."""
    index = tuple(group.T)
    probability = 1.0 - outputs.classes[0][index]
    classes = (outputs.classes[1:][:, index[0], index[1]] / probability).T
    pixel_deviation, depth_deviation = outputs.pixel_deviation[index], outputs.log_depth_deviation[index]
    concentration, directions = outputs.yaw_concentration[index], outputs.yaw_direction[index]
    pixel_weights, depth_weights = probability / pixel_deviation**2, probability / depth_deviation**2
    pixels = _average(outputs.image_points[index][:, :2], pixel_weights)
    log_depth = _average(outputs.image_points[index][:, 2:], depth_weights)
    point = np.concatenate([pixels, log_depth]).astype(np.float64)[None, None]
    unit_directions = directions / np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-6)
    cells = np.zeros(outputs.pixel_deviation.shape, np.bool_)
    cells[index] = True
    covariances = camera_batch.compute_covariances(
        point,
        np.ones((1, 1)) * _average(pixel_deviation, pixel_weights),
        np.ones((1, 1)) * _average(depth_deviation, depth_weights),
    )
    return Detection(
        image=image,
        confidence=float(probability.max()),
        classes=_average(classes, probability),
        position=camera_batch.unproject(point)[0, 0],
        covariance=covariances[0, 0],
        yaw_direction=_average(unit_directions, probability * concentration).astype(np.float64),
        yaw_concentration=float(_average(concentration, probability)),
        cells=cells,
        features=None if outputs.features is None else outputs.features[:, index[0], index[1]].mean(axis=1),
        color=None if outputs.image is None else compute_mean_color(outputs.image, outputs.mask, group),
    )


def _average(values: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    average: NDArray[np.float32] = np.tensordot(weights / weights.sum(), values, axes=1)
    return average
