"""Depth, instance masks and link masks from the visibility buffer."""

from __future__ import annotations

import numpy as np

from mygym_lite.jit import kernel


@kernel
def find_run_end(triangle_ids, row, column):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return the end of the run of pixels that show one triangle, along which its attributes are constant."""
    first = triangle_ids[row, column]
    column += 1
    while column < triangle_ids.shape[1] and triangle_ids[row, column] == first:
        column += 1
    return column


@kernel
def write_depth_and_masks(triangle_ids, slopes, part_of, ids, depth, mask, links):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Write depth along the optical axis, object id and link id of every pixel; zero in the background.

    ``slopes`` holds the inverse-depth plane of each triangle, ``ids`` (parts, 2) object and link of each part.
    """
    for row in range(triangle_ids.shape[0]):
        column = np.int64(0)
        while column < triangle_ids.shape[1]:
            t, end = triangle_ids[row, column], find_run_end(triangle_ids, row, column)
            first, step, lowest, highest, body, link = np.inf, 0.0, 0.0, np.inf, 0, 0
            if t >= 0:
                first, step = slopes[t, 0] + slopes[t, 2] * row, slopes[t, 1]
                lowest, highest = slopes[t, 3], slopes[t, 4]
                body, link = ids[part_of[t], 0], ids[part_of[t], 1]
            for c in range(max(0, int(column)), end):
                inverse_depth = min(highest, max(lowest, first + step * np.int32(c)))
                depth[row, c], mask[row, c], links[row, c] = 1.0 / inverse_depth, body, link
            column = end
