"""Textures of bricks, hexagonal tiles and mosaic; joints lie away from the image border."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mygym_lite.authoring.texture_tools import (
    ACROSS,
    DOWN,
    SIZE,
    Array,
    Rng,
    apply_shading,
    blend,
    make_cells,
    make_noise,
    make_plain,
    map_colors,
    parse_color,
    shade_relief,
    smoothstep,
)


def make_bricks(rng: Rng, colors: Sequence[str], mortar: str, courses: int = 8, spread: float = 0.3) -> Array:
    """Make a wall in running bond; `spread` is the variation of tone between bricks, courses are even in number."""
    down = DOWN * courses + 0.5
    course = np.floor(down).astype(np.int64) % courses
    across = ACROSS * courses / 2 + 0.25 + 0.5 * (course % 2)
    brick = course * courses + np.floor(across).astype(np.int64) % (courses // 2)
    edge = np.minimum(0.5 - np.abs(down % 1.0 - 0.5), 2.0 * (0.5 - np.abs(across % 1.0 - 0.5))) * SIZE / courses
    rough = edge + 0.6 * make_noise(rng, 1.3, low=8)
    tone = 0.5 + spread * rng.uniform(-1, 1, courses**2)[brick] + 0.1 * make_noise(rng, 1.3, low=6)
    light = shade_relief(smoothstep(rough, 1.0, 4.5) * 0.008, 0.5)
    face = apply_shading(map_colors(np.clip(tone, 0.0, 1.0), *colors), light)
    joint = make_plain(mortar) * (1.0 + 0.04 * make_noise(rng, 1.2, low=8))[..., None]
    return blend(joint, face, smoothstep(rough, 1.2, 2.4))


def make_hexagons(rng: Rng, colors: Sequence[str], grout: str, columns: int = 4) -> Array:
    """Make glazed hexagonal tiles with random colours; their rows are slightly compressed to repeat."""
    rows = 2 * round(columns / 3**0.5)
    across, down = ACROSS * columns + 0.25, DOWN * rows / 2 + 0.25
    edges, numbers = zip(*(_measure_hexagon(across, down, columns, rows, shift) for shift in (0, 1)), strict=True)
    edge, number = np.maximum(*edges), np.where(edges[0] > edges[1], *numbers)
    glaze = np.array([parse_color(color) for color in colors])[rng.integers(0, len(colors), columns * rows)][number]
    pixels = edge * SIZE / columns
    light = shade_relief(smoothstep(pixels, 1.5, 5.5) * 0.006, 0.7) + 0.03 * rng.uniform(-1, 1, columns * rows)[number]
    return blend(make_plain(grout), apply_shading(glaze, light), smoothstep(pixels, 1.0, 2.0))


def _measure_hexagon(
    across: Array, down: Array, columns: int, rows: int, shift: int
) -> tuple[Array, NDArray[np.int64]]:
    """Return distance to the edge of the hexagon in one of two grids, in columns, and the number of the hexagon."""
    x, y = across + 0.5 * shift, down + 0.5 * shift
    dx, dy = np.abs(x % 1.0 - 0.5), np.abs(y % 1.0 - 0.5) * 3**0.5
    number = (np.floor(x) % columns + columns * (2 * (np.floor(y) % (rows // 2)) + shift)).astype(np.int64)
    return 0.5 - np.maximum(dx, 0.5 * dx + 0.75**0.5 * dy), number


def make_mosaic(rng: Rng, colors: Sequence[str], grout: str, count: int = 144) -> Array:
    """Make a mosaic of irregular stones in similar colours."""
    first, second, number = make_cells(rng, count)
    edge = (second - first) * SIZE
    drift = 0.5 + 0.28 * make_noise(rng, 2.0, high=5)
    tone = drift.mean() + 0.25 * rng.uniform(-1, 1, count)[number] + (drift - drift.mean())
    light = shade_relief(smoothstep(edge, 1.5, 6.0) * 0.005, 0.6)
    return blend(
        make_plain(grout), apply_shading(map_colors(np.clip(tone, 0, 1), *colors), light), smoothstep(edge, 2.0, 3.5)
    )
