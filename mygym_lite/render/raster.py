"""Which triangle is seen at each pixel: transform, project, clip, fill.

Nearness, one over depth, is linear over the image; its plane comes from the unclipped triangle, so clipping moves no
depth.
"""

from __future__ import annotations

import numpy as np

from mygym_lite.jit import kernel
from mygym_lite.render.fill import SUBPIXEL_STEPS, covers_pixels, fill, round_half_up


@kernel
def clip(polygon, near, wide, high):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Cut the triangle in ``polygon[0]`` at the near plane and four side planes; the result is in ``polygon[1]``."""
    count = 3
    for side in range(5):
        source, target = polygon[side % 2], polygon[1 - side % 2]
        kept = 0
        for k in range(count):
            p, q = source[k], source[(k + 1) % count]
            dp, dq = _inside(p, side, near, wide, high), _inside(q, side, near, wide, high)
            if dp >= 0.0:
                for axis in range(3):
                    target[kept, axis] = p[axis]
                kept += 1
            if (dp >= 0.0) != (dq >= 0.0):
                if dp < 0.0:  # from the inside out, so that neighbours cut their edge at the very same point
                    p, q, dp, dq = q, p, dq, dp
                share = dp / (dp - dq)
                for axis in range(3):
                    target[kept, axis] = p[axis] + share * (q[axis] - p[axis])
                kept += 1
        count = kept
    return count


@kernel
def _inside(point, side, near, wide, high):  # type: ignore[no-untyped-def]  # pragma: no cover
    if side == 0:
        return point[2] - near
    if side < 3:
        return wide * point[2] + (point[0] if side == 1 else -point[0])
    return high * point[2] + (point[1] if side == 3 else -point[1])


OUTSIDE = -(2**31)  # stands for a corner that is behind the near plane or far beside the picture
_BAND = 4.0  # a corner is far beside when it leaves the picture by more than so many times its half extent


@kernel
def transform(points, pose, first, last, out):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Points ``first`` to ``last`` moved by a pose (3, 4)."""
    for i in range(first, last):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for k in range(3):
            out[i, k] = pose[k, 0] * x + pose[k, 1] * y + pose[k, 2] * z + pose[k, 3]


@kernel
def is_in_frustum(centre, radius, pose, lens):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Whether a ball of the world may be seen by a camera with this pose and lens."""
    x = pose[0, 0] * centre[0] + pose[0, 1] * centre[1] + pose[0, 2] * centre[2] + pose[0, 3]
    y = pose[1, 0] * centre[0] + pose[1, 1] * centre[1] + pose[1, 2] * centre[2] + pose[1, 3]
    z = pose[2, 0] * centre[0] + pose[2, 1] * centre[1] + pose[2, 2] * centre[2] + pose[2, 3]
    focal, half_width, half_height, near, far = lens[0], lens[1], lens[2], lens[3], lens[4]
    if z + radius < near or z - radius > far:
        return False
    wide, high = (focal * focal + half_width**2) ** 0.5, (focal * focal + half_height**2) ** 0.5
    return abs(x) * focal - half_width * z <= radius * wide and abs(y) * focal - half_height * z <= radius * high


@kernel
def project(points, lens, first, last, corners):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Where points of the camera's frame are in the picture, in 1/256 px, or ``OUTSIDE``."""
    focal, middle_x, middle_y, near = (
        SUBPIXEL_STEPS * lens[0],
        SUBPIXEL_STEPS * lens[1],
        SUBPIXEL_STEPS * lens[2],
        lens[3],
    )
    wide, high = _BAND * middle_x, _BAND * middle_y
    for i in range(first, last):
        z = float(points[i, 2])
        scale = focal / z
        x, y = points[i, 0] * scale, points[i, 1] * scale
        if z >= near and abs(x) <= wide and abs(y) <= high:
            corners[i, 0], corners[i, 1] = round_half_up(x + middle_x), round_half_up(y + middle_y)
        else:
            corners[i, 0] = OUTSIDE


