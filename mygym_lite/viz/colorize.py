"""False colours for depth, masks and normals, with legends."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mygym_lite.viz.text import Color, Image

BACKGROUND_COLOR: Color = (38, 41, 46)  # pixels without any surface
_PALETTE = "26292e abb2bd d6b078 4c78be e45746 40aa78 f5be41 9669be 3cb4cd eb82af 8c644b a0c846"  # of the first ids
_NAMED: tuple[Color, ...] = tuple((int(c[:2], 16), int(c[2:4], 16), int(c[4:], 16)) for c in _PALETTE.split())
_GOLDEN_RATIO = 0.618034  # hue step, turns: neighbours differ, and no hue repeats
_RAMP_SIZE = 256
_TICK_FACTORS = (1.0, 2.0, 5.0)


class Swatch(NamedTuple):
    """Entry of a legend."""

    color: Color
    name: str


class Ramp(NamedTuple):
    """Logarithmic colour scale over depth."""

    low: float  # m
    high: float

    @property
    def ticks(self) -> dict[float, str]:
        """Round depths in m by position on the scale, 0 to 1; the ends of a scale without two round depths."""
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        depths = [factor * 10.0**power for power in powers for factor in _TICK_FACTORS]
        within = [depth for depth in depths if self.low <= depth <= self.high]
        ends = [float(f"{depth:.3g}") for depth in self]
        return {self.normalize(depth): f"{depth:g}" for depth in (within if len(within) > 1 else ends)}

    def normalize(self, depth: Any) -> Any:
        """Compute the position of a depth on the scale, 0 to 1."""
        return np.log(depth / self.low) / math.log(self.high / self.low)

    @property
    def colors(self) -> Image:
        """Colours from near to far, (256, 3)."""
        steps = np.arange(_RAMP_SIZE - 1, -1, -1, dtype=np.uint8)
        bgr = cv2.applyColorMap(steps.reshape(-1, 1), cv2.COLORMAP_VIRIDIS)
        return np.ascontiguousarray(bgr[:, 0, ::-1])


class ColorizedImage(NamedTuple):
    """Image in colours, with its legend."""

    image: Image
    swatches: tuple[Swatch, ...] = ()
    ramp: Ramp | None = None


def colorize(kind: str, pixels: NDArray[Any], names: Mapping[int, str]) -> ColorizedImage:
    """Colorize one kind of image.

    Args:
        kind: ``rgb``, ``depth``, ``mask``, ``links`` or ``normals``.
        pixels: Image as ``TaskEnv.render_images`` returns it.
        names: Names of the ids in a mask.
    """
    if kind == "rgb":
        return ColorizedImage(pixels)
    if kind == "depth":
        return _colorize_depth(pixels)
    return _colorize_normals(pixels) if kind == "normals" else _colorize_ids(pixels, names)


def _colorize_depth(depth: NDArray[Any]) -> ColorizedImage:
    valid = depth > 0.0
    if not valid.any():
        empty = np.full((*depth.shape, 3), BACKGROUND_COLOR, np.uint8)
        return ColorizedImage(empty, (Swatch(BACKGROUND_COLOR, "nothing"),))
    low = float(depth[valid].min())
    ramp = Ramp(low, max(float(depth[valid].max()), 1.01 * low))
    position = ramp.normalize(np.where(valid, depth, low))
    image = ramp.colors[np.clip(position * (_RAMP_SIZE - 1), 0, _RAMP_SIZE - 1).round().astype(int)]
    image[~valid] = BACKGROUND_COLOR
    return ColorizedImage(image, () if valid.all() else (Swatch(BACKGROUND_COLOR, "nothing"),), ramp)


def _colorize_ids(ids: NDArray[Any], names: Mapping[int, str]) -> ColorizedImage:
    visible = [int(number) for number in np.unique(ids)]
    image = np.array([_choose_color(number) for number in range(visible[-1] + 1)], np.uint8)[ids]
    return ColorizedImage(image, tuple(Swatch(_choose_color(number), names[number]) for number in visible))


def _choose_color(number: int) -> Color:
    """Choose the color of an id, the same in every image."""
    if number < len(_NAMED):
        return _NAMED[number]
    lightness, saturation = (0.62, 0.42, 0.74)[number % 3], (0.62, 0.45)[number % 2]
    red, green, blue = colorsys.hls_to_rgb(number * _GOLDEN_RATIO % 1.0, lightness, saturation)
    return round(255 * red), round(255 * green), round(255 * blue)


def _colorize_normals(normals: NDArray[Any]) -> ColorizedImage:
    """Map the axes of the world to red, green and blue."""
    valid = np.abs(normals).sum(axis=2) > 0.0
    image = np.where(valid[..., None], _encode_normals(normals), np.array(BACKGROUND_COLOR, np.uint8))
    axes = {"+x": (1, 0, 0), "+y": (0, 1, 0), "+z": (0, 0, 1)}
    swatches = [Swatch(_to_color(_encode_normals(np.array(axis))), name) for name, axis in axes.items()]
    return ColorizedImage(image, (*swatches, *([] if valid.all() else [Swatch(BACKGROUND_COLOR, "nothing")])))


def _encode_normals(normals: NDArray[Any]) -> Image:
    return np.clip(127.5 * (normals + 1.0), 0, 255).round().astype(np.uint8)


def _to_color(color: Image) -> Color:
    red, green, blue = color.tolist()
    return red, green, blue
