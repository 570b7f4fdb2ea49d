"""What the sun does not reach: a depth map drawn from its direction, and how much of its light gets to a point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.jit import kernel
from mygym_lite.render.fill import SUBPIXEL_STEPS, covers_pixels, fill, round_half_up
from mygym_lite.render.raster import transform

Array = NDArray[np.float64]


def compute_world_to_map(towards: Array, low: Array, high: Array, size: int) -> Array:
    """Rows (3, 4) that take a point of the world to column and row in the map, px, and its nearness to the sun, m.

    Args:
        towards: Unit vector from the scene to the sun.
        low: Lowest corner of the box that the map has to hold, m.
        high: Its highest corner.
        size: Edge of the map, px.
    """
    beside = np.array([1.0, 0.0, 0.0]) if abs(towards[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    right = np.cross(beside, towards)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(towards, right), towards])
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    seen = corners @ axes.T
    first, extent = seen.min(axis=0), np.ptp(seen, axis=0)
    scale = np.array([size / extent[0], size / extent[1], 1.0])
    frame = np.empty((3, 4))
    frame[:, :3] = axes * scale[:, None]
    frame[:, 3] = -first * scale
    return frame


@kernel
def rasterize_shadow_map(parts, spans, triangles, points, frame, seen, corners, numbers, nearness):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Draw parts as the sun sees them.

    ``points`` are in the world, ``seen`` becomes the same in the sun's frame, ``corners`` in its map.
    """
    for part in parts:
        first, last = spans[part, 0], spans[part, 1]
        transform(points, frame, first, last, seen)
        for i in range(first, last):
            corners[i, 0], corners[i, 1] = (
                round_half_up(seen[i, 0] * SUBPIXEL_STEPS),
                round_half_up(seen[i, 1] * SUBPIXEL_STEPS),
            )
        for t in range(spans[part, 2], spans[part, 3]):
            i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            x0, x1, x2 = np.int64(corners[i, 0]), np.int64(corners[j, 0]), np.int64(corners[k, 0])
            y0, y1, y2 = np.int64(corners[i, 1]), np.int64(corners[j, 1]), np.int64(corners[k, 1])
            if covers_pixels(x0, y0, x1, y1, x2, y2, numbers):
                n0, nx, ny = _plane(i, j, k, seen)
                lowest = float(min(seen[i, 2], seen[j, 2], seen[k, 2]))
                highest = float(max(seen[i, 2], seen[j, 2], seen[k, 2]))
                fill(x0, y0, x1, y1, x2, y2, n0, nx, ny, lowest, highest, t, numbers, nearness)


@kernel
def _plane(i, j, k, seen):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Nearness to the sun as a plane over columns and rows of the map."""
    x, y, z = float(seen[i, 0]), float(seen[i, 1]), float(seen[i, 2])
    ux, uy, uz = seen[j, 0] - x, seen[j, 1] - y, seen[j, 2] - z
    vx, vy, vz = seen[k, 0] - x, seen[k, 1] - y, seen[k, 2] - z
    scale = 1.0 / (ux * vy - uy * vx)
    nx, ny = (uz * vy - vz * uy) * scale, (vz * ux - uz * vx) * scale
    return z + nx * (0.5 - x) + ny * (0.5 - y), nx, ny


@kernel
def sample_shadow_map(nearness, u, v, depth, reach):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Share of the sun's light that reaches a point of the map: 1 in the open, 0 in the shade, soft at the edge.

    The mean over a square window of 2 * reach + 1 px, whose border pixels count by how far they lie in it.
    """
    size, window = nearness.shape[0], 2 * reach + 1
    left, top = u - np.float32(0.5 + reach), v - np.float32(0.5 + reach)
    if not (left >= 0.0 and top >= 0.0 and left < size - window - 1 and top < size - window - 1):
        return np.float32(1.0)
    column, row = int(left), int(top)
    if reach == 0:
        return _between(nearness, column, row, left - np.float32(column), top - np.float32(row), depth)
    total = np.float32(0.0)
    fx, fy = left - np.float32(column), top - np.float32(row)
    for j in range(window):
        for i in range(window):
            total += _between(nearness, column + i, row + j, fx, fy, depth)
    return total / np.float32(window * window)


@kernel
def _between(nearness, column, row, fx, fy, depth):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Share of four neighbours that let the sun through, by how near they are."""
    one = np.float32(1.0)
    a, b = nearness[row, column] <= depth, nearness[row, column + 1] <= depth
    c, d = nearness[row + 1, column] <= depth, nearness[row + 1, column + 1] <= depth
    if a and b and c and d:
        return one
    share = np.float32(0.0)
    share += (one - fx) * (one - fy) if a else np.float32(0.0)
    share += fx * (one - fy) if b else np.float32(0.0)
    share += (one - fx) * fy if c else np.float32(0.0)
    share += fx * fy if d else np.float32(0.0)
    return share
