"""Where each thing is in a picture as if nothing stood before it, beyond the picture's borders too."""

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

_CANVAS = 3  # edges of a picture that the canvas around it has


class Outlines(NamedTuple):
    """What a picture shows of each thing, and what it would show if nothing stood before it."""

    amodal_masks: NDArray[np.bool_]  # (things, height, width)
    amodal_boxes: NDArray[np.int64]  # (things, 5): pixels, left, top, right, bottom; the last ones excluded
    visible_boxes: NDArray[np.int64]  # the same, of the pixels that are seen


class Silhouettes:
    """Draws each of some things alone.

    A thing that reaches far out of the picture is cut where a canvas of three times the picture's edges ends.

    Args:
        bodies: The things, one part each.
        pose_names: Body and link of each row of the poses that ``set_poses`` is given.
    """

    def __init__(self, bodies: Sequence[VisualBody], pose_names: Sequence[tuple[str, str]]) -> None:
        self._stage = RenderScene(bodies, pose_names)
        triangles = len(self._stage.geometry.triangles)
        self._seen = np.empty_like(self._stage.points)
        self._corners = np.empty((len(self._seen), 2), np.int32)
        self._slopes, self._polygon = np.empty((triangles, 5)), np.empty((2, 9, 3))
        self._canvas: tuple[Any, Any] = np.empty((0, 0), np.int32), np.empty((0, 0), np.float32)

    def set_poses(self, poses: NDArray[np.float64]) -> None:
        """Move everything: position and quaternion (x, y, z, w) of each row of ``names``."""
        self._stage.set_poses(poses)

    def draw(self, view: View, mask: NDArray[np.int32]) -> Outlines:
        """Outline every thing.

        Args:
            view: Through which camera.
            mask: What it sees: 1 where the first thing is, 2 where the second is, and so on; 0 for all else.
        """
        stage, count = self._stage, len(self._stage.poses)
        found = Outlines(np.zeros((count, *mask.shape), np.bool_), *np.zeros((2, count, 5), np.int64))
        lens = np.array(
            [view.focal_length, *(_CANVAS * edge / 2 for edge in (view.width, view.height)), view.near, view.far]
        )
        _outline(
            stage.geometry.spans,
            stage.bounding_spheres,
            stage.geometry.triangles,
            stage.points,
            view.world_to_camera[:3],
            lens,
            mask,
            self._seen,
            self._corners,
            self._slopes,
            self._polygon,
            *self._room(view),
            found.amodal_masks,
            found.amodal_boxes,
            found.visible_boxes,
        )
        return found

    def _room(self, view: View) -> tuple[Any, Any]:
        """The canvas, which is kept from picture to picture of one size."""
        size = _CANVAS * view.height, _CANVAS * view.width
        if self._canvas[0].shape != size:
            self._canvas = np.empty(size, np.int32), np.empty(size, np.float32)
        return self._canvas


@kernel
def _outline(  # type: ignore[no-untyped-def]  # pragma: no cover
    spans, balls, triangles, world, pose, lens, mask, seen, corners, slopes, polygon, numbers, nearness, whole, boxes,
    visible,
):  # fmt: skip
    _count(mask, visible)
    part = np.zeros(1, np.int64)
    for thing in range(len(spans)):
        boxes[thing, 1], boxes[thing, 2] = lens[1] * 2, lens[2] * 2
        if is_in_frustum(balls[thing], balls[thing, 3], pose, lens):
            first, last = spans[thing, 0], spans[thing, 1]
            transform(world, pose, first, last, seen)
            project(seen, lens, first, last, corners)
            left, top, right, bottom = _reach(corners, first, last, numbers)
            numbers[top:bottom, left:right] = -1
            nearness[top:bottom, left:right] = 0.0
            part[0] = thing
            rasterize_parts(part, spans, triangles, seen, corners, lens, slopes, numbers, nearness, polygon)
            _take(numbers, left, top, right, bottom, mask, thing + 1, whole[thing], boxes[thing])


@kernel
def _count(mask, visible):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Pixels of each number of a mask, and the box around them."""
    visible[:, 1], visible[:, 2] = mask.shape[1], mask.shape[0]
    for row in range(mask.shape[0]):
        for column in range(mask.shape[1]):
            if mask[row, column] > 0:
                _widen(visible[mask[row, column] - 1], column, row)


@kernel
def _widen(box, column, row):  # type: ignore[no-untyped-def]  # pragma: no cover
    box[0] += 1
    box[1], box[2] = min(box[1], column), min(box[2], row)
    box[3], box[4] = max(box[3], column + 1), max(box[4], row + 1)


@kernel
def _reach(corners, first, last, canvas):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Columns and rows of the canvas that hold what lies between some corners; all of it if one is too far out."""
    height, width = canvas.shape
    left, top, right, bottom = width, height, 0, 0
    for i in range(first, last):
        if corners[i, 0] == OUTSIDE:
            return 0, 0, width, height
        x, y = corners[i, 0] >> 8, corners[i, 1] >> 8
        left, right, top, bottom = min(left, x), max(right, x + 1), min(top, y), max(bottom, y + 1)
    return max(0, left), max(0, top), min(width, right), min(height, bottom)


@kernel
def _take(canvas, left, top, right, bottom, mask, number, whole, box):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Count a thing's pixels on the canvas, and copy those in the picture.

    A pixel at which the thing is seen is its own in any case: the edge of a triangle that had to be cut may be rounded
    otherwise in the picture than on the canvas.
    """
    height, width = mask.shape
    for row in range(top, bottom):
        for column in range(left, right):
            i, j = row - height, column - width
            inside = 0 <= i < height and 0 <= j < width
            if canvas[row, column] >= 0 or (inside and mask[i, j] == number):
                _widen(box, j, i)
                if inside:
                    whole[i, j] = True
