"""Visibility-buffer rasterizer: transform, project, clip, fill.

Inverse depth is linear over the image. Its plane comes from the unclipped triangle, so that clipping changes no depth.
``intrinsics`` (5,) holds focal length, half width and half height, px, and the near and far plane, m.
"""

from __future__ import annotations

import numpy as np

from mygym_lite.jit import kernel
from mygym_lite.render.fill import SUBPIXEL_STEPS, covers_pixels, fill, round_half_up

OUTSIDE = -(2**31)  # marks a corner behind the near plane or outside the guard band
_GUARD_BAND = 4.0  # extent of the guard band, in half image extents


@kernel
def clip(polygon, near, wide, high):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Clip the triangle in ``polygon[0]`` at the near plane and four side planes into ``polygon[1]``."""
    count = 3
    for side in range(5):
        source, target = polygon[side % 2], polygon[1 - side % 2]
        length = 0
        for k in range(count):
            p, q = source[k], source[(k + 1) % count]
            dp, dq = _compute_distance(p, side, near, wide, high), _compute_distance(q, side, near, wide, high)
            if dp >= 0.0:
                for axis in range(3):
                    target[length, axis] = p[axis]
                length += 1
            if (dp >= 0.0) != (dq >= 0.0):
                if dp < 0.0:  # from inside to outside, so that neighbours clip a shared edge at the same point
                    p, q, dp, dq = q, p, dq, dp
                fraction = dp / (dp - dq)
                for axis in range(3):
                    target[length, axis] = p[axis] + fraction * (q[axis] - p[axis])
                length += 1
        count = length
    return count


@kernel
def _compute_distance(point, side, near, wide, high):  # type: ignore[no-untyped-def]  # pragma: no cover
    if side == 0:
        return point[2] - near
    if side < 3:
        return wide * point[2] + (point[0] if side == 1 else -point[0])
    return high * point[2] + (point[1] if side == 3 else -point[1])


@kernel
def transform(points, pose, first, last, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Transform the points ``first`` to ``last`` by a pose (3, 4)."""
    for i in range(first, last):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for k in range(3):
            out[i, k] = pose[k, 0] * x + pose[k, 1] * y + pose[k, 2] * z + pose[k, 3]


@kernel
def is_in_frustum(centre, radius, pose, intrinsics):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return True if a bounding sphere may intersect the view frustum; ``pose`` is world to camera."""
    x = pose[0, 0] * centre[0] + pose[0, 1] * centre[1] + pose[0, 2] * centre[2] + pose[0, 3]
    y = pose[1, 0] * centre[0] + pose[1, 1] * centre[1] + pose[1, 2] * centre[2] + pose[1, 3]
    z = pose[2, 0] * centre[0] + pose[2, 1] * centre[1] + pose[2, 2] * centre[2] + pose[2, 3]
    focal, half_width, half_height = intrinsics[0], intrinsics[1], intrinsics[2]
    if z + radius < intrinsics[3] or z - radius > intrinsics[4]:
        return False
    wide, high = (focal * focal + half_width**2) ** 0.5, (focal * focal + half_height**2) ** 0.5
    return abs(x) * focal - half_width * z <= radius * wide and abs(y) * focal - half_height * z <= radius * high


@kernel
def project(points, intrinsics, first, last, corners):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Project points of the camera frame to the image, in 1/256 px, or to ``OUTSIDE``."""
    focal, near = SUBPIXEL_STEPS * intrinsics[0], intrinsics[3]
    middle_x, middle_y = SUBPIXEL_STEPS * intrinsics[1], SUBPIXEL_STEPS * intrinsics[2]
    wide, high = _GUARD_BAND * middle_x, _GUARD_BAND * middle_y
    for i in range(first, last):
        z = float(points[i, 2])
        scale = focal / z
        x, y = points[i, 0] * scale, points[i, 1] * scale
        if z >= near and abs(x) <= wide and abs(y) <= high:
            corners[i, 0], corners[i, 1] = round_half_up(x + middle_x), round_half_up(y + middle_y)
        else:
            corners[i, 0] = OUTSIDE


