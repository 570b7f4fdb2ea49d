"""Footprints: the outline of a body from above, as a union of convex polygons."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MIN_PROJECTION = 0.1
"""Share of its footprint that a tilted body must still show from above to cover anything."""
_GRID_POINTS = 2000  # about, over the area of a footprint: a share is exact to about 0.1%
_SEAM = 1e-6  # m; joins polygons that touch, whatever the rounding of their poses
_RIM_POINTS = 32  # corners of a disc


@dataclass(frozen=True, eq=False)
class Footprint:
    """Union of convex polygons in the xy plane of a frame, m."""

    polygons: tuple[Array, ...]
    """Corners of each polygon, counter-clockwise, (n, 2)."""

    @cached_property
    def _half_planes(self) -> tuple[tuple[tuple[float, float, float], ...], ...]:
        """Outward normal and offset of each edge of each polygon."""
        return tuple(_compute_half_planes(polygon) for polygon in self.polygons)

    @cached_property
    def grid(self) -> Array:
        """Points of a regular grid inside the footprint, (n, 2)."""
        corners = np.concatenate(self.polygons)
        low, high = corners.min(axis=0), corners.max(axis=0)
        step = math.sqrt(float(np.prod(high - low)) / _GRID_POINTS)
        axes = [_list_cell_centres(a, b, step) for a, b in zip(low.tolist(), high.tolist(), strict=True)]
        points: Array = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
        return points[self.contains(points)]

    def scale(self, factor: float) -> Footprint:
        """Return the footprint with all lengths multiplied by a factor."""
        return self if factor == 1.0 else _scale(self, factor)

    def contains(self, points: Array) -> NDArray[np.bool_]:
        """Test for each of (..., 2) points that it lies inside the footprint."""
        x, y = np.ascontiguousarray(points[..., 0]), np.ascontiguousarray(points[..., 1])
        inside = np.zeros(x.shape, dtype=bool)
        for half_planes in self._half_planes:
            within = np.ones(x.shape, dtype=bool)
            for normal_x, normal_y, offset in half_planes:
                within &= x * normal_x + y * normal_y <= offset
            inside |= within
        return inside


@lru_cache(maxsize=256)
def _scale(footprint: Footprint, factor: float) -> Footprint:
    """Scale a footprint; the same arguments give the same object, so that states can be compared."""
    return Footprint(tuple(factor * polygon for polygon in footprint.polygons))


def _list_cell_centres(low: float, high: float, step: float) -> Array:
    count = math.ceil((high - low) / step)
    return low + (high - low) * (np.arange(count) + 0.5) / count


def build_box(x: float, y: float) -> Footprint:
    """Build the footprint of a rectangle with edges along the axes, centred at the origin."""
    return Footprint((0.5 * np.array([[x, y], [-x, y], [-x, -y], [x, -y]]),))


def build_disc(radius: float) -> Footprint:
    """Build the footprint of a disc, a polygon of the same area, centred at the origin."""
    angles = np.arange(_RIM_POINTS) * (2 * math.pi / _RIM_POINTS)
    equal_area = radius * math.sqrt(2 * math.pi / (_RIM_POINTS * math.sin(2 * math.pi / _RIM_POINTS)))
    return Footprint((equal_area * np.stack([np.cos(angles), np.sin(angles)], axis=1),))


def build_footprint(outlines: Iterable[tuple[Array, float]]) -> Footprint:
    """Build the footprint of shapes given by points (n, 3) and a radius each: the hull of balls around the points."""
    return Footprint(tuple(_project(points, radius) for points, radius in outlines))


def _project(points: Array, radius: float) -> Array:
    """Project one shape onto the xy plane, as the corners of its convex hull."""
    flat = points[:, :2]
    if radius > 0.0:
        rim = build_disc(radius).polygons[0]
        flat = (flat[:, None] + rim[None]).reshape(-1, 2)
    return np.array(_find_hull(sorted(set(map(tuple, flat.tolist())))))


def _find_hull(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Find the corners of the convex hull of sorted points, counter-clockwise (Andrew's monotone chain)."""
    return _find_chain(points) + _find_chain(points[::-1])


def _find_chain(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    chain: list[tuple[float, float]] = []
    for point in points:
        while len(chain) > 1 and _compute_turn(chain[-2], chain[-1], point) <= 0.0:
            chain.pop()
        chain.append(point)
    return chain[:-1]


def _compute_turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """Compute twice the signed area of a triangle, positive if counter-clockwise."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _compute_half_planes(corners: Array) -> tuple[tuple[float, float, float], ...]:
    edges = np.roll(corners, -1, axis=0) - corners
    normals = np.stack([edges[:, 1], -edges[:, 0]], axis=1)
    offsets = np.sum(normals * corners, axis=1) + _SEAM
    return tuple((x, y, offset) for (x, y), offset in zip(normals.tolist(), offsets.tolist(), strict=True))


def compute_covered_shares(body: Footprint, area: Footprint, bodies: Array, areas: Array) -> Array:
    """Compute the share of an area that a body covers, for n pairs of poses on one plane.

    Args:
        body: Footprint of the body.
        area: Footprint of the area.
        bodies: Poses of the body (n, 4): x, y, cosine and sine of the yaw; without a direction, it covers nothing.
        areas: Poses of the area (n, 4).
    """
    (x, y, c, s), (area_x, area_y, area_c, area_s) = (poses.T[:, :, None] for poses in (bodies, areas))
    grid_x, grid_y = area.grid.T
    from_x = area_c * grid_x - area_s * grid_y + (area_x - x)
    from_y = area_s * grid_x + area_c * grid_y + (area_y - y)
    determinant = c * c + s * s
    has_direction = determinant >= MIN_PROJECTION
    scale = 1.0 / np.where(has_direction, determinant, 1.0)
    points = np.stack([scale * (c * from_x + s * from_y), scale * (c * from_y - s * from_x)], axis=-1)
    covered: Array = np.count_nonzero(body.contains(points) & has_direction, axis=-1) / len(area.grid)
    return covered


def transform_points(matrix: Array, points: Array) -> Array:
    """Multiply points (n, 2) by the upper left 2 by 2 part of a matrix, equal to the bit on every processor."""
    (a, b), (c, d) = matrix[:2, :2]
    x, y = points[:, 0], points[:, 1]
    return np.stack([a * x + b * y, c * x + d * y], axis=1)
