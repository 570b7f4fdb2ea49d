"""Colours of detections and of targets, compared by chromaticity."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mygym_lite.perception.camera_encoding import STRIDE, Array

Color = Sequence[float] | Array
"""Red, green and blue, sRGB from 0 to 1."""

_MIN_WEIGHT = 1.0  # px of the mask, from which a detection has a colour
_OFFSET = 0.01  # added to each channel, since the chromaticity of black is undefined
_BRIGHTNESS_WEIGHT = 0.2  # of log brightness against shares of red and blue
_DEVIATION = 0.12  # of these features between a detection and the colour of its object
_UNKNOWN = (math.nan, math.nan, math.nan)


def compute_mean_color(image: NDArray[np.uint8], mask: NDArray[np.float32], cells: NDArray[np.int64]) -> Array | None:
    """Compute the mean sRGB of the pixels in some cells (3,), weighted by mask; None if the mask is empty there.

    Args:
        image: Image (height, width, 3).
        mask: Probability that a pixel belongs to any object (height, width).
        cells: Row and column of each cell (n, 2).
    """
    rows, columns = mask.shape[0] // STRIDE, mask.shape[1] // STRIDE
    index = cells[:, 0], slice(None), cells[:, 1]
    weights = mask.reshape(rows, STRIDE, columns, STRIDE)[index].ravel().astype(np.float64)
    pixels = image.reshape(rows, STRIDE, columns, STRIDE, 3)[index].reshape(-1, 3)
    total = weights.sum()
    return (weights[:, None] * pixels).sum(axis=0) / (255.0 * total) if total >= _MIN_WEIGHT else None


def compute_color_costs(colors: Sequence[Color | None], others: Sequence[Color | None]) -> Array:
    """Compute squared distances of chromaticity and brightness in standard deviations (n, m); nan if unknown."""
    difference = _compute_features(colors)[:, None] - _compute_features(others)
    costs: Array = (difference**2).sum(axis=-1) / _DEVIATION**2
    return costs


def _compute_features(colors: Sequence[Color | None]) -> Array:
    """Compute the shares of red and of blue, and weighted log brightness (n, 3)."""
    rgb = np.array([_UNKNOWN if color is None else color for color in colors]).reshape(-1, 3) + _OFFSET
    total = rgb.sum(axis=1, keepdims=True)
    return np.concatenate([rgb[:, ::2] / total, _BRIGHTNESS_WEIGHT * np.log(total)], axis=1)