@kernel
def rasterize_parts(parts, spans, triangles, points, corners, intrinsics, slopes, triangle_ids, inverse_depth, polygon):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Rasterize the triangles of the listed parts into ``triangle_ids`` (-1: none) and ``inverse_depth`` (1 / m).

    ``points`` are in the camera frame, ``corners`` in the image. ``slopes`` (triangles, 5) receives the inverse depth
    of visible triangles, w0 + wx * column + wy * row, and its bounds. ``polygon`` (2, 9, 3) is scratch for clipping.
    """
    for part in parts:
        for t in range(spans[part, 2], spans[part, 3]):
            i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            # with rows counted downwards, the winding order is reversed
            x0, x1, x2 = np.int64(corners[i, 0]), np.int64(corners[k, 0]), np.int64(corners[j, 0])
            if x0 == OUTSIDE or x1 == OUTSIDE or x2 == OUTSIDE:
                _rasterize_clipped(i, j, k, t, points, intrinsics, slopes, triangle_ids, inverse_depth, polygon)
                continue
            y0, y1, y2 = np.int64(corners[i, 1]), np.int64(corners[k, 1]), np.int64(corners[j, 1])
            if covers_pixels(x0, y0, x1, y1, x2, y2, triangle_ids):
                w0, wx, wy, _ = _compute_plane(i, j, k, points, intrinsics)
                lowest, highest = _compute_range(points[i, 2], points[j, 2], points[k, 2])
                slopes[t, 0], slopes[t, 1], slopes[t, 2], slopes[t, 3], slopes[t, 4] = w0, wx, wy, lowest, highest
                fill(x0, y0, x1, y1, x2, y2, w0, wx, wy, lowest, highest, t, triangle_ids, inverse_depth)


@kernel
def _compute_range(a, b, c):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return the least and greatest inverse depth of three corners."""
    return 1.0 / max(a, b, c), 1.0 / min(a, b, c)


@kernel
def _compute_plane(i, j, k, points, intrinsics):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return the plane of inverse depth over columns and rows, and True if the triangle faces the camera."""
    ax, ay, az = float(points[i, 0]), float(points[i, 1]), float(points[i, 2])
    ux, uy, uz = points[j, 0] - ax, points[j, 1] - ay, points[j, 2] - az
    vx, vy, vz = points[k, 0] - ax, points[k, 1] - ay, points[k, 2] - az
    px, py, pz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    away = px * ax + py * ay + pz * az
    scale = 1.0 / (away * intrinsics[0])
    wx, wy = px * scale, py * scale
    return pz * intrinsics[0] * scale + (0.5 - intrinsics[1]) * wx + (0.5 - intrinsics[2]) * wy, wx, wy, away < 0.0


@kernel
def _rasterize_clipped(i, j, k, triangle, points, intrinsics, slopes, triangle_ids, inverse_depth, polygon):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Rasterize a triangle that reaches behind the camera or outside the guard band."""
    w0, wx, wy, faces = _compute_plane(i, j, k, points, intrinsics)
    if not faces:
        return
    slopes[triangle, 0], slopes[triangle, 1], slopes[triangle, 2] = w0, wx, wy
    slopes[triangle, 3], slopes[triangle, 4] = 0.0, 1.0 / intrinsics[3]
    for axis in range(3):
        polygon[0, 0, axis], polygon[0, 1, axis], polygon[0, 2, axis] = (
            points[i, axis],
            points[k, axis],
            points[j, axis],
        )
    count = clip(
        polygon, intrinsics[3], _GUARD_BAND * intrinsics[1] / intrinsics[0], _GUARD_BAND * intrinsics[2] / intrinsics[0]
    )
    for m in range(1, count - 1):
        x0, y0 = _project_corner(polygon[1, 0], intrinsics)
        x1, y1 = _project_corner(polygon[1, m], intrinsics)
        x2, y2 = _project_corner(polygon[1, m + 1], intrinsics)
        if covers_pixels(x0, y0, x1, y1, x2, y2, triangle_ids):
            fill(x0, y0, x1, y1, x2, y2, w0, wx, wy, 0.0, 1.0 / intrinsics[3], triangle, triangle_ids, inverse_depth)


@kernel
def _project_corner(point, intrinsics):  # type: ignore[no-untyped-def]  # pragma: no cover
    scale = SUBPIXEL_STEPS * intrinsics[0] / point[2]
    return round_half_up(point[0] * scale + SUBPIXEL_STEPS * intrinsics[1]), round_half_up(
        point[1] * scale + SUBPIXEL_STEPS * intrinsics[2]
    )
