"""Wood textures: solid wood, boards and parquet. The grain runs along the rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mygym_lite.authoring.texture_tools import (
    ACROSS,
    DOWN,
    SIZE,
    Array,
    Rng,
    apply_shading,
    make_noise,
    map_colors,
    smoothstep,
    warp,
)


def make_wood(
    rng: Rng, colors: Sequence[str], rings: int = 7, wave: float = 1.6, contrast: float = 0.6, pores: float = 0.5
) -> Array:
    """Make flat-sawn wood with horizontal grain.

    Args:
        rng: Random generator.
        colors: Colours from late wood, dark, to early wood, pale.
        rings: Number of growth rings from top to bottom.
        wave: Amplitude of the rings, in rings; above 2 they close to the eyes and arches of a board's centre.
        contrast: Contrast of the rings.
        pores: Darkness of the pores.
    """
    return map_colors(make_grain(rng, rings, wave, contrast, pores), *colors)


def make_grain(rng: Rng, rings: int, wave: float, contrast: float, pores: float) -> Array:
    """Make the tone of wood, 0 (dark) to 1: rings that darken gradually and end sharply, fibres and pores."""
    phase = (
        rings * DOWN
        + wave * make_noise(rng, 2.2, high=12, stretch=3.5)
        + 0.07 * make_noise(rng, 1.0, high=60, stretch=9)
    )
    ring = phase % 1.0
    late = ring**2.5 * smoothstep(ring, 1.0, 0.93)
    fibre = make_noise(rng, 0.7, low=10, stretch=16)
    tone = 0.2 * make_noise(rng, 1.8, high=10, stretch=2.5) + 0.16 * fibre
    open_pores = smoothstep(make_noise(rng, 0.2, low=24, stretch=12), 1.3, 2.3) * (0.35 + 0.65 * (1.0 - late))
    return np.clip(0.72 - contrast * late + 0.5 * tone - pores * open_pores, 0.0, 1.0)


def make_boards(
    rng: Rng,
    colors: Sequence[str],
    rows: int = 4,
    joints: bool = True,
    gap: float = 0.75,
    spread: float = 0.16,
    contrast: float = 0.35,
    pores: float = 0.35,
) -> Array:
    """Make adjacent boards of different grain; seams lie away from the image border.

    Args:
        rng: Random generator.
        colors: Colours from late wood, dark, to early wood, pale.
        rows: Number of boards from top to bottom.
        joints: Cut each row once.
        gap: Darkness of the seams.
        spread: Variation of tone between boards.
        contrast: Contrast of the rings.
        pores: Darkness of the pores.
    """
    tone = make_grain(rng, 2 * rows, 2.0, contrast, pores)
    down = DOWN * rows + 0.5
    row = np.floor(down).astype(np.int64) % rows
    cuts = (np.arange(rows) * 0.381966 + 0.27) % 1.0  # the golden ratio separates the joints of neighbours
    along = ACROSS - cuts[row]
    tone = warp(tone, rng.random(rows)[row], rng.random(rows)[row] / 3)
    tone = np.clip(tone + spread * rng.uniform(-1.0, 1.0, rows)[row], 0.0, 1.0)
    seam = SIZE / rows * np.abs((down + 0.5) % 1.0 - 0.5)
    if joints:
        seam = np.minimum(seam, SIZE * np.abs((along + 0.5) % 1.0 - 0.5))
    return apply_shading(map_colors(tone, *colors), 1.0 - gap * smoothstep(seam, 1.6, 0.4))


def make_parquet(rng: Rng, colors: Sequence[str], blocks: int = 4, strips: int = 4) -> Array:
    """Make basket-weave parquet: blocks of strips, rotated by 90 degrees from block to block."""
    tone = make_grain(rng, 12, 1.5, 0.3, 0.3)
    across, down = ACROSS * blocks + 0.5, DOWN * blocks + 0.5
    block = (np.floor(across) % blocks + np.floor(down) % blocks * blocks).astype(np.int64)
    rotated = (np.floor(across) + np.floor(down)) % 2 == 1
    u, v = np.where(rotated, down, across) % 1.0, np.where(rotated, across, down) % 1.0
    strip = block * strips + np.floor(v * strips).astype(np.int64)
    starts = rng.random((2, blocks * blocks * strips))
    tone = warp(tone, starts[0][strip] + u / blocks - ACROSS, starts[1][strip] + v / blocks - DOWN)
    tone = np.clip(tone + 0.14 * rng.uniform(-1, 1, blocks * blocks * strips)[strip], 0.0, 1.0)
    edge = np.minimum(np.abs((u + 0.5) % 1.0 - 0.5), np.abs((v * strips + 0.5) % 1.0 - 0.5) / strips) * SIZE / blocks
    return apply_shading(map_colors(tone, *colors), 1.0 - 0.7 * smoothstep(edge, 1.5, 0.3))
