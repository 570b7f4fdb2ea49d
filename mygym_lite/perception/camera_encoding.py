"""Where cameras are believed to be, for many pictures at once: from points of the robot's frame to pixels and back.

What a network says of a place is said in the frame of the camera as the robot believes it to stand. If it stands there,
a pixel and a depth are all that is needed; if it does not, the picture shows it, and the network can make up for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mygym_lite.render.camera import View

Array = NDArray[np.float64]
STRIDE = 4
"""Edge of a cell, px: the network says what is where cell by cell."""
BACKBONE_STRIDE = 16
"""Edges of pictures are multiples of this, px: the network sees the whole of one in squares of this size."""
RAY_CHANNELS, CAMERA_FEATURES = 4, 10
"""Numbers that tell a cell, and a picture, how the camera stands."""
_NEAREST, _FARTHEST = 0.03, 4.0  # m; depths are kept within


class CameraBatch(NamedTuple):
    """The cameras of n pictures of one size; the robot's frame is the world's."""

    intrinsics: Array
    """(n, 3): focal length and centre, px."""
    world_to_camera: Array
    """(n, 4, 4), from the world to the camera (x right, y down, z forward), m."""

    @classmethod
    def from_views(cls, views: Sequence[View]) -> CameraBatch:
        """Of cameras."""
        lens = np.array([(view.focal_length, view.width / 2, view.height / 2) for view in views]).reshape(-1, 3)
        return cls(lens, np.array([view.world_to_camera for view in views]).reshape(-1, 4, 4))

    def take(self, rows: NDArray[np.int64]) -> CameraBatch:
        """Some of the pictures."""
        return CameraBatch(self.intrinsics[rows], self.world_to_camera[rows])

    @property
    def headings(self) -> Array:
        """(n,), rad: which way a camera's right is, seen from above, against the robot's x."""
        heading: Array = np.arctan2(self.world_to_camera[:, 0, 1], self.world_to_camera[:, 0, 0])
        return heading

    def project(self, points: Array) -> Array:
        """Points (n, k, 3) of the robot's frame as u, v, px, and the logarithm of depth, m."""
        local = (
            np.einsum("nij,nkj->nki", self.world_to_camera[:, :3, :3], points) + self.world_to_camera[:, None, :3, 3]
        )
        depth = np.clip(local[..., 2:], _NEAREST, _FARTHEST)
        pixels = self.intrinsics[:, None, :1] * local[..., :2] / depth + self.intrinsics[:, None, 1:]
        return np.concatenate([pixels, np.log(depth)], axis=-1)

    def unproject(self, image_points: Array) -> Array:
        """The points (n, k, 3) of the robot's frame that are seen at u, v with a logarithm of depth."""
        depth = np.exp(image_points[..., 2:])
        local = np.concatenate(
            [(image_points[..., :2] - self.intrinsics[:, None, 1:]) / self.intrinsics[:, None, :1] * depth, depth], -1
        )
        points: Array = np.einsum(
            "nji,nkj->nki", self.world_to_camera[:, :3, :3], local - self.world_to_camera[:, None, :3, 3]
        )
        return points

    def compute_ray_channels(self, height: int, width: int) -> NDArray[np.float32]:
        """What tells cells where they look (n, GUIDES, height, width): across, down, rise, depth of the surface."""
        v, u = (np.arange(edge) * STRIDE + STRIDE / 2 for edge in (height, width))
        pixels = np.stack(np.meshgrid(u, v), -1).reshape(1, -1, 2)
        ahead = (pixels - self.intrinsics[:, None, 1:]) / self.intrinsics[:, None, :1]
        rays = np.concatenate([ahead, np.ones_like(ahead[..., :1])], -1)
        rise = np.einsum("ni,nki->nk", self.world_to_camera[:, :3, 2], rays)
        eye = -np.einsum("nji,nj->ni", self.world_to_camera[:, :3, :3], self.world_to_camera[:, :3, 3])
        depth = np.where(rise < -1e-3, eye[:, 2:] / np.maximum(-rise, 1e-3), _FARTHEST)
        surface = np.log(np.clip(depth, _NEAREST, _FARTHEST))
        found = np.concatenate([ahead.transpose(0, 2, 1), rise[:, None], surface[:, None]], 1)
        return found.reshape(-1, RAY_CHANNELS, height, width).astype(np.float32)

    def compute_camera_features(self) -> NDArray[np.float32]:
        """How each camera stands (n, SITUATION): place, right, ahead, focal length in pictures' heights."""
        eye = -np.einsum("nji,nj->ni", self.world_to_camera[:, :3, :3], self.world_to_camera[:, :3, 3])
        focal = self.intrinsics[:, :1] / (2.0 * self.intrinsics[:, 2:])
        return np.concatenate([eye, self.world_to_camera[:, 0, :3], self.world_to_camera[:, 2, :3], focal], 1).astype(
            np.float32
        )

    def compute_covariances(self, image_points: Array, pixel_deviation: Array, log_depth_deviation: Array) -> Array:
        """Covariances (n, k, 3, 3), m², of places seen with deviations ``pixel_deviation``, px, and ``log_depth_deviation``, of log depth."""
        depth = np.exp(image_points[..., 2])
        rays = np.concatenate(
            [
                (image_points[..., :2] - self.intrinsics[:, None, 1:]) / self.intrinsics[:, None, :1],
                depth[..., None] ** 0,
            ],
            -1,
        )
        rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
        along = np.einsum("nki,nkj->nkij", rays, rays)
        aside = (depth * pixel_deviation / self.intrinsics[:, :1]) ** 2
        local = (
            aside[..., None, None] * (np.eye(3) - along) + ((depth * log_depth_deviation) ** 2)[..., None, None] * along
        )
        turn = self.world_to_camera[:, :3, :3]
        covariance: Array = np.einsum("nji,nkjl,nlm->nkim", turn, local, turn)
        return covariance