@kernel
def rasterize_parts(parts, spans, triangles, points, corners, lens, slopes, numbers, nearness, polygon):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Draw the triangles of the listed parts into ``numbers`` (triangle or -1) and ``nearness`` (1 / m).

    ``points`` are in the camera's frame, ``corners`` in the picture. ``slopes`` (triangles, 3) becomes the nearness of
    what shows: n0 + nx * column + ny * row. ``polygon`` (2, 9, 3) is room for clipping.
    """
    for part in parts:
        for t in range(spans[part, 2], spans[part, 3]):
            i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            # seen from the front, corners run the other way round in an image whose rows count downwards
            x0, x1, x2 = np.int64(corners[i, 0]), np.int64(corners[k, 0]), np.int64(corners[j, 0])
            if x0 == OUTSIDE or x1 == OUTSIDE or x2 == OUTSIDE:
                _clipped(i, j, k, t, points, lens, slopes, numbers, nearness, polygon)
                continue
            y0, y1, y2 = np.int64(corners[i, 1]), np.int64(corners[k, 1]), np.int64(corners[j, 1])
            if covers_pixels(x0, y0, x1, y1, x2, y2, numbers):
                n0, nx, ny, _ = _plane(i, j, k, points, lens)
                lowest, highest = _range(points[i, 2], points[j, 2], points[k, 2])
                slopes[t, 0], slopes[t, 1], slopes[t, 2], slopes[t, 3], slopes[t, 4] = n0, nx, ny, lowest, highest
                fill(x0, y0, x1, y1, x2, y2, n0, nx, ny, lowest, highest, t, numbers, nearness)


@kernel
def _range(a, b, c):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Least and greatest nearness of corners at these depths."""
    return 1.0 / max(a, b, c), 1.0 / min(a, b, c)


@kernel
def _plane(i, j, k, points, lens):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The plane of nearness over columns and rows, and whether the triangle faces the camera."""
    ax, ay, az = float(points[i, 0]), float(points[i, 1]), float(points[i, 2])
    ux, uy, uz = points[j, 0] - ax, points[j, 1] - ay, points[j, 2] - az
    vx, vy, vz = points[k, 0] - ax, points[k, 1] - ay, points[k, 2] - az
    px, py, pz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    away = px * ax + py * ay + pz * az
    scale = 1.0 / (away * lens[0])
    nx, ny = px * scale, py * scale
    return pz * lens[0] * scale + (0.5 - lens[1]) * nx + (0.5 - lens[2]) * ny, nx, ny, away < 0.0


@kernel
def _clipped(i, j, k, number, points, lens, slopes, numbers, nearness, polygon):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Draw a triangle that reaches behind the camera or far beside the picture."""
    n0, nx, ny, faces = _plane(i, j, k, points, lens)
    if not faces:
        return
    slopes[number, 0], slopes[number, 1], slopes[number, 2] = n0, nx, ny
    slopes[number, 3], slopes[number, 4] = 0.0, 1.0 / lens[3]
    for axis in range(3):
        polygon[0, 0, axis], polygon[0, 1, axis], polygon[0, 2, axis] = (
            points[i, axis],
            points[k, axis],
            points[j, axis],
        )
    count = clip(polygon, lens[3], _BAND * lens[1] / lens[0], _BAND * lens[2] / lens[0])
    for m in range(1, count - 1):
        x0, y0 = _corner(polygon[1, 0], lens)
        x1, y1 = _corner(polygon[1, m], lens)
        x2, y2 = _corner(polygon[1, m + 1], lens)
        if covers_pixels(x0, y0, x1, y1, x2, y2, numbers):
            fill(x0, y0, x1, y1, x2, y2, n0, nx, ny, 0.0, 1.0 / lens[3], number, numbers, nearness)


@kernel
def _corner(point, lens):  # type: ignore[no-untyped-def]  # pragma: no cover
    scale = SUBPIXEL_STEPS * lens[0] / point[2]
    return round_half_up(point[0] * scale + SUBPIXEL_STEPS * lens[1]), round_half_up(
        point[1] * scale + SUBPIXEL_STEPS * lens[2]
    )
