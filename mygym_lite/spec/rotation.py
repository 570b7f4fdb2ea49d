"""Orientations: roll, pitch, yaw in files, quaternions (x, y, z, w) in states, matrices in between."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


def rotation_from_rpy(rpy: Vector) -> Array:
    """Turn URDF roll, pitch, yaw (about the fixed x, then y, then z; rad) into a matrix."""
    (cr, cp, cy), (sr, sp, sy) = np.cos(rpy), np.sin(rpy)
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def quaternion_from_rpy(rpy: Vector) -> Quaternion:
    """Turn roll, pitch, yaw (about the fixed x, then y, then z; rad) into a quaternion (x, y, z, w)."""
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(a / 2), math.sin(a / 2)) for a in rpy)
    return (
        sr * cp * cy - cr * sp * sy, cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy, cr * cp * cy + sr * sp * sy,
    )  # fmt: skip


def rotation_from_quaternion(quaternion: Quaternion) -> Array:
    """Turn a unit quaternion (x, y, z, w) into a matrix."""
    vector, w = np.array(quaternion[:3]), quaternion[3]
    x, y, z = vector
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    rotation: Array = np.eye(3) + 2.0 * w * cross + 2.0 * cross @ cross
    return rotation
