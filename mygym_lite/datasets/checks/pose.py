"""Check of a pose: rays through an object's pixels hit the posed model at the measured depth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mygym_lite.datasets.triangles import intersect_rays

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
_SAMPLES = 64  # pixels checked per object
_DEPTH_TOLERANCE = 0.1  # mm; error of single precision and rounded poses
_RASTER_STEP = 1 / 128  # px; grid of the renderer's vertices, which shifts a slanted face in depth
_MISS_FRACTION = 0.05  # of the pixels that may miss: rays through the very edge of a silhouette
_MARGIN = 2.0  # px by which a corner too thin to be rasterized may extend beyond the silhouette
_CANVAS = 1  # image sizes beyond each edge up to which silhouettes are rendered


@dataclass
class CheckedModel:
    """Model of an object, mm."""

    name: str
    points: Array
    triangles: Array
    """Corners of the triangles (m, 3, 3)."""
    scale: float = 1.0
    """Scale of its lengths against the model of its class."""


@dataclass(frozen=True, eq=False)
class PosedObject:
    """One object in one image: its model, the entries of the tables, and its masks."""

    model: CheckedModel
    pose: dict[str, Any]
    info: dict[str, Any]
    amodal_mask: Mask
    visible_mask: Mask


class PosedImage(Protocol):
    """Camera and depth of an image."""

    @property
    def camera(self) -> dict[str, Any]:
        """Entry of ``scene_camera.json``."""

    @property
    def depth(self) -> Array:
        """Depth, mm; 0 for background."""


def check_pose(image: PosedImage, posed: PosedObject) -> Iterator[str]:
    """Yield the problems of a pose."""
    rotation = np.reshape(posed.pose["cam_R_m2c"], (3, 3))
    if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-6) or np.linalg.det(rotation) < 0.0:
        yield "cam_R_m2c: is not a rotation"
        return
    if posed.pose.get("size", 1.0) != 1.0:
        yield f"size: is {posed.pose['size']}, which readers of BOP ignore; generate the dataset again"
        return
    translation = np.array(posed.pose["cam_t_m2c"])
    k = np.reshape(image.camera["cam_K"], (3, 3))
    yield from _check_depth(image, k, posed.model.triangles @ rotation.T + translation, posed)
    yield from _check_silhouette(k, posed.model.points @ rotation.T + translation, posed)


def _check_depth(image: PosedImage, k: Array, triangles: Array, posed: PosedObject) -> Iterator[str]:
    """Check that visible pixels have the depth of the model, and occluded ones a smaller depth."""
    pixels = np.flatnonzero(posed.amodal_mask)
    pixels = pixels[np.linspace(0, len(pixels) - 1, min(_SAMPLES, len(pixels))).astype(int)] if len(pixels) else pixels
    rows, columns = np.unravel_index(pixels, posed.amodal_mask.shape)
    rays = np.stack([(columns - k[0, 2]) / k[0, 0], (rows - k[1, 2]) / k[1, 1], np.ones(len(rows))], axis=1)
    expected, normals = intersect_rays(rays, triangles)
    slant = np.abs(normals[:, :2] / np.diag(k)[:2]).sum(axis=1) / np.maximum(-(normals * rays).sum(axis=1), 1e-9)
    raster_error = _RASTER_STEP * np.where(np.isfinite(expected), expected, 0.0) * slant
    tolerance = image.camera["depth_scale"] / 2 + _DEPTH_TOLERANCE + raster_error
    measured = image.depth[rows, columns]
    error = np.where(posed.visible_mask[rows, columns], np.abs(measured - expected), measured - expected)
    wrong = ~(error <= tolerance) | ~np.isfinite(expected) | (measured <= 0.0)
    if np.count_nonzero(wrong) > max(1.0, _MISS_FRACTION * len(pixels)):
        hits = wrong & np.isfinite(expected)
        distance = f", by {np.median(np.abs(error[hits])):.1f} mm" if hits.any() else ""
        yield f"depth is off the posed model at {np.count_nonzero(wrong)} of {len(pixels)} px{distance}"


def _check_silhouette(k: Array, points: Array, posed: PosedObject) -> Iterator[str]:
    """Check that the vertices of the model span the box, where the silhouette lies within the canvas."""
    if points[:, 2].min() <= 0.0:
        return
    projected = (points @ k.T)[:, :2] / points[:, 2:]
    low, high = projected.min(axis=0), projected.max(axis=0)
    edges = np.array(posed.amodal_mask.shape[::-1])
    if (low < -_CANVAS * edges).any() or (high > (1 + _CANVAS) * edges - 1).any():
        return
    box = posed.info["bbox_obj"]
    first, last = np.array(box[:2]), np.array(box[:2]) + box[2:]
    beyond = max(float((first - low).max()), float((high - last).max()))
    short = max(float((low - first).max()), float((last - high).max()))
    if short > _RASTER_STEP or beyond > _MARGIN:
        yield f"bbox_obj: the model's corners miss it by {max(short, beyond):.1f} px"
