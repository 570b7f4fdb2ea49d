"""Orientation of an object as the direction of its z axis and the yaw about it, up to the symmetry of its shape."""

from __future__ import annotations

import math

import numpy as np

from mygym_lite.datasets.symmetry import find_symmetry
from mygym_lite.perception.camera_encoding import Array
from mygym_lite.perception.yaw import list_symmetries, raise_axis

MAX_ORIENTATIONS = 4
"""Equivalent orientations that are distinguished by the direction of the z axis."""
UP = np.array([0.0, 0.0, 1.0])
_HEIGHT_MARGIN = 0.2  # of the z axis below the highest equivalent one, up to which both are listed
_MIN_HEIGHT = -0.9  # of the z axis, below which yaw is undefined: the minimal rotation to it is ambiguous


def compute_swing(axis: Array) -> Array:
    """Compute the smallest rotation (3, 3) that turns the z axis into a unit vector."""
    x, y, z = axis.tolist()
    if z < -1.0 + 1e-9:
        return np.diag([1.0, -1.0, -1.0])
    scale = 1.0 / (1.0 + z)
    return np.array([[1.0 - x * x * scale, -x * y * scale, x], [-x * y * scale, 1.0 - y * y * scale, y], [-x, -y, z]])


def compose_rotation(axis: Array, yaw: float) -> Array:
    """Compose a rotation (3, 3) of a yaw about the z axis, rad, and the swing of the z axis into a unit vector."""
    cosine, sine = math.cos(yaw), math.sin(yaw)
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    rotation: Array = compute_swing(axis) @ turn
    return rotation


def decompose_rotation(rotation: Array) -> tuple[Array, float]:
    """Decompose a rotation (3, 3) into the direction of its z axis and the yaw before the swing, rad."""
    axis: Array = rotation[:, 2]
    twist = compute_swing(axis).T @ rotation
    return axis, math.atan2(twist[1, 0], twist[0, 0])


def list_orientations(model: str, rotation: Array) -> list[tuple[Array, float]]:
    """List the equivalent orientations of a shape whose z axis is about the highest, the highest first.

    Orientations with the same axis count once. The yaw is nan for a shape that is round about its z axis, and for one
    upside down; a sphere has no orientation.
    """
    symmetry = find_symmetry(model)
    if len(symmetry.axes) > 1:
        return []
    equivalent = raise_axis(rotation, symmetry) @ list_symmetries(model)
    heights = equivalent[:, 2, 2]
    listed: list[tuple[Array, float]] = []
    for index in np.argsort(-heights, kind="stable").tolist():
        axis, yaw = decompose_rotation(equivalent[index])
        if heights[index] < heights.max() - _HEIGHT_MARGIN or len(listed) == MAX_ORIENTATIONS:
            break
        if all(float(axis @ other) < 1.0 - 1e-6 for other, _ in listed):
            listed.append((axis, math.nan if 2 in symmetry.axes or axis[2] < _MIN_HEIGHT else yaw))
    return listed


def find_nearest_orientation(model: str, rotation: Array, reference: Array) -> Array:
    """Find the equivalent rotation (3, 3) that is nearest to a reference."""
    symmetry = find_symmetry(model)
    if len(symmetry.axes) > 1:
        return reference
    equivalent = raise_axis(rotation, symmetry) @ list_symmetries(model)
    if 2 in symmetry.axes:
        index = int(np.argmax(equivalent[:, :, 2] @ reference[:, 2]))
    else:
        index = int(np.argmax(np.einsum("kij,ij->k", equivalent, reference)))
    nearest: Array = equivalent[index]
    return nearest


def compute_orientation_difference(model: str, a: Array, b: Array) -> float:
    """Compute the smallest angle, rad, between two rotations (3, 3) of a shape, up to its symmetry; 0 for a sphere."""
    symmetry = find_symmetry(model)
    if len(symmetry.axes) > 1:
        return 0.0
    equivalent = a @ list_symmetries(model)
    if symmetry.axes:
        axis = symmetry.axes[0]
        cosines = equivalent[:, :, axis] @ b[:, axis]
    else:
        cosines = (np.einsum("kij,ij->k", equivalent, b) - 1.0) / 2.0
    return math.acos(min(1.0, float(cosines.max())))
