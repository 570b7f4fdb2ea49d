"""Masks as single polygons: parts and holes are joined by bridges of zero width."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[Any]
_MIN_CORNERS = 3  # of a polygon


def trace_outline(mask: NDArray[np.bool_]) -> Points:
    """Trace the border pixels of a mask as columns and rows (n, 2).

    The filled polygon, border included, is the mask, but for pixels that bridges between its parts may add.
    """
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    parts: list[Points] = sorted((contour[:, 0, :] for contour in contours), key=_compute_box_area, reverse=True)
    polygon = parts[0]
    for part in parts[1:]:
        polygon = _join(polygon, part)
    return np.resize(polygon, (max(_MIN_CORNERS, len(polygon)), 2))


def _compute_box_area(part: Points) -> int:
    width, height = part.max(axis=0) - part.min(axis=0)
    return int((width + 1) * (height + 1))


def _join(polygon: Points, part: Points) -> Points:
    """Join two polygons by a bridge where they are nearest."""
    offsets = polygon[:, None, :] - part[None, :, :]
    start, end = np.unravel_index(np.argmin((offsets * offsets).sum(axis=2)), offsets.shape[:2])
    around = np.concatenate([part[end:], part[: end + 1]])
    return np.concatenate([polygon[: start + 1], around, polygon[start:]])


def fill_polygon(points: NDArray[np.float64], height: int, width: int) -> NDArray[np.bool_]:
    """Fill a polygon whose corners are pixels, and return the mask."""
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [np.floor(points).astype(np.int32)], 1)
    return canvas.view(np.bool_)
