"""PyBullet's software renderer, TinyRenderer: slow, needs no display or GPU, reference for tests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pybullet as bullet
from numpy.typing import NDArray

from mygym_lite.config.scenery import Background, Light, compute_light_direction

_PIXEL_CENTRE = 0.5  # px; TinyRenderer samples pixel corners, cameras sample pixel centres
_LIGHT_DISTANCE = 4.0  # m
_DIFFUSE, _SPECULAR = 0.6, 0.3  # light coefficients that match the brightness of mygym_lite.render
_SHADOW_THRESHOLD = 0.5  # shadow strength above which shadows are drawn; TinyRenderer has one strength
_LINK_BITS = 24
Array = NDArray[np.float64]
MaskIdTable = Mapping[tuple[int, int], tuple[int, int]]


class PinholeCamera(Protocol):
    """Pinhole camera at one instant, in the OpenCV convention."""

    @property
    def width(self) -> int:
        """Image width, px."""

    @property
    def height(self) -> int:
        """Image height, px."""

    @property
    def fov(self) -> float:
        """Vertical field of view, deg."""

    @property
    def near(self) -> float:
        """Nearest depth, m."""

    @property
    def far(self) -> float:
        """Farthest depth, m."""

    @property
    def world_to_camera(self) -> Array:
        """Extrinsics, (4, 4)."""


def render_images(
    client: int, camera: PinholeCamera, light: Light, background: Background, mask_ids: MaskIdTable
) -> dict[str, NDArray[Any]]:
    """Render ``rgb``, ``depth`` (m, 0 in the background), ``mask`` and ``links``.

    Args:
        client: Physics client of a world with visuals.
        camera: Camera.
        light: Direction, colour and strengths; shadows are on or off.
        background: Colours of the background.
        mask_ids: Values of mask and links by body id and link index.
    """
    images = [np.reshape(image, (camera.height, camera.width, -1)) for image in render_raw(client, camera, light)]
    colors, buffer, labels = images[0], images[1][:, :, 0].astype(np.float64), images[2][:, :, 0].astype(np.int64)
    mask, links = _map_mask_ids(labels, mask_ids)
    visible = labels >= 0
    depth = np.where(visible, camera.far * camera.near / (camera.far - (camera.far - camera.near) * buffer), 0.0)
    rgb = np.where(visible[:, :, None], colors[:, :, :3], _draw_background(camera, background))
    return {"rgb": rgb.astype(np.uint8), "depth": depth.astype(np.float32), "mask": mask, "links": links}


def render_raw(client: int, camera: PinholeCamera, light: Light) -> tuple[Any, Any, Any]:
    """Return PyBullet's raw buffers: colours, depth buffer, packed body id and link index."""
    brightness = light.intensity * _DIFFUSE
    images: tuple[Any, Any, Any] = bullet.getCameraImage(
        camera.width,
        camera.height,
        _compute_view_matrix(camera),
        _compute_projection(camera),
        lightDirection=compute_light_direction(light),
        lightColor=light.color,
        lightDistance=_LIGHT_DISTANCE,
        shadow=int(light.shadow > _SHADOW_THRESHOLD),
        lightAmbientCoeff=light.ambient,
        lightDiffuseCoeff=brightness,
        lightSpecularCoeff=light.intensity * _SPECULAR,
        flags=bullet.ER_SEGMENTATION_MASK_OBJECT_AND_LINKINDEX,
        renderer=bullet.ER_TINY_RENDERER,
        physicsClientId=client,
    )[2:]
    return images


def _compute_view_matrix(camera: PinholeCamera) -> list[float]:
    """Return the OpenGL view matrix in column-major order; the camera looks along -z, y is up."""
    flipped: list[float] = (np.diag([1.0, -1.0, -1.0, 1.0]) @ camera.world_to_camera).T.ravel().tolist()
    return flipped


def _compute_projection(camera: PinholeCamera) -> tuple[float, ...]:
    """Compute the projection matrix, shifted by half a pixel to sample the pixel centres of the camera."""
    half = camera.near * math.tan(math.radians(camera.fov) / 2)
    pixel = 2 * half / camera.height
    across, shift = half * camera.width / camera.height, _PIXEL_CENTRE * pixel
    frustum = (shift - across, shift + across, shift - half, shift + half)
    return tuple(bullet.computeProjectionMatrix(*frustum, camera.near, camera.far))


def _map_mask_ids(labels: NDArray[np.int64], mask_ids: MaskIdTable) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Convert packed ids to masks of bodies and links, 0 in the background."""
    ids, inverse = np.unique(labels, return_inverse=True)
    body_mask = (1 << _LINK_BITS) - 1
    pairs = [
        mask_ids.get((label & body_mask, (label >> _LINK_BITS) - 1), (0, 0)) if label >= 0 else (0, 0)
        for label in ids.tolist()
    ]
    table = np.array(pairs, dtype=np.int32)[inverse.reshape(labels.shape)]
    return np.ascontiguousarray(table[:, :, 0]), np.ascontiguousarray(table[:, :, 1])


def _draw_background(camera: PinholeCamera, background: Background) -> Array:
    """Draw the background gradient, (height, width, 3), 0 to 255."""
    focal = 0.5 * camera.height / math.tan(math.radians(camera.fov) / 2)
    u = (np.arange(camera.width) + 0.5 - camera.width / 2) / focal
    v = (np.arange(camera.height) + 0.5 - camera.height / 2) / focal
    rays = np.stack([*np.meshgrid(u, v), np.ones((camera.height, camera.width))], axis=-1)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    upward = rays @ camera.world_to_camera[:3, 2]  # z of each ray in the world
    share = np.clip(0.5 + 0.9 * upward, 0.0, 1.0)
    top, bottom = np.array(background.top), np.array(background.bottom)
    colors: Array = 255.0 * (bottom + share[:, :, None] * (top - bottom))
    return colors
