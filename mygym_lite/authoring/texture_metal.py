"""Metal textures: brushed, scratched, hammered, tread plate, galvanised."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from mygym_lite.authoring.texture_tools import (
    ACROSS,
    DOWN,
    SIZE,
    Array,
    Rng,
    draw_strokes,
    make_cells,
    make_noise,
    map_colors,
    shade_relief,
    smoothstep,
)


def make_brushed(rng: Rng, colors: Sequence[str], scratches: int = 0) -> Array:
    """Make metal brushed along the rows, with scratches in all directions."""
    tone = 0.5 + 0.13 * make_noise(rng, 0.35, low=3, stretch=60) + 0.07 * make_noise(rng, 1.5, high=20, stretch=6)
    if scratches:
        tone += 0.4 * draw_strokes(rng, scratches, (0.08, 0.6), 0.6)
        tone -= 0.25 * draw_strokes(rng, scratches // 3, (0.05, 0.3), 0.8)
    return map_colors(np.clip(tone, 0.0, 1.0), *colors)


def make_hammered(rng: Rng, colors: Sequence[str], count: int = 144) -> Array:
    """Make hammered metal: adjacent dents with highlights."""
    first, _, _ = make_cells(rng, count)
    bowls = first**2 * count**0.5 * 0.6
    light = shade_relief(np.asarray(ndimage.gaussian_filter(bowls, 1.6, mode="wrap")), 0.85)
    tone = 0.5 + 0.62 * (light - 1.0) + 0.04 * make_noise(rng, 1.6, high=16)
    return map_colors(np.clip(tone, 0.0, 1.0), *colors)


def make_tread(rng: Rng, colors: Sequence[str], pairs: int = 4) -> Array:
    """Make tread plate: raised lenses at right angles to their neighbours."""
    height = np.zeros((SIZE, SIZE))
    for column in range(2 * pairs):
        for row in range(2 * pairs):
            x, y = (column + 0.5) / (2 * pairs), (row + 0.5) / (2 * pairs)
            dx, dy = (ACROSS - x + 0.5) % 1.0 - 0.5, (DOWN - y + 0.5) % 1.0 - 0.5
            turn = np.pi / 4 * (1 if (column + row) % 2 else -1)
            along, aside = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
            lens = 1.0 - (along * pairs / 0.27) ** 2 - (aside * pairs / 0.075) ** 2
            height = np.maximum(height, 0.010 * smoothstep(lens, 0.0, 0.9))
    tone = (
        0.45 + 0.5 * (shade_relief(height, 0.9) - 1.0) + 6.0 * height + 0.03 * make_noise(rng, 0.6, low=2, stretch=12)
    )
    return map_colors(np.clip(tone, 0.0, 1.0), *colors)


def make_galvanised(rng: Rng, colors: Sequence[str], count: int = 400) -> Array:
    """Make galvanised metal: zinc spangle of different brightness."""
    _, _, number = make_cells(rng, count, even=False)
    return map_colors(0.2 + 0.6 * rng.random(count)[number] + 0.04 * make_noise(rng, 1.2, low=3, high=40), *colors)
