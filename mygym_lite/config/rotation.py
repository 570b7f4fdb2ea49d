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


def multiply_quaternions(a: Quaternion, b: Quaternion) -> Quaternion:
    """Turn by b, then by a (quaternions x, y, z, w)."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by, aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw, aw * bw - ax * bx - ay * by - az * bz,
    )  # fmt: skip


def tilt_vector(vector: Vector, tilt: tuple[float, float]) -> Vector:
    """A vector turned by the length of ``tilt``, rad, in the direction that it names: towards the world's x and y.

    The two directions are square to the vector, which keeps its length. A vector along x is turned towards z instead.
    """
    angle = math.hypot(*tilt)
    if angle == 0.0:
        return vector
    length = math.sqrt(sum(x * x for x in vector))
    along = np.array(vector) / length
    first = np.eye(3)[0 if abs(along[0]) < 0.999 else 2]
    first = first - (first @ along) * along
    first /= np.linalg.norm(first)
    second = np.cross(along, first)
    if (second[1], second[2]) < (0.0, 0.0):
        second = -second
    aside = (tilt[0] * first + tilt[1] * second) / angle
    x, y, z = length * (math.cos(angle) * along + math.sin(angle) * aside)
    return float(x), float(y), float(z)


def rotation_from_vector(vector: Vector | Array) -> Array:
    """Turn a rotation vector (an axis, its length the angle in rad) into a matrix."""
    angle = math.hypot(*vector)
    if angle == 0.0:
        return np.eye(3)
    x, y, z = (component / angle for component in vector)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    rotation: Array = np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross
    return rotation
