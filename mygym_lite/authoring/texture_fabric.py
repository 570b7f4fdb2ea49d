"""Textures of fabric: woven and knitted, thread by thread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mygym_lite.authoring.texture_tools import ACROSS, DOWN, Array, Rng, map_colors, parse_color


def make_weave(
    rng: Rng, warp: Sequence[str], weft: Sequence[str], threads: int = 32, over: int = 1, under: int = 1
) -> Array:
    """Threads that go over and under one another.

    Args:
        rng: Where the numbers come from.
        warp: Colours of the upright threads, repeated from left to right.
        weft: Colours of the level threads, repeated from top to bottom.
        threads: In a picture, either way.
        over: How many wefts a warp passes over at once; 1 and 1 is plain weave, 2 and 2 or 3 and 1 is twill.
        under: How many it then passes under.
    """
    x, y = ACROSS * threads, DOWN * threads
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    upright = (column + row) % (over + under) < over
    inside, along = np.where(upright, x, y) % 1.0 - 0.5, np.where(upright, y, x) % 1.0 - 0.5
    round_thread = 1.0 - 1.9 * inside**2 - (0.9 * along**2 if over == under == 1 else 0.0)
    thread = np.where(upright, column, threads + row)
    yarn = 1.0 + 0.07 * rng.standard_normal(2 * threads)[thread]
    colors = np.where(upright[..., None], _bands(warp, column, threads), _bands(weft, row, threads))
    return np.clip(colors * (0.35 + 0.65 * round_thread * yarn)[..., None], 0.0, 1.0)


def _bands(colors: Sequence[str], number: np.ndarray, threads: int) -> Array:
    """The colour of each thread: bands of equal width, in order, shifted so that no band ends at the seam."""
    table = np.array([parse_color(color) for color in colors])
    width = threads // len(colors)
    return np.asarray(table[(number + width // 2) // width % len(colors)])


def make_knit(rng: Rng, colors: Sequence[str], stitches: int = 12) -> Array:
    """Stocking stitch: columns of V, each made of two leaning loops."""
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
    """Twill whose diagonal turns round every few threads."""
    x, y = ACROSS * threads, DOWN * threads
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    turned = (column + band // 2) // band % 2 == 0
    upright = np.where(turned, column + row, row - column) % 4 < 2
    inside = np.where(upright, x, y) % 1.0 - 0.5
    fleck = 1.0 + 0.06 * rng.standard_normal(2 * threads)[np.where(upright, column, threads + row)]
    cloth = np.where(upright[..., None], parse_color(warp), parse_color(weft))
    return np.clip(cloth * ((1.0 - 1.0 * inside**2) * fleck)[..., None], 0.0, 1.0)
