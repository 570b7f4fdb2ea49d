"""Which pixels are of which detection: the cells say whose a place is, the mask where objects end."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from mygym_lite.perception.camera_encoding import STRIDE
from mygym_lite.perception.detection import CellOutputs, Detection

_INSIDE = 0.5  # probability from which a pixel is of an object
_REACH = 4.0  # px from the cells of a detection to pixels that are still its own


def compute_instance_masks(outputs: CellOutputs, detections: Sequence[Detection]) -> NDArray[np.bool_]:
    """The pixels (n, height, width) of each detection of one picture.

    A pixel of some object belongs to the detection whose cell is nearest, if that is near.

    Args:
        outputs: What the network says of the picture.
        detections: The detections in it.
    """
    masks = np.zeros((len(detections), *outputs.mask.shape), np.bool_)
    cells = np.zeros(outputs.pixel_deviation.shape, np.int32)
    for number, one in enumerate(detections, start=1):
        cells[one.cells] = number
    if cells.any():
        owners = _nearest(cells.repeat(STRIDE, axis=0).repeat(STRIDE, axis=1)) * (outputs.mask > _INSIDE)
        masks[:] = owners == np.arange(1, len(detections) + 1)[:, None, None]
    return masks


def _nearest(owners: NDArray[np.int32]) -> NDArray[np.int32]:
    """The owner of the nearest pixel that has one, 0 where none is near."""
    free = (owners == 0).astype(np.uint8)
    distance, labels = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    of_label = np.zeros(int(labels.max()) + 1, np.int32)
    of_label[labels[free == 0]] = owners[free == 0]
    near: NDArray[np.int32] = np.where(distance <= _REACH, of_label[labels], 0)
    return near
