"""Square crops of images at full resolution around detected objects, which the refinement network sees."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mygym_lite.perception.camera_encoding import STRIDE, Array

CROP_SIZE = 48
"""Width and height of a crop after scaling, px."""
DOWNSAMPLING = 2
"""Full resolution relative to that of the images that the detection network sees."""
_MARGIN = 1.4  # edge of a crop relative to the extent of the object's cells
_MIN_EDGE = 24.0  # px of the image


def compute_crop_box(cells: NDArray[np.bool_]) -> Array:
    """Compute the square around the cells of an object: centre u, v and edge (3,), px at full resolution."""
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    pitch = STRIDE * DOWNSAMPLING
    top, bottom = pitch * int(rows[0]), pitch * (int(rows[-1]) + 1)
    left, right = pitch * int(columns[0]), pitch * (int(columns[-1]) + 1)
    edge = max(_MIN_EDGE, _MARGIN * max(bottom - top, right - left))
    return np.array([(left + right) / 2, (top + bottom) / 2, edge])


def extract_crop(image: NDArray[np.uint8], box: Array, size: int) -> NDArray[np.uint8]:
    """Extract a square of an image, scaled to a size; beyond the image, its border is repeated."""
    u, v, edge = box.tolist()
    whole = max(2, round(edge))
    region = cv2.getRectSubPix(image, (whole, whole), (u - 0.5, v - 0.5))
    method = cv2.INTER_AREA if whole > size else cv2.INTER_LINEAR
    scaled: NDArray[np.uint8] = cv2.resize(region, (size, size), interpolation=method).astype(np.uint8)
    return scaled


def downsample(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reduce an image to the resolution of the detection network."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (width // DOWNSAMPLING, height // DOWNSAMPLING), interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8)
