"""Triangle fill with integer edge functions.

A triangle covers a pixel if its centre lies inside the corners, which are rounded to 1/256 px. A tie-breaking rule
leaves no gaps or overlaps between neighbours. The depth buffer grows towards the viewer: it holds inverse depth for a
camera and proximity for the sun.
"""

from __future__ import annotations

import numpy as np

from mygym_lite.jit import kernel

SUBPIXEL_STEPS = 256  # fixed-point steps per pixel
_NARROW_SPAN = 24  # px; up to this width, testing each pixel is faster than computing the ends of the row


@kernel
def round_half_up(x):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Round to the nearest integer, halves up."""
    return int(np.floor(x + 0.5))


@kernel
def covers_pixels(x0, y0, x1, y1, x2, y2, triangle_ids):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return True if a triangle is front-facing and its bounding box contains pixel centres."""
    if (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) <= 0:
        return False
    left, right, top, bottom = _compute_pixel_box(x0, y0, x1, y1, x2, y2, triangle_ids)
    return left <= right and top <= bottom


@kernel
def _compute_pixel_box(x0, y0, x1, y1, x2, y2, triangle_ids):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return the first and last column and row of the pixel centres in the bounding box of a triangle."""
    left, right = max(0, (min(x0, x1, x2) + 127) >> 8), min(triangle_ids.shape[1] - 1, (max(x0, x1, x2) - 128) >> 8)
    top, bottom = max(0, (min(y0, y1, y2) + 127) >> 8), min(triangle_ids.shape[0] - 1, (max(y0, y1, y2) - 128) >> 8)
    return left, right, top, bottom


@kernel
def fill(x0, y0, x1, y1, x2, y2, w0, wx, wy, lowest, highest, triangle, triangle_ids, depth_buffer):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Fill a front-facing triangle with a depth test.

    Corners are in 1/256 px, with positive area. Depth is w0 + wx * column + wy * row, clamped to that of the corners,
    because a triangle seen edge-on is steeper than the rounding of its corners allows.
    """
    left, right, top, bottom = _compute_pixel_box(x0, y0, x1, y1, x2, y2, triangle_ids)
    px, py = left * SUBPIXEL_STEPS + SUBPIXEL_STEPS // 2, top * SUBPIXEL_STEPS + SUBPIXEL_STEPS // 2
    # edge functions grow by `a` per column and `b` per row; one side of a shared edge owns ties
    a0, b0 = (y0 - y1) * SUBPIXEL_STEPS, (x1 - x0) * SUBPIXEL_STEPS
    a1, b1 = (y1 - y2) * SUBPIXEL_STEPS, (x2 - x1) * SUBPIXEL_STEPS
    a2, b2 = (y2 - y0) * SUBPIXEL_STEPS, (x0 - x2) * SUBPIXEL_STEPS
    e0 = (x1 - x0) * (py - y0) - (y1 - y0) * (px - x0) - (0 if a0 > 0 or (a0 == 0 and b0 > 0) else 1)
    e1 = (x2 - x1) * (py - y1) - (y2 - y1) * (px - x1) - (0 if a1 > 0 or (a1 == 0 and b1 > 0) else 1)
    e2 = (x0 - x2) * (py - y2) - (y0 - y2) * (px - x2) - (0 if a2 > 0 or (a2 == 0 and b2 > 0) else 1)
    for row in range(top, bottom + 1):
        near = w0 + wy * row
        if right - left < _NARROW_SPAN:
            f0, f1, f2 = e0, e1, e2
            for column in range(left, right + 1):
                if f0 | f1 | f2 >= 0:  # all are non-negative
                    depth = min(highest, max(lowest, near + wx * column))
                    if depth > depth_buffer[row, column]:
                        depth_buffer[row, column] = depth
                        triangle_ids[row, column] = triangle
                f0, f1, f2 = f0 + a0, f1 + a1, f2 + a2
        else:
            low, high = _clip_span(e0, a0, np.int64(0), right - left)
            low, high = _clip_span(e1, a1, low, high)
            low, high = _clip_span(e2, a2, low, high)
            _fill_row(
                np.float32(near),
                np.float32(wx),
                np.float32(lowest),
                np.float32(highest),
                triangle,
                left + low,
                left + high + 1,
                depth_buffer[row],
                triangle_ids[row],
            )
        e0, e1, e2 = e0 + b0, e1 + b1, e2 + b2


@kernel
def _fill_row(near, step, lowest, highest, triangle, first, end, depth_buffer, triangle_ids):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Fill a span without branches, so that the compiler vectorizes the loop."""
    triangle = np.int32(triangle)
    for column in range(max(0, first), end):
        old_depth, old_id = depth_buffer[column], triangle_ids[column]
        depth = min(highest, max(lowest, near + step * np.float32(np.int32(column))))
        closer = depth > old_depth
        depth_buffer[column] = depth if closer else old_depth
        triangle_ids[column] = triangle if closer else old_id


@kernel
def _clip_span(e, a, low, high):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Clip a span to the columns where an edge function, starting at e and growing by a, is non-negative.

    Both are integers that a double represents exactly, small enough that a rounded quotient never crosses an integer.
    """
    if e >= 0:
        if a < 0:
            high = min(high, int(float(e) / float(-a)))
    elif a > 0:
        low = max(low, int(float(a - 1 - e) / float(a)))
    else:
        high = -1
    return low, high
