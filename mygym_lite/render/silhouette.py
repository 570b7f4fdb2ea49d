"""Amodal masks and boxes: the full silhouette of each object, ignoring occlusion and image borders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.visuals import VisualBody
from mygym_lite.jit import kernel
from mygym_lite.render.camera import View
from mygym_lite.render.raster import OUTSIDE, is_in_frustum, project, rasterize_parts, transform
from mygym_lite.render.scene import RenderScene

_CANVAS = 3  # edge of the canvas, in image edges


class Outlines(NamedTuple):
    """Amodal masks and boxes of all objects, and the boxes of their visible pixels."""

    amodal_masks: NDArray[np.bool_]  # (objects, height, width)
    amodal_boxes: NDArray[np.int64]  # (objects, 5): pixel count, left, top, right, bottom; right and bottom exclusive
    visible_boxes: NDArray[np.int64]  # (objects, 5): the same for visible pixels


class Silhouettes:
    """Renderer of each object alone, on a canvas of three times the image size, where larger objects are cut.

    Args:
        bodies: Objects, one part each.
        pose_names: Body and link of each row of ``set_poses``.
    """

    def __init__(self, bodies: Sequence[VisualBody], pose_names: Sequence[tuple[str, str]]) -> None:
        self._scene = RenderScene(bodies, pose_names)
        triangles = len(self._scene.geometry.triangles)
        self._camera_points = np.empty_like(self._scene.points)
        self._corners = np.empty((len(self._camera_points), 2), np.int32)
        self._slopes, self._polygon = np.empty((triangles, 5)), np.empty((2, 9, 3))
        self._canvas: tuple[Any, Any] = np.empty((0, 0), np.int32), np.empty((0, 0), np.float32)

    def set_poses(self, poses: NDArray[np.float64]) -> None:
        """Set the poses of all objects: position, m, and quaternion (x, y, z, w) in each row."""
        self._scene.set_poses(poses)

    def draw(self, view: View, mask: NDArray[np.int32]) -> Outlines:
        """Draw the outlines of all objects.

        Args:
            view: Camera.
            mask: Instance mask of the image: 1 for the first object, 2 for the second, 0 for everything else.
        """
        scene, count = self._scene, len(self._scene.poses)
        outlines = Outlines(np.zeros((count, *mask.shape), np.bool_), *np.zeros((2, count, 5), np.int64))
        half = (_CANVAS * view.width / 2, _CANVAS * view.height / 2)
        intrinsics = np.array([view.focal_length, *half, view.near, view.far])
        geometry = (scene.geometry.spans, scene.bounding_spheres, scene.geometry.triangles, scene.points)
        scratch = (self._camera_points, self._corners, self._slopes, self._polygon, *self._get_canvas(view))
        _draw_outlines(geometry, view.world_to_camera[:3], intrinsics, mask, scratch, outlines)
        return outlines

    def _get_canvas(self, view: View) -> tuple[Any, Any]:
        """Return the canvas, allocated once per image size."""
        size = _CANVAS * view.height, _CANVAS * view.width
        if self._canvas[0].shape != size:
            self._canvas = np.empty(size, np.int32), np.empty(size, np.float32)
        return self._canvas


@kernel
def _draw_outlines(geometry, pose, intrinsics, mask, scratch, outlines):  # type: ignore[no-untyped-def]  # pragma: no cover
    spans, spheres, triangles, world_points = geometry
    points, corners, slopes, polygon, triangle_ids, inverse_depth = scratch
    _count_visible(mask, outlines.visible_boxes)
    part = np.zeros(1, np.int64)
    for index in range(len(spans)):
        box = outlines.amodal_boxes[index]
        box[1], box[2] = intrinsics[1] * 2, intrinsics[2] * 2
        if is_in_frustum(spheres[index], spheres[index, 3], pose, intrinsics):
            first, last = spans[index, 0], spans[index, 1]
            transform(world_points, pose, first, last, points)
            project(points, intrinsics, first, last, corners)
            left, top, right, bottom = _find_region(corners, first, last, triangle_ids)
            triangle_ids[top:bottom, left:right] = -1
            inverse_depth[top:bottom, left:right] = 0.0
            part[0] = index
            rasterize_parts(
                part, spans, triangles, points, corners, intrinsics, slopes, triangle_ids, inverse_depth, polygon
            )
            amodal_mask = outlines.amodal_masks[index]
            _copy_silhouette(triangle_ids, left, top, right, bottom, mask, index + 1, amodal_mask, box)


@kernel
def _count_visible(mask, visible_boxes):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Count the visible pixels of each object and compute their bounding box."""
    visible_boxes[:, 1], visible_boxes[:, 2] = mask.shape[1], mask.shape[0]
    for row in range(mask.shape[0]):
        for column in range(mask.shape[1]):
            if mask[row, column] > 0:
                _widen(visible_boxes[mask[row, column] - 1], column, row)


@kernel
def _widen(box, column, row):  # type: ignore[no-untyped-def]  # pragma: no cover
    box[0] += 1
    box[1], box[2] = min(box[1], column), min(box[2], row)
    box[3], box[4] = max(box[3], column + 1), max(box[4], row + 1)


@kernel
def _find_region(corners, first, last, canvas):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return the canvas region that contains the corners, or the whole canvas if one is outside."""
    height, width = canvas.shape
    left, top, right, bottom = width, height, 0, 0
    for i in range(first, last):
        if corners[i, 0] == OUTSIDE:
            return 0, 0, width, height
        x, y = corners[i, 0] >> 8, corners[i, 1] >> 8
        left, right, top, bottom = min(left, x), max(right, x + 1), min(top, y), max(bottom, y + 1)
    return max(0, left), max(0, top), min(width, right), min(height, bottom)


@kernel
def _copy_silhouette(canvas, left, top, right, bottom, mask, object_id, amodal_mask, box):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Count the pixels of an object on the canvas, and copy those inside the image to its amodal mask.

    A visible pixel of the object always counts: a clipped edge may round differently in the image and on the canvas.
    """
    height, width = mask.shape
    for row in range(top, bottom):
        for column in range(left, right):
            i, j = row - height, column - width
            inside = 0 <= i < height and 0 <= j < width
            if canvas[row, column] >= 0 or (inside and mask[i, j] == object_id):
                _widen(box, j, i)
                if inside:
                    amodal_mask[i, j] = True
