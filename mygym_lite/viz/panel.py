"""A panel of dark glass on a picture, on which one writes line by line."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from mygym_lite.viz.text import REGULAR, Color, Image, draw_text, truncate_text

SUPERSAMPLING = 4  # what has soft edges is drawn this much larger, then shrunk
TEXT_SIZE = 10.5  # px at unit 1
_GLASS: Color = (22, 26, 33)
_OPACITY = 0.74
_OUTSIDE = 8.0  # between the panel and the picture's edges
_EDGE = 10.0  # between the panel's edges and what is written on it
_ROUND = 7.0


class Panel:
    """The glass, in the upper left corner.

    Args:
        unit: Pixels of the picture in one of the panel.
        wide: Width in its own units.
        tall: Height in its own units.
    """

    def __init__(self, unit: float, wide: float, tall: float) -> None:
        self.unit, self._wide = unit, wide
        self.box = round(_OUTSIDE * unit), round(_OUTSIDE * unit), round(wide * unit), round(tall * unit)
        """Left, top, width and height in the picture, px."""
        self._cover = _OPACITY * _rounded(self.box[2], self.box[3], round(_ROUND * unit))

    def draw_on(self, image: Image) -> PanelCanvas:
        """Darken the picture below the panel."""
        left, top, width, height = self.box
        part = image[top : top + height, left : left + width]
        part[:] = (part + self._cover * (np.array(_GLASS) - part)).round().astype(np.uint8)
        return PanelCanvas(part, self.unit, self._wide)


class PanelCanvas:
    """The part of a picture that is written on; lengths are in the panel's units."""

    def __init__(self, part: Image, unit: float, wide: float) -> None:
        self._part, self._unit = part, unit
        self.left, self.right = _EDGE, wide - _EDGE
        self.baseline = 0.0  # of the present line

    def write(
        self, text: str, color: Color, weight: int = REGULAR, right: bool = False, max_width: float | None = None
    ) -> None:
        """Write at an end of the present line, in no more than some room."""
        size = round(TEXT_SIZE * self._unit)
        if max_width is not None:
            text = truncate_text(text, size, max_width * self._unit, weight)
        at = (self.right if right else self.left) * self._unit, self.baseline * self._unit
        draw_text(self._part, text, at, size, color, weight, "right" if right else "left")

    def fill(self, left: float, above: float, right: float, height: float, color: Color) -> None:
        """A rectangle that begins so far above the line; its ends are soft, so that it grows smoothly."""
        columns = np.arange(self._part.shape[1])
        ends = np.minimum(right * self._unit, columns + 1), np.maximum(left * self._unit, columns)
        cover = np.clip(ends[0] - ends[1], 0.0, 1.0)[:, None]
        top = round((self.baseline - above) * self._unit)
        rows = self._part[top : top + max(1, round(height * self._unit))]
        rows[:] = (rows + cover * (np.array(color) - rows)).round().astype(np.uint8)

    def get_area(self, above: float, height: float) -> Image:
        """The pixels between the margins that begin so far above the line."""
        top, left, right = (round(edge * self._unit) for edge in (self.baseline - above, self.left, self.right))
        return self._part[top : top + round(height * self._unit), left:right]


def _rounded(width: int, height: int, radius: int) -> Any:
    """How much of each pixel (height, width, 1) belongs to a rectangle with round corners."""
    large = np.zeros((height * SUPERSAMPLING, width * SUPERSAMPLING), np.uint8)
    near, right, bottom = radius * SUPERSAMPLING, large.shape[1] - 1, large.shape[0] - 1
    cv2.rectangle(large, (near, 0), (right - near, bottom), 255, cv2.FILLED)
    cv2.rectangle(large, (0, near), (right, bottom - near), 255, cv2.FILLED)
    for corner in ((x, y) for x in (near, right - near) for y in (near, bottom - near)):
        cv2.circle(large, corner, near, 255, cv2.FILLED)
    return cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)[..., None] / 255.0
