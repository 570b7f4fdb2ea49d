"""Masks as one polygon each: parts and holes are joined by bridges without breadth."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[Any]
_FEWEST = 3  # corners of a polygon


def trace_outline(mask: NDArray[np.bool_]) -> Points:
    """Columns and rows of the pixels around a mask, (n, 2); filled, with them, they give the mask again.

    Bridges may add pixels on their way from part to part.
    """
    found, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    parts: list[Points] = sorted((part[:, 0, :] for part in found), key=_extent, reverse=True)
    joined = parts[0]
    for part in parts[1:]:
        joined = _bridged(joined, part)
    return np.resize(joined, (max(_FEWEST, len(joined)), 2))


def _extent(part: Points) -> int:
    width, height = part.max(axis=0) - part.min(axis=0)
    return int((width + 1) * (height + 1))


def _bridged(polygon: Points, part: Points) -> Points:
    """Walk along one, over to the other where they are nearest, around it, and back."""
    steps = polygon[:, None, :] - part[None, :, :]
    here, there = np.unravel_index(np.argmin((steps * steps).sum(axis=2)), steps.shape[:2])
    around = np.concatenate([part[there:], part[: there + 1]])
    return np.concatenate([polygon[: here + 1], around, polygon[here:]])


def fill_polygon(points: NDArray[np.float64], height: int, width: int) -> NDArray[np.bool_]:
    """The mask of a polygon whose corners are pixels."""
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [np.floor(points).astype(np.int32)], 1)
    return canvas.view(np.bool_)
