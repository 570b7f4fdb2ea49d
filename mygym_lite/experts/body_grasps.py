"""Grasps across the body of an object in any orientation, by its collision shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mygym_lite.config.objects import ObjectModel
from mygym_lite.config.shape import Shape
from mygym_lite.experts.inputs import Array

_EDGE_MARGIN = 0.015  # m from the end of a shape to the middle of the hand
_PARALLEL = 0.97  # cosine from which two directions count as parallel


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


def list_body_grasps(model: ObjectModel, size: float, closing: Array) -> list[BodyGrasp]:
    """List the grasps that close along a direction of the object frame."""
    grasps = [_build_grasp(shape, size, closing) for shape in model.shapes]
    return [grasp for grasp in grasps if grasp is not None]


def iterate_closing_directions(model: ObjectModel, rotation: Array) -> Iterator[Array]:
    """Iterate over horizontal directions, in the world, along which the hand can close on an object as it lies."""
    for shape in model.shapes:
        axes = rotation @ shape.rotation
        if shape.kind in ("cylinder", "capsule"):
            across = np.cross(axes[:, 2], (0.0, 0.0, 1.0))
            if np.linalg.norm(across) > 0.5:
                yield across / np.linalg.norm(across)
        if shape.kind == "box":
            yield from (axis for axis in axes.T if abs(axis[2]) < 0.3)


def _build_grasp(shape: Shape, size: float, closing: Array) -> BodyGrasp | None:
    local = shape.rotation.T @ closing
    axis = int(np.argmax(np.abs(local)))
    is_parallel = abs(local[axis]) > _PARALLEL
    if shape.kind == "box" and is_parallel:
        edges = size * np.array(shape.size)
        reach, width = np.maximum(0.0, edges / 2 - _EDGE_MARGIN), edges[axis]
        reach[axis] = 0.0
    elif shape.kind in ("cylinder", "capsule") and abs(local[2]) < 0.2:
        reach, width = np.array([0.0, 0.0, max(0.0, size * shape.size[1] / 2 - _EDGE_MARGIN)]), 2 * size * shape.size[0]
    elif shape.kind == "sphere":
        reach, width = np.zeros(3), 2 * size * shape.size[0]
    else:
        return None
    return BodyGrasp(size * np.array(shape.position), shape.rotation, reach, float(width))
