"""Small scrolling plot of recent measurements."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from mygym_lite.viz.panel import SUPERSAMPLING
from mygym_lite.viz.text import Color, Image, draw_text

_LINE: Color = (100, 108, 121)
_MUTED: Color = (164, 172, 184)
_CEILINGS = (20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0)
_FILL_OPACITY = 0.28  # opacity below a curve


class TracePlot:
    """Plot that scrolls to the left, with the present at the right edge and a scale that grows if needed.

    Args:
        colors: Color of each curve; the first one is in front.
        steps: Width of the plot in steps.
        unit: Unit of the values, written at the upper edge.
    """

    def __init__(self, colors: Sequence[Color], steps: int, unit: str) -> None:
        self._colors, self._steps, self._unit = list(colors), steps, unit
        self._rows: deque[Sequence[float]] = deque(maxlen=steps)
        self._ceiling = _CEILINGS[0]

    def append(self, values: Sequence[float]) -> None:
        """Append one value to each curve."""
        self._rows.append(values)
        self._ceiling = next((c for c in _CEILINGS if c >= max([self._ceiling, *values])), _CEILINGS[-1])

    @property
    def latest(self) -> Sequence[float]:
        """Values appended last."""
        return self._rows[-1]

    def draw(self, area: Image, size: int) -> None:
        """Draw into an area of an image, with text of this size, px."""
        large = area.repeat(SUPERSAMPLING, axis=0).repeat(SUPERSAMPLING, axis=1)
        large[:SUPERSAMPLING] = large[-SUPERSAMPLING:] = _LINE
        for number in reversed(range(len(self._colors))):
            values = np.array([row[number] for row in self._rows], np.float64)
            self._draw_curve(large, values, self._colors[number], size / 8)
        area[:] = cv2.resize(large, (area.shape[1], area.shape[0]), interpolation=cv2.INTER_AREA)
        draw_text(area, f"{self._ceiling:g} {self._unit}", (0, 1.2 * size), size, _MUTED)

    def _draw_curve(self, large: Image, values: NDArray[np.float64], color: Color, thickness: float) -> None:
        bottom, right = large.shape[0] - SUPERSAMPLING, large.shape[1] - 1
        columns = right - right / (self._steps - 1) * np.arange(len(values) - 1, -1, -1)
        rows = bottom - (bottom - SUPERSAMPLING) * np.minimum(values, self._ceiling) / self._ceiling
        line = np.stack([columns, rows], axis=1).round().astype(np.int32)
        base = [[line[-1, 0], bottom], [line[0, 0], bottom]]
        filled = cv2.fillPoly(large.copy(), [np.vstack([line, base])], color)
        large[:] = cv2.addWeighted(filled, _FILL_OPACITY, large, 1.0 - _FILL_OPACITY, 0.0)
        width = max(1, round(thickness * SUPERSAMPLING))
        cv2.polylines(large, [line], isClosed=False, color=color, thickness=width, lineType=cv2.LINE_AA)
