"""Conversions of orientations: roll, pitch, yaw in files, quaternions (x, y, z, w) in states, and matrices."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.state import Pose
from mygym_lite.summation import sum_in_order

Array = NDArray[np.float64]
Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
_IDENTITY = np.eye(3)


def rotation_from_rpy(rpy: Vector) -> Array:
    """Convert URDF roll, pitch, yaw (about the fixed x, then y, then z; rad) to a matrix."""
    (cr, cp, cy), (sr, sp, sy) = np.cos(rpy), np.sin(rpy)
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def quaternion_from_rpy(rpy: Vector) -> Quaternion:
    """Convert roll, pitch, yaw (about the fixed x, then y, then z; rad) to a quaternion (x, y, z, w)."""
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(a / 2), math.sin(a / 2)) for a in rpy)
    x, y = sr * cp * cy - cr * sp * sy, cr * sp * cy + sr * cp * sy
    z, w = cr * cp * sy - sr * sp * cy, cr * cp * cy + sr * sp * sy
    return x, y, z, w


def rotation_from_quaternion(quaternion: Quaternion) -> Array:
    """Convert a unit quaternion (x, y, z, w) to a matrix."""
    x, y, z, w = quaternion
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    rotation: Array = _IDENTITY + 2.0 * w * cross + 2.0 * cross @ cross
    return rotation


def multiply_quaternions(a: Quaternion, b: Quaternion) -> Quaternion:
    """Compose two rotations, b first (quaternions x, y, z, w)."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    x, y = aw * bx + ax * bw + ay * bz - az * by, aw * by - ax * bz + ay * bw + az * bx
    z, w = aw * bz + ax * by - ay * bx + az * bw, aw * bw - ax * bx - ay * by - az * bz
    return x, y, z, w


def rotate_vector(quaternion: Quaternion, vector: Vector) -> Vector:
    """Rotate a vector by a unit quaternion (x, y, z, w)."""
    x, y, z, w = quaternion
    a, b, c = vector
    tx, ty, tz = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
    return a + w * tx + y * tz - z * ty, b + w * ty + z * tx - x * tz, c + w * tz + x * ty - y * tx


def compose_poses(frame: Pose, inner: Pose) -> Pose:
    """Transform a pose from a frame to the parent of that frame."""
    x, y, z = rotate_vector(frame.rotation, inner.position)
    a, b, c = frame.position
    return Pose((a + x, b + y, c + z), multiply_quaternions(frame.rotation, inner.rotation))


def tilt_vector(vector: Vector, tilt: tuple[float, float]) -> Vector:
    """Rotate a vector by the length of ``tilt``, rad, towards the direction of ``tilt`` in the world's x and y.

    Both directions are projected to be orthogonal to the vector; for a vector along x, z replaces x.
    """
    angle = math.hypot(*tilt)
    if angle == 0.0:
        return vector
    length = math.sqrt(sum_in_order(x * x for x in vector))
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
    """Convert a rotation vector (an axis, its length the angle in rad) to a matrix."""
    angle = math.hypot(*vector)
    if angle == 0.0:
        return np.eye(3)
    x, y, z = (component / angle for component in vector)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    rotation: Array = np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross
    return rotation
