"""From triangles seen to depth and masks: what is seen at a pixel, how far away, and what it is a part of."""

from __future__ import annotations

import numpy as np

from mygym_lite.jit import kernel


@kernel
def find_run_end(numbers, row, column):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Where the run of pixels that show one triangle ends; what is constant along it is worked out once."""
    first = numbers[row, column]
    column += 1
    while column < numbers.shape[1] and numbers[row, column] == first:
        column += 1
    return column


@kernel
def write_depth_and_masks(numbers, slopes, part_of, ids, depth, mask, links):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Depth along the optical axis, object and link of every pixel; zero where nothing is seen.

    ``slopes`` holds the nearness of each triangle, ``ids`` (parts, 2) the object and the link of each part.
    """
    for row in range(numbers.shape[0]):
        column = np.int64(0)
        while column < numbers.shape[1]:
            t, end = numbers[row, column], find_run_end(numbers, row, column)
            here, step, lowest, highest, body, link = np.inf, 0.0, 0.0, np.inf, 0, 0
            if t >= 0:
                here, step, lowest, highest = (
                    slopes[t, 0] + slopes[t, 2] * row,
                    slopes[t, 1],
                    slopes[t, 3],
                    slopes[t, 4],
                )
                body, link = ids[part_of[t], 0], ids[part_of[t], 1]
            for c in range(max(0, int(column)), end):
                near = min(highest, max(lowest, here + step * np.int32(c)))
                depth[row, c], mask[row, c], links[row, c] = 1.0 / near, body, link
            column = end
