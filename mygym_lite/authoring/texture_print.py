"""Textures of printed, pressed and worn materials: patterns on cloth, board, leather, chipboard and rust."""

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
    blend,
    draw_strokes,
    make_cells,
    make_noise,
    make_plain,
    map_colors,
    shade_relief,
    smoothstep,
)


def make_camouflage(rng: Rng, ground: str, patches: Sequence[str]) -> Array:
    """Make patches with ragged edges, the later above the earlier."""
    image = make_plain(ground)
    for color in patches:
        patch = make_noise(rng, 1.9, low=2, high=24, stretch=0.7)
        image = blend(image, make_plain(color), smoothstep(patch, 0.42, 0.5))
    return _weave(rng, image)


def make_dots(rng: Rng, ground: str, dot: str, count: int = 6) -> Array:
    """Make printed dots in a staggered grid of an even number of rows."""
    row = np.floor(DOWN * count + 0.5)
    dx = (ACROSS * count + 0.5 * (row % 2) + 0.25) % 1.0 - 0.5
    dy = (DOWN * count + 0.5) % 1.0 - 0.5
    radius = np.hypot(dx, dy) * SIZE / count
    edge = 0.27 * SIZE / count
    return _weave(rng, blend(make_plain(ground), make_plain(dot), smoothstep(radius, edge + 0.7, edge - 0.7)))


def make_chevrons(rng: Rng, colors: Sequence[str], count: int = 4) -> Array:
    """Make zigzag stripes, one of each colour in turn."""
    zigzag = np.abs((ACROSS * count) % 1.0 - 0.5)
    phase = ((DOWN * count + zigzag) % 1.0) * len(colors)
    image = make_plain(colors[-1])
    for number, color in enumerate(colors):
        inside = 0.5 - np.abs((phase - number - 0.5 + len(colors) / 2) % len(colors) - len(colors) / 2)
        image = blend(image, make_plain(color), smoothstep(inside * SIZE / count / len(colors), -0.6, 0.6))
    return _weave(rng, image)


def _weave(rng: Rng, image: Array) -> Array:
    """Add the fine shading of cloth."""
    thread = np.cos(2 * np.pi * 64 * ACROSS) + np.cos(2 * np.pi * 64 * DOWN)
    yarn = 0.015 * rng.standard_normal(64)[np.floor(64 * ACROSS).astype(np.int64)]
    return np.clip(image * (0.97 + 0.02 * thread + yarn)[..., None], 0.0, 1.0)


def make_cardboard(rng: Rng, colors: Sequence[str], flutes: int = 32) -> Array:
    """Make kraft board: fibres, clouds and the faint ribs of corrugation."""
    fibre = 0.06 * make_noise(rng, 0.5, low=12, stretch=5) + 0.05 * make_noise(rng, 1.6, high=24)
    fleck = 0.25 * draw_strokes(rng, 70, (0.01, 0.05), 0.7)
    rib = 0.035 * np.sin(2 * np.pi * flutes * ACROSS)
    return map_colors(np.clip(0.55 + fibre + rib - fleck, 0.0, 1.0), *colors)


def make_leather(rng: Rng, colors: Sequence[str], count: int = 625) -> Array:
    """Make grained leather: pebbles separated by creases, with worn areas."""
    first, second, _ = make_cells(rng, count)
    crease = smoothstep((second - first) * count**0.5, 0.0, 0.35)
    light = shade_relief(0.004 * crease, 0.9)
    wear = 0.5 + 0.13 * make_noise(rng, 1.9, high=10)
    return apply_shading(map_colors(np.clip(wear - 0.25 * (1.0 - crease), 0.0, 1.0), *colors), light)


def make_chipboard(rng: Rng, colors: Sequence[str], layers: int = 4, chips: int = 70) -> Array:
    """Make board of pressed wood chips, which lie in all directions."""
    image = map_colors(np.clip(0.35 + 0.12 * make_noise(rng, 1.0, low=4), 0.0, 1.0), *colors)
    for layer in range(layers):
        cover = draw_strokes(rng, chips, (0.08, 0.25), 9.0)
        grain = 0.35 + 0.13 * layer + 0.25 * (cover - 0.5) + 0.05 * make_noise(rng, 1.2, low=10)
        image = blend(image, map_colors(np.clip(grain, 0.0, 1.0), *colors), smoothstep(cover, 0.12, 0.2))
    return image


def make_rust(rng: Rng, metal: Sequence[str], rust: Sequence[str], share: float = 0.1) -> Array:
    """Make painted or bare metal with spreading rust; `share` shifts the boundary towards more of it."""
    steel = map_colors(np.clip(0.5 + 0.12 * make_noise(rng, 1.2, low=4, stretch=4), 0.0, 1.0), *metal)
    spread = make_noise(rng, 1.5, low=1, high=60) + share
    tone = 0.45 + 0.2 * make_noise(rng, 1.1, low=4) + 0.12 * spread
    pitted = apply_shading(
        map_colors(np.clip(tone, 0.0, 1.0), *rust), shade_relief(0.004 * make_noise(rng, 1.6, low=8, high=40), 0.5)
    )
    return blend(steel, pitted, smoothstep(spread, 0.0, 0.35))
