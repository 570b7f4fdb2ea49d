"""What textures are made of: noise, cells, ramps and relief, all of them periodic, so that a picture meets itself.

Pictures are arrays of SIZE x SIZE, rows from top to bottom; a place in them is (across, down) in periods, 0 to 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, spatial

Array = NDArray[np.float64]
Rng = np.random.Generator

SIZE = 256
"""Pixels along each side."""

_CENTRES = (np.arange(SIZE) + 0.5) / SIZE
ACROSS, DOWN = np.meshgrid(_CENTRES, _CENTRES)
"""Where each pixel is."""


def make_noise(rng: Rng, slope: float, low: float = 1.0, high: float = 128.0, stretch: float = 1.0) -> Array:
    """Return periodic noise of zero mean and unit deviation.

    Args:
        rng: Where the numbers come from.
        slope: How fast fine detail fades: 0 is white, 1 rough, 2 cloudy.
        low: Waves in a picture below which nothing is left.
        high: Waves in a picture above which nothing is left.
        stretch: How many times longer the features are across than down.
    """
    across, down = np.meshgrid(np.fft.rfftfreq(SIZE, 1 / SIZE) * stretch, np.fft.fftfreq(SIZE, 1 / SIZE))
    waves = np.hypot(across, down)
    gain = np.where((waves >= low) & (waves <= high), np.maximum(waves, 1e-9) ** -slope, 0.0)
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((SIZE, SIZE))) * gain, s=(SIZE, SIZE))
    return np.asarray(field / field.std())


def make_cells(rng: Rng, count: int, even: bool = True) -> tuple[Array, Array, NDArray[np.int64]]:
    """Scatter points and return for each pixel the distances to the two nearest and the number of the nearest.

    Args:
        rng: Where the numbers come from.
        count: How many points; where `even`, the square of a whole number is met.
        even: Whether the points stand in a disturbed grid instead of anywhere.
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
    """Return a picture whose every pixel is taken from a place that lies off by so many periods."""
    places = np.stack(np.broadcast_arrays(DOWN + down, ACROSS + across)) * SIZE - 0.5
    return np.asarray(ndimage.map_coordinates(image, places, order=1, mode="grid-wrap"))


def map_colors(value: Array, *colors: str) -> Array:
    """Turn values of 0 to 1 into colours, given as evenly spaced `RRGGBB`."""
    stops = np.linspace(0.0, 1.0, len(colors))
    table = np.array([parse_color(color) for color in colors])
    return np.stack([np.interp(value, stops, table[:, channel]) for channel in range(3)], axis=-1)


def parse_color(color: str) -> Array:
    """Return red, green and blue, 0 to 1, of a colour written `RRGGBB`."""
    return np.array(list(bytes.fromhex(color)), dtype=np.float64) / 255.0


def make_plain(color: str) -> Array:
    """Return a picture of one colour."""
    return np.broadcast_to(parse_color(color), (SIZE, SIZE, 3))


def blend(under: Array, over: Array, share: Array) -> Array:
    """Lay one picture over another; `share` says how much of it covers, 0 to 1."""
    return under + (over - under) * share[..., None]


def stretch_contrast(value: Array, tails: float = 0.5) -> Array:
    """Map values to 0 to 1, letting some percent saturate at either end."""
    low, high = np.percentile(value, [tails, 100.0 - tails])
    return np.asarray(np.clip((value - low) / (high - low), 0.0, 1.0))


def smoothstep(value: Array, start: float, end: float) -> Array:
    """Rise smoothly from 0 at `start` to 1 at `end`, or fall where `end` is lower."""
    t = np.clip((value - start) / (end - start), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def shade_relief(height: Array, strength: float) -> Array:
    """Return how bright a height map (in periods) is when lit from the upper left; 1 where it is flat."""
    slope_x = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * SIZE / 2
    slope_y = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) * SIZE / 2
    lit = (1.0 + strength * (slope_x + slope_y)) / np.sqrt(1.0 + strength**2 * (slope_x**2 + slope_y**2))
    return np.asarray(np.clip(lit, 0.0, 2.0))


def apply_shading(image: Array, light: Array) -> Array:
    """Darken and lighten a picture; highlights turn towards white instead of clipping."""
    dark = image * np.minimum(light, 1.0)[..., None]
    return np.asarray(dark + (1.0 - dark) * np.clip(light - 1.0, 0.0, 1.0)[..., None])


def draw_strokes(rng: Rng, count: int, length: tuple[float, float], width: float, turn: float = np.pi) -> Array:
    """Draw straight strokes anywhere and return how much each pixel is covered, 0 to 1.

    Args:
        rng: Where the numbers come from.
        count: How many.
        length: Shortest and longest, in periods.
        width: In pixels.
        turn: Largest angle to the rows, rad.
    """
    covered = np.zeros((SIZE, SIZE))
    for x, y in rng.random((count, 2)):
        half, angle, depth = rng.uniform(*length) / 2, rng.uniform(-turn, turn), rng.uniform(0.3, 1.0)
        dx, dy = (ACROSS - x + 0.5) % 1.0 - 0.5, (DOWN - y + 0.5) % 1.0 - 0.5
        along = dx * np.cos(angle) + dy * np.sin(angle)
        aside = np.abs(dy * np.cos(angle) - dx * np.sin(angle)) * SIZE
        fade = np.clip(1.0 - (along / half) ** 2, 0.0, 1.0)
        covered = np.maximum(covered, depth * fade * np.clip(0.5 + width / 2 - aside, 0.0, 1.0))
    return covered
