"""Images that are not pictures, shown to people: depth, masks and normals in colours, and what the colours mean."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mygym_lite.viz.text import Color, Image

BACKGROUND_COLOR: Color = (38, 41, 46)  # where there is nothing
_NAMED: tuple[Color, ...] = (
    BACKGROUND_COLOR, (171, 178, 189), (214, 176, 120), (76, 120, 190), (228, 87, 70), (64, 170, 120), (245, 190, 65),
    (150, 105, 190), (60, 180, 205), (235, 130, 175), (140, 100, 75), (160, 200, 70),
)  # fmt: skip
_GOLDEN = 0.618034  # turns between the hues that follow: neighbours differ, and none comes twice
_STEPS = 256
_NICE = (1.0, 2.0, 5.0)


class Swatch(NamedTuple):
    """A colour and what it stands for."""

    color: Color
    name: str


class Ramp(NamedTuple):
    """A scale of colours over depth, even in its logarithm: near things differ as much as far ones."""

    low: float  # m
    high: float

    @property
    def ticks(self) -> dict[float, str]:
        """Round depths in m by where they lie on the scale, from 0 to 1; its ends, if it is too short for two."""
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        depths = [nice * 10.0**power for power in powers for nice in _NICE]
        within = [depth for depth in depths if self.low <= depth <= self.high]
        ends = [float(f"{depth:.3g}") for depth in self]
        return {self.normalize(depth): f"{depth:g}" for depth in (within if len(within) > 1 else ends)}

    def normalize(self, depth: Any) -> Any:
        """Where a depth lies on the scale."""
        return np.log(depth / self.low) / math.log(self.high / self.low)

    @property
    def colors(self) -> Image:
        """From near to far, (256, 3)."""
        steps = np.arange(_STEPS - 1, -1, -1, dtype=np.uint8)
        bgr = cv2.applyColorMap(steps.reshape(-1, 1), cv2.COLORMAP_VIRIDIS)
        return np.ascontiguousarray(bgr[:, 0, ::-1])


class ColorizedImage(NamedTuple):
    """An image in colours, and its key."""

    image: Image
    swatches: tuple[Swatch, ...] = ()
    ramp: Ramp | None = None


def colorize(kind: str, pixels: NDArray[Any], names: Mapping[int, str]) -> ColorizedImage:
    """Show one kind of image to people.

    Args:
        kind: ``rgb``, ``depth``, ``mask``, ``links`` or ``normals``.
        pixels: As ``TaskEnv.picture`` gives it.
        names: What the numbers in it mean, if it holds numbers.
    """
    if kind == "rgb":
        return ColorizedImage(pixels)
    if kind == "depth":
        return _depth(pixels)
    return _normals(pixels) if kind == "normals" else _numbers(pixels, names)


def _depth(depth: NDArray[Any]) -> ColorizedImage:
    seen = depth > 0.0
    if not seen.any():
        return ColorizedImage(_filled(depth.shape), (Swatch(BACKGROUND_COLOR, "nothing"),))
    low = float(depth[seen].min())
    ramp = Ramp(low, max(float(depth[seen].max()), 1.01 * low))
    part = ramp.normalize(np.where(seen, depth, low))
    image = ramp.colors[np.clip(part * (_STEPS - 1), 0, _STEPS - 1).round().astype(int)]
    image[~seen] = BACKGROUND_COLOR
    return ColorizedImage(image, () if seen.all() else (Swatch(BACKGROUND_COLOR, "nothing"),), ramp)


def _numbers(numbers: NDArray[Any], names: Mapping[int, str]) -> ColorizedImage:
    seen = [int(number) for number in np.unique(numbers)]
    image = np.array([_color(number) for number in range(seen[-1] + 1)], np.uint8)[numbers]
    return ColorizedImage(image, tuple(Swatch(_color(number), names[number]) for number in seen))


def _color(number: int) -> Color:
    """The same for the same number in every picture."""
    if number < len(_NAMED):
        return _NAMED[number]
    lightness, saturation = (0.62, 0.42, 0.74)[number % 3], (0.62, 0.45)[number % 2]
    red, green, blue = colorsys.hls_to_rgb(number * _GOLDEN % 1.0, lightness, saturation)
    return round(255 * red), round(255 * green), round(255 * blue)


def _normals(normals: NDArray[Any]) -> ColorizedImage:
    """Each axis of the world as one part of the colour."""
    seen = np.abs(normals).sum(axis=2) > 0.0
    image = np.where(seen[..., None], _tinted(normals), np.array(BACKGROUND_COLOR, np.uint8))
    axes = {"+x": (1, 0, 0), "+y": (0, 1, 0), "+z": (0, 0, 1)}
    swatches = [Swatch(_triple(_tinted(np.array(axis))), name) for name, axis in axes.items()]
    return ColorizedImage(image, (*swatches, *([] if seen.all() else [Swatch(BACKGROUND_COLOR, "nothing")])))


def _tinted(normals: NDArray[Any]) -> Image:
    return np.clip(127.5 * (normals + 1.0), 0, 255).round().astype(np.uint8)


def _triple(color: Image) -> Color:
    red, green, blue = color.tolist()
    return red, green, blue


def _filled(shape: tuple[int, ...]) -> Image:
    return np.full((*shape, 3), BACKGROUND_COLOR, np.uint8)
