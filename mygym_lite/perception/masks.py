"""Instance masks of detections: cells decide the owner of a pixel, the predicted mask the outline of objects."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from mygym_lite.perception.camera_encoding import STRIDE
from mygym_lite.perception.detection import CellOutputs, Detection

_MIN_PROBABILITY = 0.5  # from which a pixel belongs to an object
_MAX_DISTANCE = 4.0  # px from the cells of a detection to its pixels


def compute_instance_masks(outputs: CellOutputs, detections: Sequence[Detection]) -> NDArray[np.bool_]:
    """Compute the mask of each detection in one image (n, height, width).

    A pixel of the predicted mask belongs to the detection with the nearest cell, up to a maximum distance.

    Args:
        outputs: Decoded outputs for the image.
        detections: Detections in the image.
    """
    masks = np.zeros((len(detections), *outputs.mask.shape), np.bool_)
    cells = np.zeros(outputs.pixel_deviation.shape, np.int32)
    for number, detection in enumerate(detections, start=1):
        cells[detection.cells] = number
    if cells.any():
        owners = _find_nearest_owners(cells.repeat(STRIDE, axis=0).repeat(STRIDE, axis=1)) * (
            outputs.mask > _MIN_PROBABILITY
        )
        masks[:] = owners == np.arange(1, len(detections) + 1)[:, None, None]
    return masks


def _find_nearest_owners(owners: NDArray[np.int32]) -> NDArray[np.int32]:
    """Find the owner of the nearest owned pixel, 0 beyond the maximum distance."""
    unowned = (owners == 0).astype(np.uint8)
    distance, labels = cv2.distanceTransformWithLabels(unowned, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    owner_of_label = np.zeros(int(labels.max()) + 1, np.int32)
    owner_of_label[labels[unowned == 0]] = owners[unowned == 0]
    nearest: NDArray[np.int32] = np.where(distance <= _MAX_DISTANCE, owner_of_label[labels], 0)
    return nearest
