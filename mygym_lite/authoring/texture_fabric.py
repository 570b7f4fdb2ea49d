"""Fabric textures: woven and knitted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mygym_lite.authoring.texture_tools import ACROSS, DOWN, Array, Rng, map_colors, parse_color


def make_weave(
    rng: Rng, warp: Sequence[str], weft: Sequence[str], threads: int = 32, over: int = 1, under: int = 1
) -> Array:
    """Make a weave of warp and weft threads.

    Args:
        rng: Random generator.
        warp: Colours of the vertical threads, repeated from left to right.
        weft: Colours of the horizontal threads, repeated from top to bottom.
        threads: Number of threads per image, in either direction.
        over: Number of wefts that a warp passes over; 1 and 1 is plain weave, 2 and 2 or 3 and 1 is twill.
        under: Number of wefts that it then passes under.
    """
    x, y = ACROSS * threads, DOWN * threads
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    upright = (column + row) % (over + under) < over
    inside, along = np.where(upright, x, y) % 1.0 - 0.5, np.where(upright, y, x) % 1.0 - 0.5
    round_thread = 1.0 - 1.9 * inside**2 - (0.9 * along**2 if over == under == 1 else 0.0)
    thread = np.where(upright, column, threads + row)
    yarn = 1.0 + 0.07 * rng.standard_normal(2 * threads)[thread]
    colors = np.where(upright[..., None], _color_bands(warp, column, threads), _color_bands(weft, row, threads))
    return np.clip(colors * (0.35 + 0.65 * round_thread * yarn)[..., None], 0.0, 1.0)


def _color_bands(colors: Sequence[str], thread: np.ndarray, threads: int) -> Array:
    """Color the threads in bands of equal width, offset so that no band ends at the seam."""
    table = np.array([parse_color(color) for color in colors])
    width = threads // len(colors)
    return np.asarray(table[(thread + width // 2) // width % len(colors)])


def make_knit(rng: Rng, colors: Sequence[str], stitches: int = 12) -> Array:
    """Make stocking stitch: columns of V, each of two slanted loops."""
    rows = stitches * 5 // 4
    x, y = ACROSS * stitches + 0.25, DOWN * rows
    side = np.abs(x % 1.0 - 0.5)
    loop = (y + 1.1 * side) % 1.0
    stitch = np.floor(x) % stitches + stitches * (np.floor(y + 1.1 * side) % rows)
    shade = rng.uniform(-0.05, 0.05, stitches * rows)[stitch.astype(np.int64)]
    aside, along = (side - 0.25) / 0.25, (loop - 0.5) / 0.5
    body = np.clip(1.0 - np.abs(aside) ** 2.4, 0.0, 1.0) * np.clip(1.0 - np.abs(along) ** 2.6, 0.0, 1.0)
    strand = 0.06 * np.sin(2 * np.pi * (2.0 * loop + 1.1 * aside))
    tone = 0.08 + 0.8 * body**0.6 + strand + shade
    return map_colors(np.clip(tone, 0.0, 1.0), *colors)


def make_herringbone(rng: Rng, warp: str, weft: str, threads: int = 64, band: int = 8) -> Array:
    """Make a twill whose diagonal reverses every `band` threads."""
    x, y = ACROSS * threads, DOWN * threads
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    reversed_band = (column + band // 2) // band % 2 == 0
    upright = np.where(reversed_band, column + row, row - column) % 4 < 2
    inside = np.where(upright, x, y) % 1.0 - 0.5
    fleck = 1.0 + 0.06 * rng.standard_normal(2 * threads)[np.where(upright, column, threads + row)]
    cloth = np.where(upright[..., None], parse_color(warp), parse_color(weft))
    return np.clip(cloth * ((1.0 - 1.0 * inside**2) * fleck)[..., None], 0.0, 1.0)
