"""Yaw of objects, up to the rotational symmetry of their shape."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.rotation import Quaternion, rotation_from_quaternion
from mygym_lite.datasets.symmetry import Symmetry, find_symmetry

Array = NDArray[np.float64]
_MIN_UPRIGHTNESS = math.cos(0.45)  # cosine of the largest tilt at which a yaw is defined
_UP = np.array([0.0, 0.0, 1.0])


def count_folds(model: str) -> int:
    """Count the rotations about the z axis that map a shape onto itself; 0 if all do."""
    symmetry = find_symmetry(model)
    if 2 in symmetry.axes:
        return 0
    if symmetry.axes:  # about a horizontal axis, so that any rotation that reverses it has an equivalent about z
        axis = symmetry.axes[0]
        return 2 if any(rotation[axis, axis] < -1.0 + 1e-6 for rotation in symmetry.rotations) else 1
    return 1 + int(sum(rotation[2, 2] > 1.0 - 1e-6 for rotation in symmetry.rotations))


def compute_yaw(model: str, rotation: Quaternion) -> float | None:
    """Compute the yaw of an object's x axis, rad, up to its folds; None for a round object or one on its side."""
    if count_folds(model) == 0:
        return None
    equivalent = raise_axis(rotation_from_quaternion(rotation), find_symmetry(model)) @ list_symmetries(model)
    best = equivalent[int(np.argmax(equivalent[:, 2, 2]))]
    return math.atan2(best[1, 0], best[0, 0]) if best[2, 2] > _MIN_UPRIGHTNESS else None


def raise_axis(rotation: Array, symmetry: Symmetry) -> Array:
    """Turn a shape about its continuous x or y axis until its z axis is as high as possible."""
    if not symmetry.axes or symmetry.axes[0] == 2:
        return rotation
    axis = symmetry.axes[0]
    direction = rotation[:, axis]
    up = _UP - direction[2] * direction
    length = float(np.linalg.norm(up))
    if length < 1e-6:
        return rotation
    up /= length
    columns = (direction, np.cross(up, direction)) if axis == 0 else (np.cross(direction, up), direction)
    return np.stack([*columns, up], axis=1)


@lru_cache(maxsize=256)
def list_symmetries(model: str) -> Array:
    """List all rotations that map a shape onto itself, the identity first."""
    return np.array([np.eye(3), *find_symmetry(model).rotations])


def compute_yaw_difference(a: float, b: float, folds: int) -> float:
    """Compute the smallest angle between two yaws of a shape, rad."""
    period = 2.0 * math.pi / folds
    return abs((a - b + period / 2) % period - period / 2)
