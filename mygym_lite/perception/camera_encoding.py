"""Camera geometry of many images at once: projection, unprojection, and encodings for the network.

The network predicts positions in the frame of the nominal camera. If the nominal pose is correct, pixel and depth are
sufficient; if it is not, the network can infer and compensate the miscalibration from the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mygym_lite.render.camera import View

Array = NDArray[np.float64]
STRIDE = 4
"""Edge of a cell of the network's output, px."""
BACKBONE_STRIDE = 16
"""Stride of the coarsest features, px; width and height of images are multiples of it."""
RAY_CHANNELS, CAMERA_FEATURES, CROP_FEATURES = 4, 10, 10
"""Numbers that encode the viewing ray of a cell, the camera of an image, and the view of a crop."""
_MIN_DEPTH, _MAX_DEPTH = 0.03, 4.0  # m; depths are clipped to this range


class CameraBatch(NamedTuple):
    """Cameras of n images of one size; the robot's frame is the world's."""

    intrinsics: Array
    """Focal length and centre (n, 3), px."""
    world_to_camera: Array
    """Transform (n, 4, 4) from the world to the camera (x right, y down, z forward), m."""

    @classmethod
    def from_views(cls, views: Sequence[View]) -> CameraBatch:
        """Build the batch of camera views."""
        intrinsics = np.array([(view.focal_length, view.width / 2, view.height / 2) for view in views]).reshape(-1, 3)
        return cls(intrinsics, np.array([view.world_to_camera for view in views]).reshape(-1, 4, 4))

    def take(self, rows: NDArray[np.int64]) -> CameraBatch:
        """Select the cameras of some images."""
        return CameraBatch(self.intrinsics[rows], self.world_to_camera[rows])

    def scale(self, factor: float) -> CameraBatch:
        """Return the cameras of the same images at another resolution."""
        return CameraBatch(self.intrinsics * factor, self.world_to_camera)

    @property
    def headings(self) -> Array:
        """Yaw of the cameras' right axes in the robot's frame (n,), rad."""
        headings: Array = np.arctan2(self.world_to_camera[:, 0, 1], self.world_to_camera[:, 0, 0])
        return headings

    def project(self, points: Array) -> Array:
        """Project points (n, k, 3) of the robot's frame to u, v, px, and the logarithm of depth, m."""
        rotated = np.einsum("nij,nkj->nki", self.world_to_camera[:, :3, :3], points)
        local = rotated + self.world_to_camera[:, None, :3, 3]
        depth = np.clip(local[..., 2:], _MIN_DEPTH, _MAX_DEPTH)
        pixels = self.intrinsics[:, None, :1] * local[..., :2] / depth + self.intrinsics[:, None, 1:]
        return np.concatenate([pixels, np.log(depth)], axis=-1)

    def unproject(self, image_points: Array) -> Array:
        """Compute points (n, k, 3) of the robot's frame from u, v and the logarithm of depth."""
        depth = np.exp(image_points[..., 2:])
        local = np.concatenate([self._normalize(image_points[..., :2]) * depth, depth], -1)
        offsets = local - self.world_to_camera[:, None, :3, 3]
        points: Array = np.einsum("nji,nkj->nki", self.world_to_camera[:, :3, :3], offsets)
        return points

    def _normalize(self, pixels: Array) -> Array:
        """Convert pixels to normalized image coordinates, where depth is 1."""
        return (pixels - self.intrinsics[:, None, 1:]) / self.intrinsics[:, None, :1]

    def _compute_positions(self) -> Array:
        """Compute the positions of the cameras in the robot's frame (n, 3), m."""
        positions: Array = -np.einsum("nji,nj->ni", self.world_to_camera[:, :3, :3], self.world_to_camera[:, :3, 3])
        return positions

    def compute_ray_channels(self, height: int, width: int) -> NDArray[np.float32]:
        """Encode the viewing rays of cells (n, RAY_CHANNELS, height, width): x, y, slope, log depth of the ground."""
        v, u = (np.arange(edge) * STRIDE + STRIDE / 2 for edge in (height, width))
        pixels = np.stack(np.meshgrid(u, v), -1).reshape(1, -1, 2)
        directions = self._normalize(pixels)
        rays = np.concatenate([directions, np.ones_like(directions[..., :1])], -1)
        slope = np.einsum("ni,nki->nk", self.world_to_camera[:, :3, 2], rays)
        log_depth = self._intersect_ground(slope)
        channels = np.concatenate([directions.transpose(0, 2, 1), slope[:, None], log_depth[:, None]], 1)
        return channels.reshape(-1, RAY_CHANNELS, height, width).astype(np.float32)

    def compute_ground_log_depth(self, pixels: Array) -> Array:
        """Compute the log depth (n,) of the ground at one pixel (n, 2) of each image."""
        directions = self._normalize(pixels[:, None])[:, 0]
        rays = np.concatenate([directions, np.ones_like(directions[:, :1])], -1)
        return self._intersect_ground(np.einsum("ni,ni->n", self.world_to_camera[:, :3, 2], rays)[:, None])[:, 0]

    def _intersect_ground(self, slope: Array) -> Array:
        """Compute the log depth of the ground along rays (n, k) of the given slopes."""
        camera_height = self._compute_positions()[:, 2:]
        depth = np.where(slope < -1e-3, camera_height / np.maximum(-slope, 1e-3), _MAX_DEPTH)
        log_depth: Array = np.log(np.clip(depth, _MIN_DEPTH, _MAX_DEPTH))
        return log_depth

    def compute_crop_features(self, boxes: Array) -> NDArray[np.float32]:
        """Encode the views of one square crop of each image (n, CROP_FEATURES).

        They are: the ray through its centre and the optical axis, both in the robot's frame turned by the camera's
        heading; the roll of the camera; its angular size; the log depth of the ground; and the height of the camera.

        Args:
            boxes: Centres u, v and edges (n, 3), px.
        """
        directions = self._normalize(boxes[:, None, :2])[:, 0]
        rays = np.concatenate([directions, np.ones_like(directions[:, :1])], -1)
        rotation = self.world_to_camera[:, :3, :3]
        rays /= np.linalg.norm(rays, axis=1, keepdims=True)
        world = np.stack([np.einsum("nji,nj->ni", rotation, rays), rotation[:, 2]], 1)
        cosine, sine = np.cos(self.headings)[:, None], np.sin(self.headings)[:, None]
        turned = np.stack(
            [
                cosine * world[..., 0] + sine * world[..., 1],
                cosine * world[..., 1] - sine * world[..., 0],
                world[..., 2],
            ],
            -1,
        )
        size = np.log(boxes[:, 2:] / self.intrinsics[:, :1])
        height = self._compute_positions()[:, 2:]
        depth = self.compute_ground_log_depth(boxes[:, :2])[:, None]
        columns = [turned.reshape(len(boxes), 6), rotation[:, 0, 2:], size, depth, height]
        return np.concatenate(columns, 1).astype(np.float32)

    def compute_camera_features(self) -> NDArray[np.float32]:
        """Encode the cameras (n, CAMERA_FEATURES): position, right axis, optical axis, focal length / image height."""
        position, right, forward = (
            self._compute_positions(),
            self.world_to_camera[:, 0, :3],
            self.world_to_camera[:, 2, :3],
        )
        focal = self.intrinsics[:, :1] / (2.0 * self.intrinsics[:, 2:])
        return np.concatenate([position, right, forward, focal], 1).astype(np.float32)

    def compute_covariances(self, image_points: Array, pixel_deviation: Array, log_depth_deviation: Array) -> Array:
        """Compute covariances (n, k, 3, 3), m², of positions from standard deviations of pixels, px, and log depth."""
        depth = np.exp(image_points[..., 2])
        rays = np.concatenate([self._normalize(image_points[..., :2]), np.ones_like(image_points[..., 2:])], -1)
        rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
        along = np.einsum("nki,nkj->nkij", rays, rays)
        lateral_variance = ((depth * pixel_deviation / self.intrinsics[:, :1]) ** 2)[..., None, None]
        depth_variance = ((depth * log_depth_deviation) ** 2)[..., None, None]
        local = lateral_variance * (np.eye(3) - along) + depth_variance * along
        rotation = self.world_to_camera[:, :3, :3]
        covariance: Array = np.einsum("nji,nkjl,nlm->nkim", rotation, local, rotation)
        return covariance
