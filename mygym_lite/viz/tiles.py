"""Tiled images of several cameras."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mygym_lite.viz.text import Image, draw_label

_SEAM = 2  # px between tiles
_BACKGROUND = 24


class Tile(NamedTuple):
    """Position and size of one camera's image, px."""

    left: int
    top: int
    width: int
    height: int


def arrange_tiles(count: int, width: int, height: int) -> tuple[Tile, ...]:
    """Arrange tiles for a number of cameras, the first of the given size.

    Two are side by side; of three, the second and third are beside the first at half its size; more form a grid.
    """
    if count == 3 and min(width, height) > 2 * _SEAM:
        half, upper = width // 2, (height - _SEAM) // 2
        side = width + _SEAM
        lower = Tile(side, upper + _SEAM, half, height - upper - _SEAM)
        return Tile(0, 0, width, height), Tile(side, 0, half, upper), lower
    columns = math.ceil(math.sqrt(count))
    cells = [divmod(number, columns) for number in range(count)]
    return tuple(Tile(c * (width + _SEAM), r * (height + _SEAM), width, height) for r, c in cells)


def tile_images(names: Sequence[str], images: Sequence[Image], tiles: Sequence[Tile]) -> Image:
    """Join several images, each with its camera's name if there are more than one."""
    width = max(tile.left + tile.width for tile in tiles)
    height = max(tile.top + tile.height for tile in tiles)
    size = round(float(np.clip(min(tile.height for tile in tiles) / 20, 9, 22)))
    canvas: Image = np.full((height, width, 3), _BACKGROUND, np.uint8)
    for name, image, tile in zip(names, images, tiles, strict=True):
        area = canvas[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
        area[:] = image
        if len(tiles) > 1:
            draw_label(area, name, size)
    return canvas
