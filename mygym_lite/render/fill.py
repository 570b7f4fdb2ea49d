"""The pixels of one triangle.

A pixel belongs to a triangle if its centre lies inside the corners, which are rounded to 1/256 px; whole-number edge
functions with a rule for ties leave no gaps and no overlaps between neighbours.
"""

from __future__ import annotations

import numpy as np

from mygym_lite.jit import kernel

SUBPIXEL_STEPS = 256  # steps of a pixel
_NARROW = 24  # px; up to here it costs less to test each pixel than to divide for where the row begins and ends


@kernel
def round_half_up(x):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The nearest whole number."""
    return int(np.floor(x + 0.5))


@kernel
def covers_pixels(x0, y0, x1, y1, x2, y2, numbers):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Whether a triangle faces the right way and there are pixel centres of the picture in the box around it."""
    if (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) <= 0:
        return False
    left, right, top, bottom = _box(x0, y0, x1, y1, x2, y2, numbers)
    return left <= right and top <= bottom


@kernel
def _box(x0, y0, x1, y1, x2, y2, numbers):  # type: ignore[no-untyped-def]  # pragma: no cover
    """First and last column and row whose pixel centres lie within the box around three corners, in the picture."""
    left, right = max(0, (min(x0, x1, x2) + 127) >> 8), min(numbers.shape[1] - 1, (max(x0, x1, x2) - 128) >> 8)
    top, bottom = max(0, (min(y0, y1, y2) + 127) >> 8), min(numbers.shape[0] - 1, (max(y0, y1, y2) - 128) >> 8)
    return left, right, top, bottom


@kernel
def fill(x0, y0, x1, y1, x2, y2, n0, nx, ny, lowest, highest, number, numbers, nearness):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Write a triangle that shows wherever it is nearer than what is there.

    Corners are in 1/256 px, in the order that makes the area positive; nearness is n0 + nx * column + ny * row,
    kept between that of the corners, since a triangle seen edge-on is steeper than a rounded corner can bear.
    """
    left, right, top, bottom = _box(x0, y0, x1, y1, x2, y2, numbers)
    px, py = left * SUBPIXEL_STEPS + SUBPIXEL_STEPS // 2, top * SUBPIXEL_STEPS + SUBPIXEL_STEPS // 2
    # each edge function grows by `a` with a column and by `b` with a row; one side of a shared edge owns its ties
    a0, b0 = (y0 - y1) * SUBPIXEL_STEPS, (x1 - x0) * SUBPIXEL_STEPS
    a1, b1 = (y1 - y2) * SUBPIXEL_STEPS, (x2 - x1) * SUBPIXEL_STEPS
    a2, b2 = (y2 - y0) * SUBPIXEL_STEPS, (x0 - x2) * SUBPIXEL_STEPS
    e0 = (x1 - x0) * (py - y0) - (y1 - y0) * (px - x0) - (0 if a0 > 0 or (a0 == 0 and b0 > 0) else 1)
    e1 = (x2 - x1) * (py - y1) - (y2 - y1) * (px - x1) - (0 if a1 > 0 or (a1 == 0 and b1 > 0) else 1)
    e2 = (x0 - x2) * (py - y2) - (y0 - y2) * (px - x2) - (0 if a2 > 0 or (a2 == 0 and b2 > 0) else 1)
    for row in range(top, bottom + 1):
        near = n0 + ny * row
        if right - left < _NARROW:
            f0, f1, f2 = e0, e1, e2
            for column in range(left, right + 1):
                if f0 | f1 | f2 >= 0:  # none has a sign
                    here = min(highest, max(lowest, near + nx * column))
                    if here > nearness[row, column]:
                        nearness[row, column] = here
                        numbers[row, column] = number
                f0, f1, f2 = f0 + a0, f1 + a1, f2 + a2
        else:
            low, high = _span(e0, a0, np.int64(0), right - left)
            low, high = _span(e1, a1, low, high)
            low, high = _span(e2, a2, low, high)
            _fill_row(
                np.float32(near),
                np.float32(nx),
                np.float32(lowest),
                np.float32(highest),
                number,
                left + low,
                left + high + 1,
                nearness[row],
                numbers[row],
            )
        e0, e1, e2 = e0 + b0, e1 + b1, e2 + b2


@kernel
def _fill_row(near, step, lowest, highest, number, first, end, nearness, numbers):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Write every pixel anew, with what it held if that is nearer: so several are worked on at once."""
    number = np.int32(number)
    for column in range(max(0, first), end):
        here, there, other = near + step * np.float32(np.int32(column)), nearness[column], numbers[column]
        here = min(highest, max(lowest, here))
        closer = here > there
        nearness[column] = here if closer else there
        numbers[column] = number if closer else other


@kernel
def _span(e, a, low, high):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The columns of a row where an edge function that begins at e and grows by a is not negative.

    Both are whole numbers that a double holds exactly, and so small that no rounded quotient reaches a whole number
    that the exact one does not.
    """
    if e >= 0:
        if a < 0:
            high = min(high, int(float(e) / float(-a)))
    elif a > 0:
        low = max(low, int(float(a - 1 - e) / float(a)))
    else:
        high = -1
    return low, high
