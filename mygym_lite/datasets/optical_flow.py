"""Optical flow between two frames of a camera, computed from depth and poses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.rotation import rotation_from_quaternion
from mygym_lite.config.state import Pose
from mygym_lite.render.camera import View

Array = NDArray[np.float64]
_DEPTH_TOLERANCE = 2.0  # pixel widths by which a visible point may lie behind the depth of its pixel


@dataclass(frozen=True, eq=False)
class Surfaces:
    """Surfaces that a camera shows at one moment."""

    view: View
    depth: NDArray[np.float32]
    """(height, width), m along the optical axis; 0 for the background."""
    bodies: NDArray[np.int32]
    """(height, width): 1 + index of the body at each pixel, 0 for the background."""
    poses: Sequence[Pose]
    """Pose of each body in the world."""


@dataclass(frozen=True, eq=False)
class Flow:
    """Motion of the point at each pixel to the next frame."""

    vectors: Array
    """(height, width, 2), px, to the right and down."""
    valid: NDArray[np.bool_]
    """(height, width): whether the point is in front of the next camera, so that it has a vector."""
    occluded: NDArray[np.bool_]
    """(height, width): whether the next frame does not show the point, hidden or outside the image."""


def compute_flow(now: Surfaces, later: Surfaces) -> Flow:
    """Compute the flow from one moment to a later one; the background is infinitely far."""
    rows_and_columns: Array = 0.5 + np.indices(now.depth.shape, np.float64)
    v, u = rows_and_columns[0], rows_and_columns[1]
    points = _move_points(now, later, _unproject(now, u, v))
    depth = points[..., 2]
    valid = depth > later.view.near * (now.bodies > 0)
    scale = later.view.focal_length / np.where(valid, depth, 1.0)
    columns, rows = later.view.width / 2 + scale * points[..., 0], later.view.height / 2 + scale * points[..., 1]
    vectors = np.stack([columns - u, rows - v], axis=-1) * valid[..., None]
    return Flow(vectors, valid, ~(valid & _is_visible(now, later, columns, rows, depth)))


def _unproject(now: Surfaces, u: Array, v: Array) -> Array:
    """Return the points at all pixels in the camera's frame (height, width, 4), homogeneous; 0 last if at infinity."""
    view, is_body = now.view, now.bodies > 0
    depth = np.where(is_body, now.depth, 1.0)
    x, y = (u - view.width / 2) / view.focal_length * depth, (v - view.height / 2) / view.focal_length * depth
    return np.stack([x, y, depth, is_body], axis=-1)


def _move_points(now: Surfaces, later: Surfaces, points: Array) -> Array:
    """Move points with their bodies, from the frame of one camera to that of the later one (height, width, 3)."""
    to_world = np.linalg.inv(now.view.world_to_camera)
    motions = [_build_matrix(b) @ np.linalg.inv(_build_matrix(a)) for a, b in zip(now.poses, later.poses, strict=True)]
    moved = np.empty((*points.shape[:2], 3))
    for body in np.unique(now.bodies).tolist():
        motion = motions[body - 1] if body else np.eye(4)
        transform, pixels = later.view.world_to_camera @ motion @ to_world, now.bodies == body
        moved[pixels] = points[pixels] @ transform[:3].T
    return moved


def _build_matrix(pose: Pose) -> Array:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation_from_quaternion(pose.rotation), pose.position
    return matrix


def _is_visible(now: Surfaces, later: Surfaces, columns: Array, rows: Array, depth: Array) -> NDArray[np.bool_]:
    """Return where the later image shows the body of a pixel at the projection of its point, and not in front of it."""
    height, width = later.depth.shape
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    pixels = np.where(inside, rows, 0).astype(int), np.where(inside, columns, 0).astype(int)
    tolerance = _DEPTH_TOLERANCE * depth / later.view.focal_length
    is_front = (now.bodies == 0) | (depth <= later.depth[pixels] + tolerance)
    visible: NDArray[np.bool_] = inside & (later.bodies[pixels] == now.bodies) & is_front
    return visible
