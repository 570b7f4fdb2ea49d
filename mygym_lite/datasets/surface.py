"""The triangles of one object, in double precision and apart from the renderer: what rays hit, and points on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def intersect_rays(rays: Array, triangles: Array) -> tuple[Array, Array]:
    """Where rays from the origin first meet triangles (m, 3, 3) that face it.

    Args:
        rays: Directions (n, 3), with z = 1, so that what is returned is depth along z.
        triangles: Counter-clockwise seen from outside.

    Returns:
        Depth (n,), infinite for a miss, and the unit normal there (n, 3).
    """
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    across = np.cross(b - a, c - a)
    away = np.einsum("ij,ij->i", across, a)
    facing = away < 0.0
    a, b, c, across, away = a[facing], b[facing], c[facing], across[facing], away[facing]
    inside = np.ones((len(rays), len(a)), np.bool_)
    for start, end in ((a, b), (b, c), (c, a)):
        inside &= rays @ np.cross(start, end).T <= 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.where(inside, away / (rays @ across.T), np.inf)
    depth[~(depth > 0.0)] = np.inf
    if not depth.size:
        return np.full(len(rays), np.inf), np.zeros((len(rays), 3))
    nearest = depth.argmin(axis=1)
    normals = across / np.linalg.norm(across, axis=1, keepdims=True)
    return depth[np.arange(len(rays)), nearest], normals[nearest]


def sample_points(triangles: Array, spacing: float) -> Array:
    """Points all over triangles (m, 3, 3), about so far apart."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    ends = np.cumsum(areas)
    count = int(np.ceil(ends[-1] / spacing**2))
    own = np.searchsorted(ends, (np.arange(count) + 0.5) * ends[-1] / count)
    # multiples of these two fill a square more evenly than chance does; its upper half is folded onto the lower one
    u, v = (np.arange(1, count + 1)[:, None] * (0.7548776662466927, 0.5698402909980532) % 1.0).T[:, :, None]
    u, v = np.where(u + v > 1.0, 1.0 - u, u), np.where(u + v > 1.0, 1.0 - v, v)
    return np.asarray(a[own] + u * (b - a)[own] + v * (c - a)[own])
