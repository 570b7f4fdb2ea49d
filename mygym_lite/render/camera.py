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
    """A camera where it is at one moment, with everything that is needed to draw, and to relate pixels to points.

    Pixel (column i, row j) has its centre at u = i + 0.5, v = j + 0.5.
    """

    name: str
    width: int
    height: int
    fov: float  # deg, vertical
    near: float  # m along the optical axis
    far: float
    world_to_camera: Array  # (4, 4)
    exposure: float = 1.0  # brightness, in linear light

    @property
    def focal_length(self) -> float:
        """Focal length, px; the same across and down."""
        return 0.5 * self.height / math.tan(math.radians(0.5 * self.fov))

    @cached_property
    def intrinsics(self) -> Array:
        """Matrix K (3, 3), px: K @ (x, y, z) / z is (u, v, 1)."""
        return np.array(
            [[self.focal_length, 0.0, self.width / 2], [0.0, self.focal_length, self.height / 2], [0.0, 0.0, 1.0]]
        )

    @property
    def position(self) -> Array:
        """Of the optical centre in the world, m."""
        position: Array = -self.world_to_camera[:3, :3].T @ self.world_to_camera[:3, 3]
        return position

    def project(self, points: Array) -> Array:
        """Where points of the world (n, 3) are seen: u, v in px and depth along the optical axis in m, (n, 3)."""
        local = np.atleast_2d(points) @ self.world_to_camera[:3, :3].T + self.world_to_camera[:3, 3]
        depth = local[:, 2:]
        pixels: Array = np.hstack([(local @ self.intrinsics.T)[:, :2] / depth, depth])
        return pixels

    def unproject(self, pixels: Array) -> Array:
        """The points of the world (n, 3) that are seen at u, v with a depth, each row of ``pixels`` (n, 3)."""
        rows = np.atleast_2d(pixels)
        rays = np.hstack([rows[:, :2], np.ones((len(rows), 1))]) @ np.linalg.inv(self.intrinsics).T
        points: Array = (rays * rows[:, 2:] - self.world_to_camera[:3, 3]) @ self.world_to_camera[:3, :3]
        return points


def compute_view(
    name: str, camera: Camera, mount: Pose | None, look_at: Vector | None, size: tuple[int, int] | None = None
) -> View:
    """A declared camera at one moment.

    Args:
        name: The camera's.
        camera: As the task declares it.
        mount: Where the frame is that carries it; None for a camera that stands in the world.
        look_at: The point that a standing camera looks at, m.
        size: Width and height in px, if they are to differ from the declared ones.
    """
    width, height = check_size(size or camera.size)
    if mount is None:
        assert look_at is not None
        position = _around(camera, np.array(look_at))
        body = _looking(position, np.array(look_at))
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
        raise ConfigError(f"cameras.{name}: its pose is not finite; check position, rpy and what it is mounted on")
    return View(name, width, height, camera.fov, camera.near, camera.far, pose, camera.exposure)


def check_size(size: tuple[int, int]) -> tuple[int, int]:
    """Refuse a picture that has no pixels or too many."""
    try:
        width, height = (int(edge) for edge in size)
    except (TypeError, ValueError):
        raise ConfigError(f"size: is {size!r}, not a width and a height in px; use for example (84, 84)") from None
    if not (1 <= width <= MAX_IMAGE_EDGE and 1 <= height <= MAX_IMAGE_EDGE):
        raise ConfigError(f"size: {width} x {height} px; use 1 to {MAX_IMAGE_EDGE} px for width and height")
    return width, height


def _around(camera: Camera, middle: Array) -> Array:
    """Where a standing camera is: its orbit goes about the vertical through what it looks at."""
    away = np.array(camera.position) - middle
    if camera.orbit:
        away = rotation_from_vector((0.0, 0.0, camera.orbit)) @ away
    return middle + camera.distance * away


def _looking(position: Array, target: Array) -> Array:
    """Body axes (x forward, y left, z up) as columns; a camera that looks straight down or up has y of the world up."""
    forward = (target - position) / np.linalg.norm(target - position)
    up = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 1.0 - 1e-9 else np.array([0.0, 1.0, 0.0])
    left = np.cross(up, forward)
    left /= np.linalg.norm(left)
    return np.stack([forward, left, np.cross(forward, left)], axis=1)
