"""Ray casting and surface sampling on triangles, in double precision and independent of the renderer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def intersect_rays(rays: Array, triangles: Array) -> tuple[Array, Array]:
    """Cast rays from the origin onto the triangles that face it.

    Args:
        rays: Directions (n, 3) with z = 1, so that distances are depth along z.
        triangles: Corners (m, 3, 3), counter-clockwise seen from outside.

    Returns:
        Depth of the first hit (n,), infinite for a miss, and the unit normal there (n, 3).
    """
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    normals = np.cross(b - a, c - a)
    offsets = np.einsum("ij,ij->i", normals, a)
    facing = offsets < 0.0
    a, b, c, normals, offsets = a[facing], b[facing], c[facing], normals[facing], offsets[facing]
    inside = np.ones((len(rays), len(a)), np.bool_)
    for start, end in ((a, b), (b, c), (c, a)):
        inside &= rays @ np.cross(start, end).T <= 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.where(inside, offsets / (rays @ normals.T), np.inf)
    depth[~(depth > 0.0)] = np.inf
    if not depth.size:
        return np.full(len(rays), np.inf), np.zeros((len(rays), 3))
    nearest = depth.argmin(axis=1)
    normals = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    return depth[np.arange(len(rays)), nearest], normals[nearest]


def sample_points(triangles: Array, spacing: float) -> Array:
    """Sample points evenly on triangles (m, 3, 3), about ``spacing`` apart."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    ends = np.cumsum(areas)
    count = int(np.ceil(ends[-1] / spacing**2))
    index = np.searchsorted(ends, (np.arange(count) + 0.5) * ends[-1] / count)
    # a low-discrepancy sequence covers the square more evenly than random numbers; its upper half is folded down
    u, v = (np.arange(1, count + 1)[:, None] * (0.7548776662466927, 0.5698402909980532) % 1.0).T[:, :, None]
    u, v = np.where(u + v > 1.0, 1.0 - u, u), np.where(u + v > 1.0, 1.0 - v, v)
    return np.asarray(a[index] + u * (b - a)[index] + v * (c - a)[index])
