"""Dark translucent panel on an image, with text line by line."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from mygym_lite.viz.text import REGULAR, Color, Image, draw_text, truncate_text

SUPERSAMPLING = 4  # antialiased shapes are drawn this much larger, then shrunk
TEXT_SIZE = 10.5  # px at unit 1
_BACKGROUND: Color = (22, 26, 33)
_OPACITY = 0.74
_MARGIN = 8.0  # between the panel and the edges of the image
_PADDING = 10.0  # between the edges of the panel and its content
_CORNER_RADIUS = 7.0


class Panel:
    """Panel in the upper left corner of an image.

    Args:
        unit: Size of one unit of the panel, px.
        width: Width in units.
        height: Height in units.
    """

    def __init__(self, unit: float, width: float, height: float) -> None:
        self.unit, self._width = unit, width
        self.box = round(_MARGIN * unit), round(_MARGIN * unit), round(width * unit), round(height * unit)
        """Left, top, width and height in the image, px."""
        self._alpha = _OPACITY * _draw_rounded_mask(self.box[2], self.box[3], round(_CORNER_RADIUS * unit))

    def draw_on(self, image: Image) -> PanelCanvas:
        """Draw the panel on an image, and return its canvas."""
        left, top, width, height = self.box
        part = image[top : top + height, left : left + width]
        part[:] = (part + self._alpha * (np.array(_BACKGROUND) - part)).round().astype(np.uint8)
        return PanelCanvas(part, self.unit, self._width)


class PanelCanvas:
    """Drawing area of a panel; lengths are in units of the panel."""

    def __init__(self, part: Image, unit: float, width: float) -> None:
        self._part, self._unit = part, unit
        self.left, self.right = _PADDING, width - _PADDING
        self.baseline = 0.0  # of the current line

    def write(
        self, text: str, color: Color, weight: int = REGULAR, right: bool = False, max_width: float | None = None
    ) -> None:
        """Write at the left or right end of the current line, truncated to a width."""
        size = round(TEXT_SIZE * self._unit)
        if max_width is not None:
            text = truncate_text(text, size, max_width * self._unit, weight)
        at = (self.right if right else self.left) * self._unit, self.baseline * self._unit
        draw_text(self._part, text, at, size, color, weight=weight, align="right" if right else "left")

    def fill(self, left: float, above: float, right: float, height: float, color: Color) -> None:
        """Fill a rectangle that starts above the baseline; its ends are antialiased, so that it grows smoothly."""
        columns = np.arange(self._part.shape[1])
        ends = np.minimum(right * self._unit, columns + 1), np.maximum(left * self._unit, columns)
        alpha = np.clip(ends[0] - ends[1], 0.0, 1.0)[:, None]
        top = round((self.baseline - above) * self._unit)
        rows = self._part[top : top + max(1, round(height * self._unit))]
        rows[:] = (rows + alpha * (np.array(color) - rows)).round().astype(np.uint8)

    def get_area(self, above: float, height: float) -> Image:
        """Return the pixels between the margins, from some height above the baseline."""
        top, left, right = (round(edge * self._unit) for edge in (self.baseline - above, self.left, self.right))
        return self._part[top : top + round(height * self._unit), left:right]


def _draw_rounded_mask(width: int, height: int, radius: int) -> Any:
    """Compute the coverage of each pixel (height, width, 1) by a rectangle with rounded corners."""
    large = np.zeros((height * SUPERSAMPLING, width * SUPERSAMPLING), np.uint8)
    near, right, bottom = radius * SUPERSAMPLING, large.shape[1] - 1, large.shape[0] - 1
    cv2.rectangle(large, (near, 0), (right - near, bottom), 255, cv2.FILLED)
    cv2.rectangle(large, (0, near), (right, bottom - near), 255, cv2.FILLED)
    for corner in ((x, y) for x in (near, right - near) for y in (near, bottom - near)):
        cv2.circle(large, corner, near, 255, cv2.FILLED)
    return cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)[..., None] / 255.0
