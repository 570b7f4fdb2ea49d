"""Masks as single polygons along the edges of their pixels: parts and holes are joined by bridges of zero width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mygym_lite.jit import kernel

Points = NDArray[np.float64]
INSET = 2e-7
"""Distance of the corners from the pixel edges, towards the inside, in image widths and heights.

Tools that cut coordinates off to whole pixels and fill the border, such as Ultralytics, arrive at the mask itself, even
in single precision. The area changes by 0.005 px for each 100 px of outline in an image of 256 px.
"""


def trace_outline(mask: NDArray[np.bool_]) -> Points:
    """Trace the outline of a mask as one polygon of u, v in px (n, 2).

    Parts run clockwise and holes counter-clockwise in the image, so that the polygon's area is that of the mask.
    """
    height, width = mask.shape
    parts = sorted(_trace_loops(mask), key=_compute_box_area, reverse=True)
    inset = INSET * np.array([width, height])
    return _join_parts([part + inset * _compute_inward_signs(part) for part in parts])


def _trace_loops(mask: NDArray[np.bool_]) -> Iterator[Points]:
    """Yield the closed outlines of all parts and holes, as corners between pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    padded = np.pad(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 1)
    corners = np.empty((2 * np.count_nonzero(padded[1:] != padded[:-1]), 2), np.int32)
    ends = np.empty(len(corners), np.int32)
    count = _walk_edges(padded, np.zeros(padded.shape, np.bool_), corners, ends)
    for start, end in zip([0, *ends[: count - 1]], ends[:count], strict=True):
        yield corners[start:end].astype(np.float64) + np.array([columns[0], rows[0]])


@kernel
def _walk_edges(mask, visited, corners, ends):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Walk along the pixel edges with the mask on the right, and write the corners of each loop.

    Pixels that touch at a corner alone are in different loops. Each loop has an edge above a pixel, where it starts.
    """
    corner_count, loop_count = 0, 0
    for row in range(1, mask.shape[0]):
        for column in range(1, mask.shape[1]):
            if visited[row, column] or not mask[row, column] or mask[row - 1, column]:
                continue
            v, u, dv, du = row, column, 0, 1
            while not (du == 1 and visited[v, u]):
                if du == 1:
                    visited[v, u] = True
                v, u = v + dv, u + du
                # the pixels ahead: on the right hand and on the left hand
                right = mask[v + (dv - 1 + du) // 2, u + (du - 1 - dv) // 2]
                left = mask[v + (dv - 1 - du) // 2, u + (du - 1 + dv) // 2]
                if not right:
                    dv, du = du, -dv
                elif left:
                    dv, du = -du, dv
                else:
                    continue
                corners[corner_count, 0], corners[corner_count, 1] = u - 1, v - 1
                corner_count += 1
            ends[loop_count] = corner_count
            loop_count += 1
    return loop_count


def _compute_inward_signs(loop: Points) -> Points:
    """Compute the directions along u and v from each corner of a loop to the mask on the right of its edges."""
    before, after = np.sign(loop - np.roll(loop, 1, axis=0)), np.sign(np.roll(loop, -1, axis=0) - loop)
    normals = before + after
    return np.stack([-normals[:, 1], normals[:, 0]], axis=1)


def _compute_box_area(part: Points) -> float:
    return float(np.prod(np.ptp(part, axis=0)))


def _join_parts(parts: list[Points]) -> Points:
    """Join parts to the first one, always the nearest next, so that parts that touch are joined where they do."""
    polygon, *others = parts
    newest, distances = polygon, np.full(len(others), np.inf)
    while others:
        distances = np.minimum(distances, [_measure_offsets(newest, part).min() for part in others])
        nearest = int(distances.argmin())
        newest, distances = others.pop(nearest), np.delete(distances, nearest)
        polygon = _join(polygon, newest)
    return polygon


def _measure_offsets(polygon: Points, part: Points) -> Points:
    """Measure the squared distance of each corner of one polygon to each of another."""
    offsets = polygon[:, None, :] - part[None, :, :]
    return np.asarray((offsets * offsets).sum(axis=2))


def _join(polygon: Points, part: Points) -> Points:
    """Join two polygons by a bridge where they are nearest."""
    offsets = _measure_offsets(polygon, part)
    start, end = np.unravel_index(offsets.argmin(), offsets.shape)
    around = np.concatenate([part[end:], part[: end + 1]])
    return np.concatenate([polygon[: start + 1], around, polygon[start:]])


def compute_area(points: NDArray[Any]) -> float:
    """Compute the area that a polygon (n, 2) encloses; holes that run in the other sense count negative."""
    (u, v), (u_next, v_next) = points.T, np.roll(points, -1, axis=0).T
    return abs(float((u * v_next - u_next * v).sum())) / 2


def fill_polygon(points: NDArray[np.float64], height: int, width: int) -> NDArray[np.bool_]:
    """Fill a polygon with its border, after its coordinates are cut off to pixels, and return the mask."""
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [np.floor(points).astype(np.int32)], 1)
    return canvas.view(np.bool_)
