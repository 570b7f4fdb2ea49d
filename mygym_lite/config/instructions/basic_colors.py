"""Basic colour names, by which instructions describe things."""

from __future__ import annotations

import math
from functools import lru_cache

Vec3 = tuple[float, float, float]
BASIC_COLORS: dict[str, Vec3] = {
    "black": (0.05, 0.05, 0.05),
    "white": (0.95, 0.95, 0.95),
    "gray": (0.52, 0.52, 0.52),
    "red": (0.80, 0.12, 0.12),
    "orange": (0.95, 0.52, 0.10),
    "yellow": (0.95, 0.85, 0.20),
    "green": (0.15, 0.58, 0.22),
    "blue": (0.14, 0.30, 0.78),
    "cyan": (0.20, 0.75, 0.80),
    "purple": (0.50, 0.20, 0.62),
    "pink": (0.95, 0.60, 0.72),
    "brown": (0.45, 0.28, 0.14),
}
"""Typical sRGB values of the basic colours."""
_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))  # of linear sRGB, D65
_WHITE = (0.9505, 1.0, 1.089)
_LINEAR_BELOW = (6 / 29) ** 3


@lru_cache(maxsize=4096)
def name_color(rgb: Vec3) -> str:
    """Return the name of the basic colour that is nearest in CIELAB.

    Args:
        rgb: Red, green and blue, sRGB from 0 to 1.
    """
    lab = convert_to_lab(rgb)
    return min(BASIC_COLORS, key=lambda name: math.dist(lab, convert_to_lab(BASIC_COLORS[name])))


def convert_to_lab(rgb: Vec3) -> Vec3:
    """Convert sRGB to CIELAB: lightness from 0 to 100, and two axes of chroma."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    x, y, z = (_compress(sum(map(float.__mul__, row, linear)) / white) for row, white in zip(_XYZ, _WHITE, strict=True))
    return 116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)


def _compress(value: float) -> float:
    """Apply the lightness function of CIELAB."""
    return math.cbrt(value) if value > _LINEAR_BELOW else value * 841 / 108 + 4 / 29
