"""Vector and quaternion arithmetic on tuples, which for three numbers is several times faster than arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mygym_lite.config.state import Quaternion, Vec3


def subtract(a: Sequence[float], b: Sequence[float]) -> Vec3:
    """Return a - b, the vector from b to a."""
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def rotate_inverse(q: Quaternion, v: Vec3) -> Vec3:
    """Rotate a world vector into the frame with orientation q."""
    x, y, z, w = -q[0], -q[1], -q[2], q[3]
    a, b, c = v
    tx, ty, tz = 2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)
    return (a + w * tx + y * tz - z * ty, b + w * ty + z * tx - x * tz, c + w * tz + x * ty - y * tx)


def compute_axes(q: Quaternion) -> tuple[float, ...]:
    """Return the x and z axes of a frame in the world: six numbers without the jumps of quaternions."""
    x, y, z, w = q
    x_axis = (1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w))
    z_axis = (2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y))
    return x_axis + z_axis


def compute_yaw(q: Quaternion) -> float:
    """Compute the rotation about the vertical, rad."""
    x, y, z, w = q
    return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def compute_angle(p: Quaternion, q: Quaternion) -> float:
    """Compute the angle between two orientations, rad."""
    dot = abs(p[0] * q[0] + p[1] * q[1] + p[2] * q[2] + p[3] * q[3])
    return 2 * math.acos(min(1.0, dot))


def compute_rotation_between(p: Quaternion, q: Quaternion) -> Vec3:
    """Compute the rotation vector in the world that turns orientation p into q, rad."""
    px, py, pz, pw = -p[0], -p[1], -p[2], p[3]
    x = q[3] * px + q[0] * pw + q[1] * pz - q[2] * py
    y = q[3] * py - q[0] * pz + q[1] * pw + q[2] * px
    z = q[3] * pz + q[0] * py - q[1] * px + q[2] * pw
    w = q[3] * pw - q[0] * px - q[1] * py - q[2] * pz
    if w < 0:
        x, y, z, w = -x, -y, -z, -w
    sine = math.sqrt(x * x + y * y + z * z)
    factor = 2.0 if sine < 1e-9 else 2 * math.atan2(sine, w) / sine
    return (x * factor, y * factor, z * factor)
