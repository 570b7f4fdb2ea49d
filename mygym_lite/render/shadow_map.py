"""Shadow map: a depth map rasterized from the direction of the sun, sampled by percentage-closer filtering."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.jit import kernel
from mygym_lite.render.fill import SUBPIXEL_STEPS, covers_pixels, fill, round_half_up
from mygym_lite.render.raster import transform

Array = NDArray[np.float64]


def compute_world_to_map(light_direction: Array, low: Array, high: Array, size: int) -> Array:
    """Compute the transform (3, 4) from world points to column and row, px, and proximity to the sun, m.

    Args:
        light_direction: Unit vector from the scene to the sun.
        low: Lowest corner of the mapped volume, m.
        high: Highest corner of the mapped volume, m.
        size: Edge of the map, px.
    """
    reference = np.array([1.0, 0.0, 0.0]) if abs(light_direction[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    right = np.cross(reference, light_direction)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(light_direction, right), light_direction])
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    projected = corners @ axes.T
    first, extent = projected.min(axis=0), np.ptp(projected, axis=0)
    scale = np.array([size / extent[0], size / extent[1], 1.0])
    world_to_map = np.empty((3, 4))
    world_to_map[:, :3] = axes * scale[:, None]
    world_to_map[:, 3] = -first * scale
    return world_to_map


@kernel
def rasterize_shadow_map(parts, spans, triangles, points, world_to_map, light_points, corners, triangle_ids, proximity):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Rasterize parts from the direction of the sun.

    ``points`` are in the world; ``light_points`` receives them in the frame of the sun, ``corners`` in its map.
    """
    for part in parts:
        first, last = spans[part, 0], spans[part, 1]
        transform(points, world_to_map, first, last, light_points)
        for i in range(first, last):
            corners[i, 0] = round_half_up(light_points[i, 0] * SUBPIXEL_STEPS)
            corners[i, 1] = round_half_up(light_points[i, 1] * SUBPIXEL_STEPS)
        for t in range(spans[part, 2], spans[part, 3]):
            i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            x0, x1, x2 = np.int64(corners[i, 0]), np.int64(corners[j, 0]), np.int64(corners[k, 0])
            y0, y1, y2 = np.int64(corners[i, 1]), np.int64(corners[j, 1]), np.int64(corners[k, 1])
            if covers_pixels(x0, y0, x1, y1, x2, y2, triangle_ids):
                w0, wx, wy = _compute_plane(i, j, k, light_points)
                lowest = float(min(light_points[i, 2], light_points[j, 2], light_points[k, 2]))
                highest = float(max(light_points[i, 2], light_points[j, 2], light_points[k, 2]))
                fill(x0, y0, x1, y1, x2, y2, w0, wx, wy, lowest, highest, t, triangle_ids, proximity)


@kernel
def _compute_plane(i, j, k, light_points):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return the proximity to the sun as a plane over columns and rows of the map."""
    x, y, z = float(light_points[i, 0]), float(light_points[i, 1]), float(light_points[i, 2])
    ux, uy, uz = light_points[j, 0] - x, light_points[j, 1] - y, light_points[j, 2] - z
    vx, vy, vz = light_points[k, 0] - x, light_points[k, 1] - y, light_points[k, 2] - z
    scale = 1.0 / (ux * vy - uy * vx)
    wx, wy = (uz * vy - vz * uy) * scale, (vz * ux - uz * vx) * scale
    return z + wx * (0.5 - x) + wy * (0.5 - y), wx, wy


@kernel
def sample_shadow_map(proximity, u, v, depth, filter_radius):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return the visibility of the sun at a point, 0 to 1, by percentage-closer filtering.

    The filter window has 2 * filter_radius + 1 px and bilinear weights at its border.
    """
    size, window = proximity.shape[0], 2 * filter_radius + 1
    left, top = u - np.float32(0.5 + filter_radius), v - np.float32(0.5 + filter_radius)
    if not (left >= 0.0 and top >= 0.0 and left < size - window - 1 and top < size - window - 1):
        return np.float32(1.0)
    column, row = int(left), int(top)
    if filter_radius == 0:
        return _interpolate_visibility(proximity, column, row, left - np.float32(column), top - np.float32(row), depth)
    total = np.float32(0.0)
    fx, fy = left - np.float32(column), top - np.float32(row)
    for j in range(window):
        for i in range(window):
            total += _interpolate_visibility(proximity, column + i, row + j, fx, fy, depth)
    return total / np.float32(window * window)


@kernel
def _interpolate_visibility(proximity, column, row, fx, fy, depth):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Interpolate the visibility of the four neighbouring pixels bilinearly."""
    one = np.float32(1.0)
    a, b = proximity[row, column] <= depth, proximity[row, column + 1] <= depth
    c, d = proximity[row + 1, column] <= depth, proximity[row + 1, column + 1] <= depth
    if a and b and c and d:
        return one
    visibility = np.float32(0.0)
    visibility += (one - fx) * (one - fy) if a else np.float32(0.0)
    visibility += fx * (one - fy) if b else np.float32(0.0)
    visibility += (one - fx) * fy if c else np.float32(0.0)
    visibility += fx * fy if d else np.float32(0.0)
    return visibility
