"""Building blocks of tileable textures: noise, Voronoi cells, colour ramps and relief, all periodic.

Images are SIZE x SIZE arrays, rows from top to bottom; positions are (across, down) in periods, 0 to 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, spatial

Array = NDArray[np.float64]
Rng = np.random.Generator

SIZE = 256
"""Edge of a texture, px."""

_CENTRES = (np.arange(SIZE) + 0.5) / SIZE
ACROSS, DOWN = np.meshgrid(_CENTRES, _CENTRES)
"""Positions of the pixel centres, in periods."""


def make_noise(rng: Rng, slope: float, low: float = 1.0, high: float = 128.0, stretch: float = 1.0) -> Array:
    """Make periodic noise of zero mean and unit standard deviation.

    Args:
        rng: Random generator.
        slope: Spectral slope: 0 is white, 1 rough, 2 cloudy.
        low: Lower cutoff, cycles per image.
        high: Upper cutoff, cycles per image.
        stretch: Aspect ratio of features, across to down.
    """
    across, down = np.meshgrid(np.fft.rfftfreq(SIZE, 1 / SIZE) * stretch, np.fft.fftfreq(SIZE, 1 / SIZE))
    waves = np.hypot(across, down)
    gain = np.where((waves >= low) & (waves <= high), np.maximum(waves, 1e-9) ** -slope, 0.0)
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((SIZE, SIZE))) * gain, s=(SIZE, SIZE))
    return np.asarray(field / field.std())


def make_cells(rng: Rng, count: int, even: bool = True) -> tuple[Array, Array, NDArray[np.int64]]:
    """Make Voronoi cells; return for each pixel the distances to the two nearest points and the index of the nearest.

    Args:
        rng: Random generator.
        count: Number of points, rounded to a square number if `even`.
        even: Jitter a grid instead of sampling uniformly.
    """
    points = rng.random((count, 2))
    if even:
        side = round(count**0.5)
        grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)
        points = (grid + 0.5 + 0.75 * (rng.random(grid.shape) - 0.5)) / side
    tree = spatial.cKDTree(points % 1.0, boxsize=1.0)
    distance, nearest = tree.query(np.stack([ACROSS, DOWN], axis=-1), k=2)
    return distance[..., 0], distance[..., 1], nearest[..., 0]


def warp(image: Array, across: Array | float, down: Array | float) -> Array:
    """Warp an image: sample every pixel at an offset in periods."""
    positions = np.stack(np.broadcast_arrays(DOWN + down, ACROSS + across)) * SIZE - 0.5
    return np.asarray(ndimage.map_coordinates(image, positions, order=1, mode="grid-wrap"))


def map_colors(value: Array, *colors: str) -> Array:
    """Map values, 0 to 1, to a gradient of evenly spaced `RRGGBB` colours."""
    stops = np.linspace(0.0, 1.0, len(colors))
    table = np.array([parse_color(color) for color in colors])
    return np.stack([np.interp(value, stops, table[:, channel]) for channel in range(3)], axis=-1)


def parse_color(color: str) -> Array:
    """Parse `RRGGBB` to red, green and blue, 0 to 1."""
    return np.array(list(bytes.fromhex(color)), dtype=np.float64) / 255.0


def make_plain(color: str) -> Array:
    """Make an image of one colour."""
    return np.broadcast_to(parse_color(color), (SIZE, SIZE, 3))


def blend(under: Array, over: Array, share: Array) -> Array:
    """Blend one image over another with opacity `share`, 0 to 1."""
    return under + (over - under) * share[..., None]


def stretch_contrast(value: Array, tails: float = 0.5) -> Array:
    """Map values to 0 to 1; `tails` percent saturate at either end."""
    low, high = np.percentile(value, [tails, 100.0 - tails])
    return np.asarray(np.clip((value - low) / (high - low), 0.0, 1.0))


def smoothstep(value: Array, start: float, end: float) -> Array:
    """Interpolate smoothly from 0 at `start` to 1 at `end`, which may be lower."""
    t = np.clip((value - start) / (end - start), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def shade_relief(height: Array, strength: float) -> Array:
    """Shade a height map, in periods, lit from the upper left; flat areas are 1."""
    slope_x = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * SIZE / 2
    slope_y = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) * SIZE / 2
    light = (1.0 + strength * (slope_x + slope_y)) / np.sqrt(1.0 + strength**2 * (slope_x**2 + slope_y**2))
    return np.asarray(np.clip(light, 0.0, 2.0))


def apply_shading(image: Array, light: Array) -> Array:
    """Apply shading to an image; highlights fade to white instead of clipping."""
    dark = image * np.minimum(light, 1.0)[..., None]
    return np.asarray(dark + (1.0 - dark) * np.clip(light - 1.0, 0.0, 1.0)[..., None])


def draw_strokes(rng: Rng, count: int, length: tuple[float, float], width: float, turn: float = np.pi) -> Array:
    """Draw straight strokes at random positions; return the coverage of each pixel, 0 to 1.

    Args:
        rng: Random generator.
        count: Number of strokes.
        length: Shortest and longest length, in periods.
        width: Width of a stroke, px.
        turn: Largest angle to the rows, rad.
    """
    coverage = np.zeros((SIZE, SIZE))
    for x, y in rng.random((count, 2)):
        half, angle, depth = rng.uniform(*length) / 2, rng.uniform(-turn, turn), rng.uniform(0.3, 1.0)
        dx, dy = (ACROSS - x + 0.5) % 1.0 - 0.5, (DOWN - y + 0.5) % 1.0 - 0.5
        along = dx * np.cos(angle) + dy * np.sin(angle)
        aside = np.abs(dy * np.cos(angle) - dx * np.sin(angle)) * SIZE
        fade = np.clip(1.0 - (along / half) ** 2, 0.0, 1.0)
        coverage = np.maximum(coverage, depth * fade * np.clip(0.5 + width / 2 - aside, 0.0, 1.0))
    return coverage
