"""Textures of squares, with seams away from the image border, and periodic gradients."""

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
    make_noise,
    make_plain,
    map_colors,
    parse_color,
    shade_relief,
    smoothstep,
)


def make_checker(rng: Rng, first: str, second: str, count: int = 4, wear: float = 0.0) -> Array:
    """Make a checkerboard of two colours, `count` squares per side, with optional wear."""
    odd = (np.floor(ACROSS * count + 0.5) + np.floor(DOWN * count + 0.5)) % 2
    image = blend(make_plain(first), make_plain(second), odd)
    return np.asarray(image * (1.0 + wear * make_noise(rng, 1.2, low=2))[..., None])


def make_tiles(rng: Rng, colors: Sequence[str], grout: str, count: int = 4, joint: float = 3.0) -> Array:
    """Make glazed tiles with rounded edges; `joint` is their gap, px."""
    across, down = ACROSS * count + 0.5, DOWN * count + 0.5
    number = (np.floor(across) % count + count * (np.floor(down) % count)).astype(np.int64)
    kind = (np.floor(across) + np.floor(down)) % len(colors)
    glaze = np.array([parse_color(color) for color in colors])[kind.astype(np.int64)]
    edge = SIZE / count * (0.5 - np.maximum(np.abs(across % 1.0 - 0.5), np.abs(down % 1.0 - 0.5)))
    light = (
        shade_relief(smoothstep(edge, joint / 2, joint / 2 + 4.0) * 0.006, 0.7)
        + 0.03 * rng.uniform(-1, 1, count**2)[number]
    )
    return blend(make_plain(grout), apply_shading(glaze, light), smoothstep(edge, joint / 2 - 0.5, joint / 2 + 0.5))


def make_harlequin(rng: Rng, first: str, second: str, line: str, count: int = 4) -> Array:
    """Make diamonds of two colours under a grid of thin lines."""
    a, b = ACROSS * count + DOWN * count, ACROSS * count - DOWN * count
    image = blend(make_plain(first), make_plain(second), (np.floor(a) + np.floor(b)) % 2)
    c, d = a + 0.5, b + 0.5
    net = np.minimum(np.abs((c + 0.5) % 1.0 - 0.5), np.abs((d + 0.5) % 1.0 - 0.5)) * SIZE / count
    image = blend(image, make_plain(line), smoothstep(net, 1.3, 0.5))
    return np.asarray(image * (1.0 + 0.012 * make_noise(rng, 1.2, low=4, high=24))[..., None])


def make_gingham(rng: Rng, color: str, count: int = 8) -> Array:
    """Make gingham: crossing stripes that darken each other."""
    stripes = [np.floor(axis * count + 0.5) % 2 for axis in (ACROSS, DOWN)]
    thread = 1.0 + 0.02 * make_noise(rng, 0.8, low=8, high=40)
    cloth = blend(make_plain("f7f5ef"), make_plain(color), 0.5 * (stripes[0] + stripes[1]))
    return np.clip(cloth * thread[..., None], 0.0, 1.0)


def make_gradient(rng: Rng, colors: Sequence[str], across: int = 0, down: int = 1) -> Array:
    """Make a periodic gradient with `across` and `down` waves per image and a random phase."""
    wave = 0.5 - 0.5 * np.cos(2 * np.pi * (across * ACROSS + down * DOWN + rng.random()))
    return map_colors(wave, *colors)


def make_spots(rng: Rng, colors: Sequence[str], count: int = 1) -> Array:
    """Make soft spots of light."""
    x, y = (2 * np.pi * (count * axis + rng.random()) for axis in (ACROSS, DOWN))
    return map_colors(0.5 - 0.25 * (np.cos(x) + np.cos(y)), *colors)
