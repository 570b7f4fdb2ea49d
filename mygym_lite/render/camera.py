"""Pinhole cameras in the OpenCV convention: x to the right, y down, z forward."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.rotation import Vector, rotation_from_quaternion, rotation_from_rpy, rotation_from_vector
from mygym_lite.config.scenery import Camera
from mygym_lite.config.state import Pose
from mygym_lite.errors import ConfigError

Array = NDArray[np.float64]
MAX_IMAGE_EDGE = 4096  # px; more would not fit the fixed-point arithmetic of the rasterizer
_IMAGE_AXES = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])  # rows: x, y, z of the image in the body


@dataclass(frozen=True, eq=False)
class View:
    """Intrinsics and extrinsics of a camera at one instant.

    Pixel (column i, row j) has its centre at u = i + 0.5, v = j + 0.5.
    """

    name: str
    width: int
    height: int
    fov: float  # deg, vertical
    near: float  # m along the optical axis
    far: float
    world_to_camera: Array  # (4, 4)
    exposure: float = 1.0  # gain in linear light
    aperture: float = 0.0  # m, diameter of the lens
    focus: float | None = None  # m along the optical axis; that at the image centre if None

    @property
    def focal_length(self) -> float:
        """Focal length, px, equal in both directions."""
        return 0.5 * self.height / math.tan(math.radians(0.5 * self.fov))

    @cached_property
    def intrinsics(self) -> Array:
        """Camera matrix K (3, 3), px: K @ (x, y, z) / z is (u, v, 1)."""
        return np.array(
            [[self.focal_length, 0.0, self.width / 2], [0.0, self.focal_length, self.height / 2], [0.0, 0.0, 1.0]]
        )

    @property
    def position(self) -> Array:
        """Optical centre in the world, m."""
        position: Array = -self.world_to_camera[:3, :3].T @ self.world_to_camera[:3, 3]
        return position

    def project(self, points: Array) -> Array:
        """Project world points (n, 3) to u, v in px and depth along the optical axis in m, (n, 3)."""
        local = np.atleast_2d(points) @ self.world_to_camera[:3, :3].T + self.world_to_camera[:3, 3]
        depth = local[:, 2:]
        pixels: Array = np.hstack([(local @ self.intrinsics.T)[:, :2] / depth, depth])
        return pixels

    def unproject(self, pixels: Array) -> Array:
        """Convert rows (n, 3) of u, v and depth to world points (n, 3)."""
        rows = np.atleast_2d(pixels)
        rays = np.hstack([rows[:, :2], np.ones((len(rows), 1))]) @ np.linalg.inv(self.intrinsics).T
        points: Array = (rays * rows[:, 2:] - self.world_to_camera[:3, 3]) @ self.world_to_camera[:3, :3]
        return points


def compute_view(
    name: str, camera: Camera, mount: Pose | None, look_at: Vector | None, size: tuple[int, int] | None = None
) -> View:
    """Compute the view of a declared camera at one instant.

    Args:
        name: Name of the camera.
        camera: Declared camera.
        mount: Pose of the frame that carries the camera, or None for a camera fixed in the world.
        look_at: Target point of a fixed camera, m.
        size: Width and height, px, to override the declared size.
    """
    width, height = check_size(size or camera.size)
    if mount is None:
        assert look_at is not None
        position = _compute_orbit_position(camera, np.array(look_at))
        body = _compute_look_at_rotation(position, np.array(look_at))
    else:
        body = rotation_from_quaternion(mount.rotation)
        position = np.array(mount.position) + body @ np.array(camera.position)
    if any(camera.rpy):
        body = body @ rotation_from_rpy(camera.rpy)
    if any(camera.turn):
        body = body @ rotation_from_vector(camera.turn)
    pose = np.eye(4)
    pose[:3, :3] = _IMAGE_AXES @ body.T
    pose[:3, 3] = -pose[:3, :3] @ position
    if not np.isfinite(pose).all():
        raise ConfigError(f"cameras.{name}: its pose is not finite; check its position, rpy and mount")
    return View(
        name=name,
        width=width,
        height=height,
        fov=camera.fov,
        near=camera.near,
        far=camera.far,
        world_to_camera=pose,
        exposure=camera.exposure,
        aperture=camera.aperture,
        focus=camera.focus,
    )


def check_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return width and height as integers; raise ConfigError outside 1 to ``MAX_IMAGE_EDGE`` px."""
    try:
        width, height = (int(edge) for edge in size)
    except (TypeError, ValueError):
        raise ConfigError(f"size: is {size!r}, not a width and a height in px; use for example (84, 84)") from None
    if not (1 <= width <= MAX_IMAGE_EDGE and 1 <= height <= MAX_IMAGE_EDGE):
        raise ConfigError(f"size: {width} x {height} px; use 1 to {MAX_IMAGE_EDGE} px for width and height")
    return width, height


def _compute_orbit_position(camera: Camera, target: Array) -> Array:
    """Compute the position of a fixed camera on its orbit about the vertical axis through the target."""
    offset = np.array(camera.position) - target
    if camera.orbit:
        offset = rotation_from_vector((0.0, 0.0, camera.orbit)) @ offset
    return target + camera.distance * offset


def _compute_look_at_rotation(position: Array, target: Array) -> Array:
    """Return body axes (x forward, y left, z up) as columns; world y is up if the view is vertical."""
    forward = (target - position) / np.linalg.norm(target - position)
    up = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 1.0 - 1e-9 else np.array([0.0, 1.0, 0.0])
    left = np.cross(up, forward)
    left /= np.linalg.norm(left)
    return np.stack([forward, left, np.cross(forward, left)], axis=1)
