"""Textures of marble, concrete, terrazzo, stoneware, granite, cork and sand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mygym_lite.authoring.texture_tools import (
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
    smoothstep,
    stretch_contrast,
    warp,
)


def make_marble(rng: Rng, base: Sequence[str], vein: str, fine: str, veins: float = 1.0) -> Array:
    """Make marble: clouded stone with bold and fine veins; `veins` scales their width."""
    drift = [0.045 * make_noise(rng, 1.7, high=24) for _ in range(2)]
    cloud = stretch_contrast(warp(make_noise(rng, 1.9, high=40), *drift))
    bold = np.abs(warp(make_noise(rng, 2.4, high=6), *drift))
    web = np.abs(warp(make_noise(rng, 1.9, low=2, high=14), *drift))
    strength = smoothstep(make_noise(rng, 2.0, high=6), -1.2, 1.2)
    stone = map_colors(cloud, *base)
    stone = blend(stone, map_colors(cloud, fine, fine), 0.55 * strength * np.exp(-web / (0.05 * veins)))
    return blend(stone, make_plain(vein), (0.35 + 0.65 * strength) * np.exp(-bold / (0.06 * veins)))


def make_concrete(rng: Rng, colors: Sequence[str], pits: int = 90) -> Array:
    """Make cast concrete: soft clouds, fine grit and small holes."""
    tone = 0.5 + 0.07 * make_noise(rng, 1.2, low=3, high=24) + 0.04 * make_noise(rng, 0.5, low=8)
    nearest, _, number = make_cells(rng, pits, even=False)
    radius = 1.5 * rng.random(pits)[number] ** 3 / SIZE
    hole = smoothstep(nearest - radius, 1.0 / SIZE, -0.5 / SIZE) * smoothstep(radius * SIZE, 0.2, 0.8)
    return apply_shading(map_colors(np.clip(tone, 0.0, 1.0), *colors), 1.0 - 0.2 * hole)


def make_terrazzo(rng: Rng, ground: str, chips: Sequence[str], count: int = 484) -> Array:
    """Make terrazzo: chips of several colours in a plain matrix."""
    first, second, number = make_cells(rng, count)
    size = rng.uniform(0.05, 0.6, count)[number] / count**0.5
    chip = smoothstep(second - first + size, 0.6 / count**0.5, 0.6 / count**0.5 + 1.0 / SIZE)
    colors = np.array([parse_color(c) for c in chips])[rng.integers(0, len(chips), count)]
    stone = colors * rng.uniform(0.88, 1.08, count)[:, None]
    return blend(
        make_plain(ground) * (1.0 + 0.012 * make_noise(rng, 1.2, low=2, high=32))[..., None], stone[number], chip
    )


def make_speckle(rng: Rng, ground: str, dots: Sequence[str], count: int = 700) -> Array:
    """Make glazed stoneware: dots of all sizes, mostly small."""
    nearest, _, number = make_cells(rng, count, even=False)
    radius = (0.6 + 3.4 * rng.random(count) ** 6)[number] / SIZE
    nearest = nearest + 0.7 / SIZE * make_noise(rng, 0.8, low=16)
    ink = np.array([parse_color(c) for c in dots])[rng.integers(0, len(dots), count)][number]
    glaze = make_plain(ground) * (1.0 + 0.012 * make_noise(rng, 1.8, high=16))[..., None]
    return blend(glaze, ink, smoothstep(nearest - radius, 0.7 / SIZE, -0.7 / SIZE))


def make_granite(rng: Rng, crystals: Sequence[str], count: int = 3000) -> Array:
    """Make granite: interlocking crystals of several minerals in clusters."""
    _, _, number = make_cells(rng, count, even=False)
    kind = rng.random(count)[number] + 0.1 * make_noise(rng, 1.6, low=3, high=24)
    colors = np.array([parse_color(c) for c in crystals])
    stone = colors[np.clip(kind * len(crystals), 0, len(crystals) - 1).astype(np.int64)]
    return np.asarray(stone * rng.uniform(0.9, 1.06, count)[number][..., None])


def make_cork(rng: Rng, colors: Sequence[str], count: int = 784) -> Array:
    """Make cork: pressed granules with dark specks between them."""
    first, second, number = make_cells(rng, count)
    tone = 0.55 + 0.16 * rng.uniform(-1, 1, count)[number] + 0.03 * make_noise(rng, 1.6, low=3, high=16)
    dark = 0.34 * smoothstep(make_noise(rng, 0.8, low=10, high=40), 1.5, 2.3)
    edge = 0.16 * smoothstep((second - first) * count**0.5, 0.22, 0.0)
    return map_colors(np.clip(tone - dark - edge, 0.0, 1.0), *colors)


def make_sand(rng: Rng, colors: Sequence[str], ripples: int = 7) -> Array:
    """Make wind-rippled sand with grains."""
    phase = ripples * DOWN + 0.33 * make_noise(rng, 2.0, high=8)
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * phase + 0.7 * np.sin(2 * np.pi * phase))
    return map_colors(np.clip(0.15 + 0.7 * wave + 0.035 * make_noise(rng, 0.3, low=12, high=70), 0.0, 1.0), *colors)
