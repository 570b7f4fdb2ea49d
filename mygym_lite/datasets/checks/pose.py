"""Whether an object is where its pose says: rays through pixels meet the posed model where depth has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mygym_lite.datasets.triangles import intersect_rays

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
_SAMPLES = 64  # pixels of each object that are looked at
_EXACT = 0.1  # mm; what single precision and rounded poses leave
_GRAIN = 1 / 128  # px; the raster of the renderer's corners, which shifts a slanted face in depth
_EDGES = 0.05  # share of the pixels that may miss: rays through the very edge of a silhouette
_MARGIN = 2.0  # px by which a corner too thin to show may reach beyond the silhouette
_CANVAS = 1  # pictures beyond the picture's edges up to which silhouettes are drawn


@dataclass
class CheckedModel:
    """One object's model, mm."""

    name: str
    points: Array
    triangles: Array  # (m, 3, 3), of its triangles
    scaled_pose_count: int = 0
    """Poses of it with another size."""


class PosedImage(Protocol):
    """What is needed of a picture."""

    @property
    def camera(self) -> dict[str, Any]:
        """The entry of ``scene_camera.json``."""

    @property
    def depth(self) -> Array:
        """mm, 0 where there is nothing."""


def check_pose(
    image: PosedImage,
    model: CheckedModel,
    pose: dict[str, Any],
    info: dict[str, Any],
    whole_mask: Mask,
    visible_mask: Mask,
) -> Iterator[str]:
    """Say what is wrong with a pose, if anything is."""
    rotation = np.reshape(pose["cam_R_m2c"], (3, 3))
    if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-6) or np.linalg.det(rotation) < 0.0:
        yield "cam_R_m2c: is no rotation"
        return
    place = float(pose.get("size", 1.0)) * rotation.T, np.array(pose["cam_t_m2c"])
    k = np.reshape(image.camera["cam_K"], (3, 3))
    yield from _off_surface(image, k, model.triangles @ place[0] + place[1], whole_mask, visible_mask)
    yield from _off_silhouette(k, model.points @ place[0] + place[1], info["bbox_obj"], whole_mask.shape)


def _off_surface(picture: PosedImage, k: Array, corners: Array, whole: Mask, visible: Mask) -> Iterator[str]:
    """Visible pixels have the depth of the model; where it is hidden, something stands nearer."""
    places = np.flatnonzero(whole)
    places = places[np.linspace(0, len(places) - 1, min(_SAMPLES, len(places))).astype(int)] if len(places) else places
    rows, columns = np.unravel_index(places, whole.shape)
    rays = np.stack([(columns - k[0, 2]) / k[0, 0], (rows - k[1, 2]) / k[1, 1], np.ones(len(rows))], axis=1)
    expected, normals = intersect_rays(rays, corners)
    slant = np.abs(normals[:, :2] / np.diag(k)[:2]).sum(axis=1) / np.maximum(-(normals * rays).sum(axis=1), 1e-9)
    slack = picture.camera["depth_scale"] / 2 + _EXACT + _GRAIN * np.where(np.isfinite(expected), expected, 0.0) * slant
    measured = picture.depth[rows, columns]
    off = np.where(visible[rows, columns], np.abs(measured - expected), measured - expected)
    wrong = ~(off <= slack) | ~np.isfinite(expected) | (measured <= 0.0)
    if np.count_nonzero(wrong) > max(1.0, _EDGES * len(places)):
        hits = wrong & np.isfinite(expected)
        far = f", by {np.median(np.abs(off[hits])):.1f} mm" if hits.any() else ""
        yield f"depth is off the posed model at {np.count_nonzero(wrong)} of {len(places)} px{far}"


def _off_silhouette(k: Array, points: Array, box: list[int], shape: tuple[int, ...]) -> Iterator[str]:
    """The corners of the model span the box, as far as silhouettes are drawn."""
    if points[:, 2].min() <= 0.0:
        return
    seen = (points @ k.T)[:, :2] / points[:, 2:]
    low, high = seen.min(axis=0), seen.max(axis=0)
    edges = np.array(shape[::-1])
    if (low < -_CANVAS * edges).any() or (high > (1 + _CANVAS) * edges - 1).any():
        return
    first, last = np.array(box[:2]), np.array(box[:2]) + box[2:]
    beyond = max(float((first - low).max()), float((high - last).max()))
    short = max(float((low - first).max()), float((last - high).max()))
    if short > _GRAIN or beyond > _MARGIN:
        yield f"bbox_obj: the model's corners miss it by {max(short, beyond):.1f} px"
