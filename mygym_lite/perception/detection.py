"""From what the network says of cells to objects: cells that point to the same place are of one object."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mygym_lite.perception.camera_encoding import STRIDE, Array, CameraBatch
from mygym_lite.perception.training.losses import LOG_CONCENTRATION_RANGE, LOG_DEVIATION_RANGE, OFFSET_SCALE

_SURE = 0.3  # probability of being of an object from which a cell counts
_IN_PLANE, _ON_LINE = math.sqrt(3.0), math.sqrt(2.0)  # deviations of Laplace's distribution, in its scale
_MOST = 24  # objects of a picture: untrained, every cell is an object of its own
_NEAR = 0.02  # m between places of one object, across the line of sight


class CellOutputs(NamedTuple):
    """What the network says of one picture, as plain arrays."""

    classes: NDArray[np.float32]
    """(1 + classes, rows, columns): probabilities; the first is that of nothing."""
    image_points: NDArray[np.float32]
    """(rows, columns, 3): u, v, px, and log depth."""
    yaw_direction: NDArray[np.float32]
    """(rows, columns, 2): cosine and sine of folds times the yaw against the camera."""
    pixel_deviation: NDArray[np.float32]
    """(rows, columns): standard deviation of the place along each edge of the picture, px."""
    log_depth_deviation: NDArray[np.float32]
    """(rows, columns): the same of log depth."""
    yaw_concentration: NDArray[np.float32]
    """(rows, columns): concentration of the yaw."""
    mask: NDArray[np.float32]
    """(height, width): probability that a pixel is of an object."""


@dataclass(frozen=True, eq=False)
class Detection:
    """One object in one picture."""

    image: int
    """Which of those that were looked at."""
    confidence: float
    """Probability that there is an object."""
    classes: NDArray[np.float32]
    """Probability of each class, if there is one."""
    position: Array
    """(3,), m, in the frame of the robot."""
    covariance: Array
    """(3, 3), m²."""
    yaw_direction: Array
    """(2,): cosine and sine of folds times the yaw against the camera."""
    yaw_concentration: float
    """Concentration of the yaw."""
    cells: NDArray[np.bool_]
    """(rows, columns): those that point to it."""


def _pixels(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """The probabilities of pixels (height, width) from the logits (STRIDE², rows, columns) of those of each cell."""
    rows, columns = cells.shape[1:]
    logits = cells.reshape(STRIDE, STRIDE, rows, columns).transpose(2, 0, 3, 1).reshape(STRIDE * rows, -1)
    return np.float32(1.0) / (np.float32(1.0) + np.exp(-np.clip(logits, -30.0, 30.0)))


def decode_outputs(classes: NDArray[np.float32], regressions: NDArray[np.float32], mask: NDArray[np.float32],
          ray_channels: NDArray[np.float32]) -> CellOutputs:  # fmt: skip
    """One picture of what the network says, in units."""
    powers = np.exp(classes - classes.max(axis=0))
    rows, columns = classes.shape[1:]
    v, u = np.mgrid[:rows, :columns] * STRIDE + STRIDE / 2
    seen = np.stack(
        [u + OFFSET_SCALE * regressions[0], v + OFFSET_SCALE * regressions[1], ray_channels[3] + regressions[2]], -1
    )
    return CellOutputs(
        powers / powers.sum(axis=0),
        seen.astype(np.float32),
        np.moveaxis(regressions[3:5], 0, -1),
        OFFSET_SCALE * _IN_PLANE * np.exp(np.clip(regressions[5], *LOG_DEVIATION_RANGE)),
        _ON_LINE * np.exp(np.clip(regressions[6], *LOG_DEVIATION_RANGE)),
        np.exp(np.clip(regressions[7], *LOG_CONCENTRATION_RANGE)),
        _pixels(mask),
    )


def extract_detections(image: int, outputs: CellOutputs, camera_batch: CameraBatch) -> Iterator[Detection]:
    """The objects of one picture, the surest first.

    Args:
        image: Its number.
        outputs: What the network says of it.
        camera_batch: Of this picture alone.
    """
    there = 1.0 - outputs.classes[0]
    cells = np.argwhere(there > _SURE)
    cells = cells[np.argsort(-there[tuple(cells.T)], kind="stable")]
    for _ in range(_MOST):
        if not len(cells):
            return
        group, cells = _together(cells, outputs, float(camera_batch.intrinsics[0, 0]))
        yield _detection(image, group, outputs, camera_batch)


def _together(cells: NDArray[np.int64], said: CellOutputs, focal: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The surest cell with all that point to where it points, and the rest."""
    places = said.image_points[tuple(cells.T)]
    distance = np.linalg.norm(places[:, :2] - places[0, :2], axis=1) * np.exp(places[0, 2]) / focal
    same = distance < _NEAR
    return cells[same], cells[~same]


def _detection(picture: int, group: NDArray[np.int64], said: CellOutputs, optics: CameraBatch) -> Detection:
    """The mean over cells by how sure each is; they err together, so that many are no surer than one."""
    where = tuple(group.T)
    there = 1.0 - said.classes[0][where]
    probabilities = (said.classes[1:][:, where[0], where[1]] / there).T
    across, deep, focus = said.pixel_deviation[where], said.log_depth_deviation[where], said.yaw_concentration[where]
    seen = np.concatenate(
        [
            _mean(said.image_points[where][:, :2], there / across**2),
            _mean(said.image_points[where][:, 2:], there / deep**2),
        ]
    ).astype(np.float64)
    units = said.yaw_direction[where] / np.maximum(
        np.linalg.norm(said.yaw_direction[where], axis=1, keepdims=True), 1e-6
    )
    direction = _mean(units, there * focus).astype(np.float64)
    cells = np.zeros(said.pixel_deviation.shape, np.bool_)
    cells[where] = True
    at = seen[None, None]
    one = np.ones((1, 1))
    spread = optics.compute_covariances(at, one * _mean(across, there / across**2), one * _mean(deep, there / deep**2))
    return Detection(
        picture, float(there.max()), _mean(probabilities, there), optics.unproject(at)[0, 0], spread[0, 0], direction,
        float(_mean(focus, there)), cells,
    )  # fmt: skip


def _mean(values: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = np.tensordot(weights / weights.sum(), values, axes=1)
    return mean
