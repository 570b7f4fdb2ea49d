"""Triangles that reach behind the camera or far beside the picture, cut to what may be seen."""

from __future__ import annotations

from mygym_lite.compiled import kernel


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
