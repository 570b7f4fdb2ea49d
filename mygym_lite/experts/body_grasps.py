"""Grasps across the body of an object in any orientation, by its collision shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mygym_lite.config.objects import ObjectModel
from mygym_lite.config.shape import Shape
from mygym_lite.experts.inputs import Array

_EDGE_MARGIN = 0.015  # m from the end of a shape to the middle of the hand
_PLAY = 0.005  # m between the object and the open hand
_HAND_HALF_WIDTH = 0.04  # m
_MIDDLE = 0.01  # m by which a grasp may be farther from the middle of the object than the nearest one
_PARALLEL = 0.97  # cosine from which two directions count as parallel
_HORIZONTAL = 0.3  # sine of the largest slope of a direction that counts as horizontal


@dataclass(frozen=True)
class BodyGrasp:
    """Closing of the hand across one shape, in the object frame."""

    centre: Array
    """Middle of the shape, m."""
    frame: Array
    """Rotation of the shape."""
    reach: Array
    """Distances along the axes of the shape by which the hand may close beside its middle, m."""
    width: float
    """Distance between the closing surfaces, m."""

    def shift(self, offset: Array) -> Array:
        """Compute the point that lies at an offset from the middle of the shape, or as far as the shape reaches, m."""
        local = np.clip(self.frame.T @ offset, -self.reach, self.reach)
        point: Array = self.centre + self.frame @ local
        return point


def list_body_grasps(model: ObjectModel, size: float, closing: Array, opening: float) -> list[BodyGrasp]:
    """List the grasps that close along a direction of the object frame, as near to its middle as any.

    Args:
        model: Object.
        size: Scale of the object.
        closing: Direction of the object frame, of length 1.
        opening: Opening of the hand, m.
    """
    built = [_build_grasp(shape, size, closing) for shape in model.shapes]
    narrow = [grasp for grasp in built if grasp is not None and grasp.width < opening - _PLAY]
    grasps = [grasp for grasp in narrow if _measure_width(model, size, grasp, closing) < grasp.width + _PLAY]
    distances = [float(np.linalg.norm(grasp.shift(-grasp.centre))) for grasp in grasps]
    nearest = min(distances, default=0.0) + _MIDDLE
    return [grasp for grasp, distance in zip(grasps, distances, strict=True) if distance < nearest]


def iterate_closing_directions(model: ObjectModel, rotation: Array) -> Iterator[Array]:
    """Iterate over horizontal directions, in the world, along which the hand can close on an object as it lies."""
    for shape in model.shapes:
        axes = rotation @ shape.rotation
        across = np.cross(axes[:, 2], (0.0, 0.0, 1.0))
        if shape.kind in ("cylinder", "capsule") and np.linalg.norm(across) > 0.5:
            yield across / np.linalg.norm(across)
        else:
            yield from (axis for axis in axes.T if abs(axis[2]) < _HORIZONTAL)


def _build_grasp(shape: Shape, size: float, closing: Array) -> BodyGrasp | None:
    """Build the grasp across one shape; a hull counts as its bounding box."""
    local = shape.rotation.T @ closing
    axis = int(np.argmax(np.abs(local)))
    centre, edges = _measure_box(shape, size)
    reach, width = np.zeros(3), edges[axis]
    if shape.kind in ("cylinder", "capsule") and axis != 2:
        reach[2] = max(0.0, edges[2] / 2 - _EDGE_MARGIN)
    elif shape.kind in ("box", "hull") and abs(local[axis]) > _PARALLEL:
        reach = np.maximum(0.0, edges / 2 - _EDGE_MARGIN)
        reach[axis] = 0.0
    elif shape.kind != "sphere":
        return None
    return BodyGrasp(centre, shape.rotation, reach, float(width))


def _measure_width(model: ObjectModel, size: float, grasp: BodyGrasp, closing: Array) -> float:
    """Measure the object along the closing direction, within reach of the hand on both sides, m."""
    middle, widest = grasp.shift(-grasp.centre), grasp.width
    for points, radius in (shape.outline for shape in model.shapes):
        offsets = size * points - middle
        along = offsets @ closing
        beside = np.linalg.norm(offsets - along[:, None] * closing, axis=1) < _HAND_HALF_WIDTH
        if beside.any():
            widest = max(widest, 2.0 * (float(np.abs(along[beside]).max()) + size * radius))
    return widest


def _measure_box(shape: Shape, size: float) -> tuple[Array, Array]:
    """Measure the bounding box of a shape along its axes: its centre in the object frame, and its edges, m."""
    points, radius = shape.outline
    local = points @ shape.rotation
    low, high = local.min(axis=0) - radius, local.max(axis=0) + radius
    return size * (shape.rotation @ (0.5 * (low + high))), size * (high - low)
