"""An independent answer to what a camera sees: a ray through each pixel against each triangle, in double precision."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.visuals import VisualBody
from mygym_lite.render.camera import View
from mygym_lite.render.geometry import assemble, extract_shapes

Array = NDArray[np.float64]
GRAIN = 1 / 256  # px; a corner of a triangle is as much as half of this off in either direction
AROUND = np.array([[0, 0], *([i, j] for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j)]) * GRAIN


def soup(things: Sequence[VisualBody], names: Sequence[tuple[str, str]], poses: Array) -> tuple[Array, Array, Array]:
    """All triangles of a scene: their corners in the world (n, 3, 3), whose part each is, and the part's rows."""
    geometry = assemble(extract_shapes(things))
    points = geometry.points.astype(float)
    for part, thing in enumerate(things):
        first, last = geometry.spans[part, :2]
        pose = thing.fixed_pose or (poses[names.index((thing.body, thing.link)), :3], _turn(thing, names, poses))
        points[first:last] = points[first:last] @ rotation_from_quaternion(tuple(pose[1])).T + pose[0]
    return points[geometry.triangles], geometry.part_of.astype(int), geometry.spans


def _turn(thing: VisualBody, names: Sequence[tuple[str, str]], poses: Array) -> Array:
    return poses[names.index((thing.body, thing.link)), 3:]


def hits(view: View, pixels: Array, corners: Array) -> tuple[NDArray[np.int64], Array]:
    """The front-facing triangle that is seen at each u, v (n, 2), -1 for none, and its depth, 0 for none."""
    a, b, c = (_local(view, corners[:, k]) for k in range(3))
    across = np.cross(b - a, c - a)
    away = np.sum(across * a, axis=1)
    rays = _rays(view, pixels)
    inside = np.ones((len(rays), len(a)), bool)
    for p, q in ((a, b), (b, c), (c, a)):
        inside &= rays @ np.cross(p, q).T <= 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.where(inside & (away < 0.0), away / (rays @ across.T), np.inf)
    depth[~((depth >= view.near) & (depth <= view.far))] = np.inf
    nearest = depth.argmin(axis=1)
    found = depth[np.arange(len(rays)), nearest]
    seen = np.isfinite(found)
    return np.where(seen, nearest, -1), np.where(seen, found, 0.0)


def depth_in_plane(view: View, pixels: Array, corners: Array) -> Array:
    """Depth at which the ray through each pixel (n, 2) meets the plane of a triangle of its own (n, 3, 3)."""
    a, b, c = (_local(view, corners[:, k]) for k in range(3))
    across = np.cross(b - a, c - a)
    return np.asarray(np.sum(across * a, axis=1) / np.sum(across * _rays(view, pixels), axis=1))


def _local(view: View, points: Array) -> Array:
    return np.asarray((points - view.position) @ view.world_to_camera[:3, :3].T)


def _rays(view: View, pixels: Array) -> Array:
    return np.hstack([(pixels - (view.width / 2, view.height / 2)) / view.focal_length, np.ones((len(pixels), 1))])


def centres(view: View) -> Array:
    """u, v of every pixel of a picture, row by row, (n, 2)."""
    v, u = np.mgrid[: view.height, : view.width]
    return np.stack([u.ravel(), v.ravel()], axis=1) + 0.5


def wrong(
    view: View, shown: NDArray[np.int32], depth: NDArray[np.float32], corners: Array, number_of: Array,
    pixels: Array | None = None,
) -> Array:  # fmt: skip
    """The pixels that show what no ray through them or within a grain of their centre hits, or hits elsewhere.

    Args:
        view: The camera.
        shown: What is said to be seen at each pixel, by a number, (n,).
        depth: And how far away, (n,).
        corners: All triangles.
        number_of: The number of what each triangle belongs to, with that of nothing as an additional last one.
        pixels: Their u, v; all of the picture if left out.
    """
    pixels = centres(view) if pixels is None else pixels
    right = np.zeros(len(pixels), bool)
    for offset in AROUND:
        triangle, there = hits(view, pixels + offset, corners)
        agrees = number_of[triangle] == shown
        plane = np.where(triangle < 0, 0.0, depth_in_plane(view, pixels, corners[triangle]))
        slack = 2e-5 * there + 0.02 * np.abs(plane - there)  # the steeper, the less is known
        right |= agrees & (np.abs(depth - plane) <= slack)
    return pixels[~right]
