"""The engine's own software renderer: slow, without a display or a GPU; the reference that pictures are checked by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import pybullet as bullet
from numpy.typing import NDArray

from mygym_lite.config.scenery import Background, Light, compute_light_direction

_CORNER = 0.5  # px; this renderer looks through the corners of pixels where cameras look through their centres
_SUN_AWAY = 4.0  # m
_DIFFUSE, _SPECULAR = 0.6, 0.3  # shares of the sun's light that make its pictures about as bright as ours
_SHADOW_FROM = 0.5  # it knows shadows of one strength only, or none
_LINK_BITS = 24
Array = NDArray[np.float64]
MaskIdTable = Mapping[tuple[int, int], tuple[int, int]]


class PinholeCamera(Protocol):
    """A pinhole camera at one moment, in the OpenCV convention."""

    @property
    def width(self) -> int:
        """Pixels across."""

    @property
    def height(self) -> int:
        """Pixels down."""

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
        """The (4, 4) transform."""


def render_images(
    client: int, camera: PinholeCamera, light: Light, background: Background, mask_ids: MaskIdTable
) -> dict[str, NDArray[Any]]:
    """What a camera sees: ``rgb``, ``depth`` (m, 0 where nothing is), ``mask`` and ``links``.

    Args:
        client: A world made with visuals.
        camera: Where the camera is.
        light: Its direction, colour and strengths; a shadow is there or not.
        background: Colours where nothing is seen.
        mask_ids: What mask and links are to say, by the engine's numbers of body and link.
    """
    images = [np.reshape(image, (camera.height, camera.width, -1)) for image in render_raw(client, camera, light)]
    colors, buffer, labels = images[0], images[1][:, :, 0].astype(np.float64), images[2][:, :, 0].astype(np.int64)
    mask, links = _renumbered(labels, mask_ids)
    seen = labels >= 0
    depth = np.where(seen, camera.far * camera.near / (camera.far - (camera.far - camera.near) * buffer), 0.0)
    rgb = np.where(seen[:, :, None], colors[:, :, :3], _sky(camera, background))
    return {"rgb": rgb.astype(np.uint8), "depth": depth.astype(np.float32), "mask": mask, "links": links}


def render_raw(client: int, camera: PinholeCamera, light: Light) -> tuple[Any, Any, Any]:
    """The engine's picture as it hands it over: colours, depth buffer, numbers of body and link."""
    brightness = light.intensity * _DIFFUSE
    images: tuple[Any, Any, Any] = bullet.getCameraImage(
        camera.width,
        camera.height,
        _view_matrix(camera),
        _projection(camera),
        lightDirection=compute_light_direction(light),
        lightColor=light.color,
        lightDistance=_SUN_AWAY,
        shadow=int(light.shadow > _SHADOW_FROM),
        lightAmbientCoeff=light.ambient,
        lightDiffuseCoeff=brightness,
        lightSpecularCoeff=light.intensity * _SPECULAR,
        flags=bullet.ER_SEGMENTATION_MASK_OBJECT_AND_LINKINDEX,
        renderer=bullet.ER_TINY_RENDERER,
        physicsClientId=client,
    )[2:]
    return images


def _view_matrix(lens: PinholeCamera) -> list[float]:
    """OpenGL's, by columns: there the camera looks along -z and y is up."""
    flipped: list[float] = (np.diag([1.0, -1.0, -1.0, 1.0]) @ lens.world_to_camera).T.ravel().tolist()
    return flipped


def _projection(lens: PinholeCamera) -> tuple[float, ...]:
    """The frustum, moved by half a pixel, so that its pixel corners lie on the pixel centres of the camera."""
    half = lens.near * math.tan(math.radians(lens.fov) / 2)
    pixel = 2 * half / lens.height
    across, shift = half * lens.width / lens.height, _CORNER * pixel
    return tuple(
        bullet.computeProjectionMatrix(-across + shift, across + shift, shift - half, shift + half, lens.near, lens.far)
    )


def _renumbered(labels: NDArray[np.int64], numbers: MaskIdTable) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Masks of bodies and links, 0 where nothing is seen."""
    found, where = np.unique(labels, return_inverse=True)
    pairs = [numbers.get((label & (1 << _LINK_BITS) - 1, (label >> _LINK_BITS) - 1), (0, 0)) if label >= 0 else (0, 0)
             for label in found.tolist()]  # fmt: skip
    table = np.array(pairs, dtype=np.int32)[where.reshape(labels.shape)]
    return np.ascontiguousarray(table[:, :, 0]), np.ascontiguousarray(table[:, :, 1])


def _sky(lens: PinholeCamera, background: Background) -> Array:
    """The gradient of the background, (height, width, 3), 0 to 255."""
    focal = 0.5 * lens.height / math.tan(math.radians(lens.fov) / 2)
    u = (np.arange(lens.width) + 0.5 - lens.width / 2) / focal
    v = (np.arange(lens.height) + 0.5 - lens.height / 2) / focal
    rays = np.stack([*np.meshgrid(u, v), np.ones((lens.height, lens.width))], axis=-1)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    upward = rays @ lens.world_to_camera[:3, 2]  # of each ray, in the world
    share = np.clip(0.5 + 0.9 * upward, 0.0, 1.0)
    top, bottom = np.array(background.top), np.array(background.bottom)
    colors: Array = 255.0 * (bottom + share[:, :, None] * (top - bottom))
    return colors
