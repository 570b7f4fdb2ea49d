"""Which way an object is turned, as far as its shape tells."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.rotation import Quaternion, rotation_from_quaternion
from mygym_lite.datasets.symmetry import find_symmetry

Array = NDArray[np.float64]
_UPRIGHT = math.cos(0.45)  # of the greatest tilt of an object that still has a yaw


def count_folds(model: str) -> int:
    """How many turns about its own z axis bring a shape back; 0 if any does."""
    symmetry = find_symmetry(model)
    return 0 if 2 in symmetry.axes else 1 + sum(turn[2, 2] > 1.0 - 1e-6 for turn in symmetry.rotations)


def compute_yaw(model: str, rotation: Quaternion) -> float | None:
    """Heading of an object's x axis, rad, up to its folds; None for one that is round, or lies on its side."""
    if count_folds(model) == 0:
        return None
    alike = rotation_from_quaternion(rotation) @ _alike(model)
    best = alike[int(np.argmax(alike[:, 2, 2]))]
    return math.atan2(best[1, 0], best[0, 0]) if best[2, 2] > _UPRIGHT else None


@lru_cache(maxsize=256)
def _alike(model: str) -> Array:
    """All turns that bring the shape back, that of nothing first."""
    return np.array([np.eye(3), *find_symmetry(model).rotations])


def compute_yaw_difference(one: float, other: float, folds: int) -> float:
    """The smallest angle between two yaws of a shape, rad."""
    period = 2.0 * math.pi / folds
    return abs((one - other + period / 2) % period - period / 2)
