"""Object shapes as lofts: a surface over a row of rings, capped at both ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mygym_lite.authoring.limb_mesh import TEXTURE_SIZE
from mygym_lite.authoring.objects_mesh import Mesh, make_mesh

Array = NDArray[np.float64]


def make_loft(rings: Sequence[Array], crease: float = 40.0) -> Mesh:
    """Make a closed surface over rings of equal point count.

    Args:
        rings: Rings (k, 3), counter-clockwise seen from the end of the row.
        crease: Angle above which an edge is shaded sharp, deg.
    """
    k = len(rings[0])
    side = [
        corner
        for start in range(0, (len(rings) - 1) * k, k)
        for i in range(k)
        for corner in (
            (start + i, start + (i + 1) % k, start + k + (i + 1) % k),
            (start + i, start + k + (i + 1) % k, start + k + i),
        )
    ]
    last = (len(rings) - 1) * k
    bottom = [(c, b, a) for a, b, c in _triangulate(rings[0])]
    top = [(a + last, b + last, c + last) for a, b, c in _triangulate(rings[-1])]
    return make_mesh(np.concatenate(rings), bottom + side + top, crease)


def make_polygon(sides: int, radius: float, flat: bool = False) -> Array:
    """Return a regular polygon (k, 2) by its circumradius, m; with `flat`, an edge faces +x."""
    turn = (np.arange(sides) + (0.5 if flat else 0.0)) * (2 * math.pi / sides)
    return radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)


def make_polygon_across_flats(sides: int, width: float) -> Array:
    """Return a regular polygon (k, 2) by its width across flats, m; an edge faces +x."""
    return make_polygon(sides, width / 2 / math.cos(math.pi / sides), flat=True)


def make_rectangle(x: float, y: float, cut: float = 0.0) -> Array:
    """Return a rectangle (k, 2) with corners chamfered by `cut`, m."""
    a, b = x / 2, y / 2
    if not cut:
        return np.array([(a, -b), (a, b), (-a, b), (-a, -b)])
    c, d = a - cut, b - cut
    return np.array([(a, -d), (a, d), (c, b), (-c, b), (-a, d), (-a, -d), (-c, -b), (c, -b)])


def lift(outline: ArrayLike, z: float, scale: float | tuple[float, float] = 1.0) -> Array:
    """Return an outline (k, 2) as a ring (k, 3) at a height, m."""
    flat = np.asarray(outline, dtype=np.float64) * scale
    return np.column_stack([flat, np.full(len(flat), z)])


def make_prism(outline: ArrayLike, height: float, bevel: float = 0.0) -> Mesh:
    """Extrude a centred outline along z and bevel the edges of both ends, m."""
    flat, half = np.asarray(outline, dtype=np.float64), height / 2
    if not bevel:
        return make_loft([lift(flat, -half), lift(flat, half)])
    small = shrink_outline(flat, bevel)
    middle = [lift(flat, bevel - half), lift(flat, half - bevel)]
    return make_loft([lift(small, -half), *middle, lift(small, half)])


def make_block(x: float, y: float, z: float, bevel: float = 0.002) -> Mesh:
    """Return a box with all its edges bevelled."""
    return make_prism(make_rectangle(x, y, bevel), z, bevel)


def make_revolution(profile: Sequence[tuple[float, float]], sides: int = 16, crease: float = 40.0) -> Mesh:
    """Revolve a profile of (radius, z) about the z axis; discs close both ends.

    The texture wraps around an integer number of times; its rows, such as wood grain, run along the axis.
    """
    mesh = make_loft([lift(make_polygon(sides, radius), z) for radius, z in profile], crease)
    steps = np.linalg.norm(np.diff(np.asarray(profile), axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)]) / TEXTURE_SIZE
    times = max(1, round(2 * math.pi * max(radius for radius, _ in profile) / TEXTURE_SIZE))
    row, column = np.divmod(np.arange((len(profile) - 1) * sides), sides)
    low, high, here, after = along[row], along[row + 1], times * column / sides, times * (column + 1) / sides
    lower = np.stack([(low, here), (low, after), (high, after)]).transpose(2, 0, 1)
    upper = np.stack([(low, here), (high, after), (high, here)]).transpose(2, 0, 1)
    side = np.stack([lower, upper], axis=1).reshape(-1, 3, 2)
    return replace(mesh, uvs=np.concatenate([mesh.uvs[: sides - 2], side, mesh.uvs[2 - sides :]]))


def sweep(path: ArrayLike, section: ArrayLike, crease: float = 50.0) -> Mesh:
    """Sweep a section (k, 2) along a path (n, 2) in the xy plane; the second axis of the section is z."""
    line = np.asarray(path, dtype=np.float64)
    tangent = np.gradient(line, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    flat = np.asarray(section, dtype=np.float64)
    rings = [np.column_stack([p + np.outer(flat[:, 0], n), flat[:, 1]]) for p, n in zip(line, side, strict=True)]
    return make_loft(rings, crease)


def shrink_outline(outline: Array, by: float) -> Array:
    """Offset every edge of a counter-clockwise outline inwards by a distance, m."""
    edge = np.roll(outline, -1, axis=0) - outline
    edge /= np.linalg.norm(edge, axis=1, keepdims=True)
    inward = np.column_stack([-edge[:, 1], edge[:, 0]])
    before = np.roll(inward, 1, axis=0)
    mitre = (inward + before) / (1 + np.sum(inward * before, axis=1, keepdims=True))
    return np.asarray(outline + by * mitre)


def _triangulate(ring: Array) -> list[tuple[int, int, int]]:
    """Triangulate a planar ring by ear clipping."""
    normal = np.cross(ring, np.roll(ring, -1, axis=0)).sum(axis=0)
    remaining, ears = list(range(len(ring))), []
    while len(remaining) > 3:
        index = next(i for i in range(len(remaining)) if _is_ear(ring, remaining, i, normal))
        ears.append((remaining[index - 1], remaining[index], remaining[(index + 1) % len(remaining)]))
        del remaining[index]
    return [*ears, (remaining[0], remaining[1], remaining[2])]


def _is_ear(ring: Array, remaining: list[int], index: int, normal: Array) -> bool:
    a, b, c = remaining[index - 1], remaining[index], remaining[(index + 1) % len(remaining)]
    if _compute_turn(ring[a], ring[b], ring[c], normal) <= 0:
        return False
    others = [ring[i] for i in remaining if i not in (a, b, c)]
    corners = [(ring[a], ring[b]), (ring[b], ring[c]), (ring[c], ring[a])]
    return not any(all(_compute_turn(p, q, other, normal) >= 0 for p, q in corners) for other in others)


def _compute_turn(a: Array, b: Array, c: Array, normal: Array) -> float:
    """Compute the signed turn a, b, c, positive if counter-clockwise about the normal."""
    return float(np.dot(np.cross(b - a, c - b), normal))
